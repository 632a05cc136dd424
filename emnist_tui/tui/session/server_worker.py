"""Thread that talks to the process of `network_server`.

The event loop never waits for it.
"""

from __future__ import annotations

import os
import queue
import subprocess
import tempfile
import threading
from collections.abc import Callable
from typing import IO

from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.frames import BrokenFrameError, Frame, read_frame, write_frame

Start = Callable[[IO[bytes]], "subprocess.Popen[bytes]"]
"""Starts the process with a file for its stderr."""

Found = Frame | str | EmnistTuiError
"""An answer, the phase of the work, or an error."""
Reply = Callable[[Found], object]

_LOOK = 0.1  # seconds between two looks at whether to stop
_TAIL = 4096  # bytes of its stderr
_PATIENCE = 2.0  # seconds for the thread to notice that its process was killed


class ServerWorker:
    """A thread that talks to the process.

    It starts the process with the first request.
    """

    def __init__(self, start: Start) -> None:
        self._start = start
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr: IO[bytes] | None = None
        self._is_killed = False
        self._lock = threading.Lock()
        self._frames: queue.SimpleQueue[tuple[Frame, Reply] | None] = queue.SimpleQueue()
        self._found: queue.SimpleQueue[Found] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def send(self, frame: Frame, reply: Reply | None = None) -> None:
        """Send a request once those before it are answered.

        What comes of it is given to `reply` in the worker's thread, by default to `poll`.
        """
        self._frames.put((frame, reply or self._found.put))

    def ask(self, frame: Frame, is_stopped: Callable[[], bool] = lambda: False) -> Frame | None:
        """Send a request and wait for its answer, in another thread.

        Returns None if stopped before it came. Raises `EmnistTuiError`.
        """
        found: queue.SimpleQueue[Found] = queue.SimpleQueue()
        self.send(frame, found.put)
        while not (is_stopped() or self._is_killed):
            try:
                answer = found.get(timeout=_LOOK)
            except queue.Empty:
                continue
            if isinstance(answer, EmnistTuiError):
                raise answer
            if isinstance(answer, Frame):
                if error := answer.content.get("error"):
                    raise EmnistTuiError(str(error))
                return answer
        return None

    def poll(self) -> Found | None:
        """Return an answer, an error or the work's phase, if any."""
        try:
            return self._found.get_nowait()
        except queue.Empty:
            return None

    def kill(self) -> None:
        """Kill the process and wait for its end."""
        with self._lock:
            self._is_killed = True
            if self._process:
                self._process.kill()
                self._process.wait()
        self._frames.put(None)
        self._thread.join(_PATIENCE)

    def _run(self) -> None:
        while (taken := self._frames.get()) is not None:
            frame, reply = taken
            try:
                reply(self._answer(frame, reply))
            except (OSError, BrokenFrameError, EmnistTuiError) as error:
                reply(self._explain(error))
                self._end()
        self._end()

    def _answer(self, frame: Frame, reply: Reply) -> Frame | EmnistTuiError:
        process = self._started()
        assert process.stdin
        assert process.stdout
        write_frame(process.stdin, frame)
        while answer := read_frame(process.stdout):
            if phase := answer.content.get("phase"):
                reply(str(phase))
            else:
                return answer
        raise BrokenFrameError

    def _started(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._is_killed:
                raise BrokenFrameError
            if self._process and self._process.poll() is not None:
                self._forget()  # it ended because nobody asked for anything
            if self._process is None:
                self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process
                self._process = self._start(self._stderr)
            return self._process

    def _explain(self, error: Exception) -> EmnistTuiError:
        """Return the error of a process that gave no answer."""
        if isinstance(error, EmnistTuiError):
            return error
        line = ""
        if self._stderr:
            with self._lock:
                if self._process:
                    self._process.kill()
                    self._process.wait()
            size = self._stderr.seek(0, os.SEEK_END)
            self._stderr.seek(max(0, size - _TAIL))
            text = self._stderr.read().decode(errors="replace")
            line = next((each.strip() for each in reversed(text.splitlines()) if each.strip()), "")
        line = line.removeprefix("emnist-tui: ")
        reason = f" ({line})" if line else ""
        return EmnistTuiError(f"The process that computes networks has ended{reason}; try again.")

    def _end(self) -> None:
        """End the process."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        """End the process and close its pipes, with the lock held."""
        process, self._process = self._process, None
        if process:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream:
                    _close(stream)
        if self._stderr:
            self._stderr.close()
            self._stderr = None


def _close(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except OSError:
        return  # what was not sent is lost
