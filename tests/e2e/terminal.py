"""A shell in tmux, for tests that type and read the screen."""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from tests.e2e.program import is_computing
from tests.support.terminal_cells import Cell, cells_in

_LARGEST = (200, 60)  # window of a test
_PROMPT = "ready$"
_POLL_EVERY = 0.05  # seconds


class Terminal:
    """A shell on a screen of a given size, as context manager."""

    def __init__(self, variables: Mapping[str, str], columns: int = 120, rows: int = 40) -> None:
        """Prepare a terminal whose shell has `variables` in its environment."""
        # A separate folder: a socket's path must be short, and tmux leaves its file behind.
        self._folder = tempfile.TemporaryDirectory(prefix="tmux-")
        self._columns, self._rows = columns, rows
        self._variables = {"PS1": f"{_PROMPT} ", "LC_ALL": "C.UTF-8", "COLORTERM": "truecolor", **variables}

    def __enter__(self) -> Self:
        size = ("-x", str(self._columns), "-y", str(self._rows))
        assignments = [f"{name}={value}" for name, value in self._variables.items()]
        session = ("new-session", "-dP", "-F", "#{pane_pid}", *size)
        self._shell = self._tmux("-u", "-f", os.devnull, *session, "env", "-u", "ENV", *assignments, "sh").strip()
        self.wait_for(_PROMPT)
        return self

    def __exit__(self, *_: object) -> None:
        self._tmux("kill-server")
        self._folder.cleanup()

    def run(self, *command: str) -> None:
        """Type a command at the prompt. Nothing in it may need quotes."""
        self._tmux("send-keys", "-l", " ".join(command))
        self.press("Enter")

    def clear(self) -> None:
        """Clear the screen, so that later text belongs to later commands."""
        self.run("clear")
        self.wait_for(lambda screen: screen.strip() == _PROMPT)

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names: `Enter`, `Space`, `q`."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)

    def resize(self, columns: int, rows: int) -> None:
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self, *, colored: bool = False) -> str:
        """Return the rows on the screen, with their escape codes if `colored`."""
        return self._tmux("capture-pane", "-p", *(["-e", "-N"] if colored else []))

    def is_computing(self) -> bool:
        """Return whether a program that the shell has started computes. False without `/proc`."""
        children = Path(f"/proc/{self._shell}/task/{self._shell}/children")
        return children.exists() and any(map(is_computing, map(int, children.read_text().split())))

    def cells(self) -> list[list[Cell]]:
        """Return the cells on the screen, with blanks to its right and below."""
        return cells_in(self.screen(colored=True), *_LARGEST)

    def wait_for(self, expected: str | Callable[[str], object], timeout: float = 60) -> str:
        """Return the screen once it contains a text or satisfies a condition.

        Fails with the screen after `timeout` seconds.
        """
        end = time.monotonic() + timeout
        while True:
            screen = self.screen()
            if expected in screen if isinstance(expected, str) else expected(screen):
                return screen
            assert time.monotonic() < end, f"{expected!r} not on the screen within {timeout:g} s:\n{screen}"
            time.sleep(_POLL_EVERY)

    def wait_for_all(self, *texts: str) -> str:
        """Return the screen once it contains all texts, painted in any order."""
        return self.wait_for(lambda screen: all(text in screen for text in texts))

    def check_restored(self, code: int = 0) -> None:
        """Check the exit code and the restored echo, cursor, mouse and screen."""
        self.wait_for(lambda screen: screen.rstrip().endswith(_PROMPT))
        self.run("echo code=$?")
        assert "echo code=$?" in self.wait_for(f"\ncode={code}\n{_PROMPT}")
        flags = ("alternate_on", "cursor_flag", "mouse_any_flag", "keypad_flag")
        states = self._tmux("display-message", "-p", " ".join(f"#{{{flag}}}" for flag in flags)).split()
        assert dict(zip(flags, states, strict=True)) == dict(zip(flags, "0100", strict=True))

    def _tmux(self, *arguments: str) -> str:
        # The server inherits this environment, which must not name a tmux that the tests may run in.
        environment = {name: value for name, value in os.environ.items() if name not in ("TMUX", "TMUX_PANE")}
        finished = subprocess.run(
            ["tmux", "-S", f"{self._folder.name}/socket", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            env=environment,
        )
        assert finished.returncode == 0, finished.stderr
        return finished.stdout
