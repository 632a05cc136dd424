"""Driver of a terminal, with job control and an orderly end."""

import asyncio
import errno
import os
import re
import select
import signal
import termios
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message
from textual.messages import InBandWindowResize, TerminalSupportsSynchronizedOutput

from emnist_tui.tui.terminal.guard import STOP_REPORTS

_ATTRIBUTES = "\x1b[c"
"""Request of the terminal's attributes (DA1). Answers come in order, so this one is the last."""
_ATTRIBUTES_ANSWER = re.compile(rb"\x1b\[\?[\d;]*c\Z")

_PATIENCE = 1.0  # seconds for a terminal that answers, or may yet
_BRIEFLY = 0.1  # seconds for one that does not seem to
_ANSWERS_WITHIN = 5.0  # seconds in which a terminal answers its first request, if ever


class TerminalDriver(LinuxDriver):
    """Terminal driver with job control and an orderly end.

    Textual's own stops the process even where no shell could continue it, starts twice when it is continued after a
    SIGSTOP, and does not wait for answers that are on their way, which then end up on the shell's prompt.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._stdin = self.fileno
        self._is_drawing = False
        self._answers = False
        self._started = 0.0
        self._was_continued = False
        # Not at once: a handler may interrupt any code, even a write to the terminal.
        self._stop_handler = self._in_loop(lambda: self.suspend_process(os.getpid()))
        self._restart_soon = self._in_loop(self._restart)
        signal.signal(signal.SIGTSTP, self._stop_handler)
        signal.signal(signal.SIGCONT, self._note_continued)

    def suspend_process(self, process: int = 0) -> bool:
        """Stop a process until the shell continues it.

        0 is this process's whole job.

        Returns False if that is impossible, as for a terminal's first process, which no shell has started.
        """
        if not self._is_drawing or os.getsid(0) == os.getpid():
            return False
        self.suspend_application_mode()
        self._was_continued = False
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(process, signal.SIGTSTP)  # ignored by the system unless a shell waits for this job
        signal.signal(signal.SIGTSTP, self._stop_handler)
        was_stopped = self._was_continued
        self._resume()
        return was_stopped

    def start_application_mode(self) -> None:
        self._wait_for_foreground()
        self._open_input()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._is_drawing = True
        self._started = time.monotonic()
        # Textual's handler reads the size, and the next signal may interrupt it: the older size would be sent last.
        if callable(send_size := signal.getsignal(signal.SIGWINCH)):
            signal.signal(signal.SIGWINCH, self._in_loop(lambda: self._is_drawing and send_size(signal.SIGWINCH, None)))

    def disable_input(self) -> None:
        if self._is_drawing:  # Textual asks again after the end, and would discard keys that the shell is to have
            super().disable_input()

    def stop_application_mode(self) -> None:
        self.disable_input()
        self._drain()
        self._is_drawing = False
        super().stop_application_mode()

    def close(self) -> None:
        super().close()
        if self.fileno != self._stdin:
            os.close(self.fileno)
            self.fileno = self._stdin

    def run_input_thread(self) -> None:
        while not self.exit_event.is_set():
            with suppress(BlockingIOError):  # a shell took the input that woke this thread
                super().run_input_thread()

    def process_message(self, message: Message) -> None:
        if isinstance(message, InBandWindowResize | TerminalSupportsSynchronizedOutput):
            self._answers = True
        super().process_message(message)

    def _in_loop(self, task: Callable[[], object]) -> Callable[..., None]:
        """Return a signal handler that runs a task in the event loop."""
        loop = asyncio.get_running_loop()

        def handle(*_: object) -> None:
            loop.call_soon_threadsafe(task)

        return handle

    def _note_continued(self, *_: object) -> None:
        self._was_continued = True
        if self._is_drawing:  # after a SIGSTOP, which no handler sees
            self._restart_soon()

    def _restart(self) -> None:
        """Set the terminal up again, which a shell has used meanwhile."""
        if self._is_drawing and self._was_continued:
            self._wait_for_foreground()
            self._was_continued = False  # whatever continued it meanwhile: another restart would discard keys
            self.suspend_application_mode()
            self._resume()

    def _resume(self) -> None:
        self.resume_application_mode()
        self.send_message(self.SignalResume())

    def _wait_for_foreground(self) -> None:
        """Let the system stop this process while it is in the background."""
        while True:
            try:  # changes nothing, but is for the foreground only
                termios.tcsetattr(self.fileno, termios.TCSANOW, termios.tcgetattr(self.fileno))
            except termios.error as error:
                if error.args[0] == errno.EINTR:  # stopped and continued
                    continue
            return

    def _open_input(self) -> None:
        """Open the terminal anew, to read without waiting.

        A shell may take input that has woken the reading thread, which is joined later. stdin itself stays as it is,
        since others share it.
        """
        with suppress(OSError):  # not the terminal that controls this process
            os.tcgetpgrp(self._stdin)
            self.fileno = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)

    def _drain(self) -> None:
        """Discard answers and reports that the terminal still sends.

        Keys are discarded only if they were pressed before the terminal handled the request.
        """
        self.write(STOP_REPORTS + _ATTRIBUTES)
        may_answer = self._answers or time.monotonic() - self._started < _ANSWERS_WITHIN
        end = time.monotonic() + (_PATIENCE if may_answer else _BRIEFLY)
        received = b""
        with suppress(OSError, termios.error):  # the terminal is gone
            while (left := end - time.monotonic()) > 0 and select.select([self.fileno], [], [], left)[0]:
                byte = os.read(self.fileno, 1)
                received += byte
                if not byte or _ATTRIBUTES_ANSWER.search(received):
                    return
