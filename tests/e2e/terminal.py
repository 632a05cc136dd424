"""A real terminal that a test types into and looks at: a shell in tmux, with a server of its own."""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import Self

_PROMPT = "ready$"
_LOOK_EVERY = 0.05  # seconds


class Terminal:
    """A shell on a screen of `columns` × `rows` cells. Use it as a context manager."""

    def __init__(self, variables: Mapping[str, str], columns: int = 120, rows: int = 40) -> None:
        """`variables` are added to the shell's environment."""
        # Of its own, for a socket's path must be short and tmux leaves its file behind.
        self._folder = tempfile.TemporaryDirectory(prefix="tmux-")
        self._columns, self._rows = columns, rows
        self._variables = {"PS1": f"{_PROMPT} ", "LC_ALL": "C.UTF-8", "COLORTERM": "truecolor", **variables}

    def __enter__(self) -> Self:
        size = ("-x", str(self._columns), "-y", str(self._rows))
        words = [f"{name}={value}" for name, value in self._variables.items()]
        self._tmux("-u", "-f", os.devnull, "new-session", "-d", *size, "env", "-u", "ENV", *words, "sh")
        self.wait_for(_PROMPT)
        return self

    def __exit__(self, *_: object) -> None:
        self._tmux("kill-server")
        self._folder.cleanup()

    def run(self, *command: str) -> None:
        """Types a command at the prompt. Nothing in it may need quotes."""
        self._tmux("send-keys", "-l", " ".join(command))
        self.press("Enter")

    def clear(self) -> None:
        """Leaves nothing but a prompt. What is typed before that is there runs, but is cleared away with the rest."""
        self.run("clear")
        self.wait_for(lambda screen: screen.strip() == _PROMPT)

    def press(self, *keys: str) -> None:
        """Presses keys, by tmux's names: `Enter`, `Space`, `q`."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)

    def resize(self, columns: int, rows: int) -> None:
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self, *, colored: bool = False) -> str:
        """The rows that are seen now, with their escape codes if `colored`."""
        return self._tmux("capture-pane", "-p", *(["-e"] if colored else []))

    def wait_for(self, what: str | Callable[[str], object], timeout: float = 60) -> str:
        """The screen, as soon as it holds the text or satisfies the condition; fails and shows it when it does not."""
        end = time.monotonic() + timeout
        while True:
            screen = self.screen()
            if what in screen if isinstance(what, str) else what(screen):
                return screen
            assert time.monotonic() < end, f"{what!r} was not seen within {timeout:g} s:\n{screen}"
            time.sleep(_LOOK_EVERY)

    def wait_for_all(self, *words: str) -> str:
        """As `wait_for`: a screen is painted in parts, so what belongs together may come one after the other."""
        return self.wait_for(lambda screen: all(word in screen for word in words))

    def check_restored(self, code: int = 0) -> None:
        """The program has ended with `code` and the shell has its terminal back: echo, cursor, mouse, screen."""
        self.wait_for(lambda screen: screen.rstrip().endswith(_PROMPT))
        self.run("echo code=$?")
        assert "echo code=$?" in self.wait_for(f"\ncode={code}\n{_PROMPT}")
        flags = ("alternate_on", "cursor_flag", "mouse_any_flag", "keypad_flag")
        found = self._tmux("display-message", "-p", " ".join(f"#{{{flag}}}" for flag in flags)).split()
        assert dict(zip(flags, found, strict=True)) == dict(zip(flags, "0100", strict=True))

    def _tmux(self, *arguments: str) -> str:
        # A server inherits what it is started with: not the variables of a tmux that the tests may run in.
        environment = {name: value for name, value in os.environ.items() if name not in ("TMUX", "TMUX_PANE")}
        done = subprocess.run(
            ["tmux", "-S", f"{self._folder.name}/socket", *arguments],
            capture_output=True,
            text=True,
            timeout=20,
            env=environment,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
