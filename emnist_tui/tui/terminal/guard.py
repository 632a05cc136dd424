"""Orderly exit when the terminal is lost.

A signal ends it, the link closes, or the link takes no more bytes.

Textual alone dies of a signal without restoring the screen, and may never notice that its terminal is gone.
"""

import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from textual.app import App

from emnist_tui.runs.signals import ENDING
from emnist_tui.tui.terminal.textual_private import queued_writes

_PATIENCE = 3.0  # seconds for the app to exit by itself
_RESTORE_PATIENCE = 0.5  # seconds; a stalled link takes no bytes at all
_BACKLOG = 2  # queued frames above which another one would only add to the delay

STOP_REPORTS = (
    "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"  # mouse
    "\x1b[?1004l\x1b[?2004l\x1b[?2048l\x1b[<u"  # focus, paste, size, and the keyboard protocol
)
"""Codes after which a terminal sends nothing but keys."""

_RESTORE = f"{STOP_REPORTS}\x1b[?7h\x1b[?1049l\x1b[?25h\x1b[0m".encode()
"""Reset of reports, line wrap, screen, cursor and color."""

_CAN_GUARD = hasattr(select, "poll")  # Windows has neither these signals nor hang-ups


class TerminalGuard:
    """Context in which a signal or a hang-up ends the app.

    It ends the process if the app does not respond.

    A thread waits for both, since the app may be blocked in a write to the terminal. Enter it in the main thread.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._terminal = sys.__stdin__.fileno() if sys.__stdin__ else 0
        self._attributes: list[Any] | None = None
        self._handlers: dict[int, Any] = {}
        self._is_over = threading.Event()

    def __enter__(self) -> Self:
        if _CAN_GUARD:
            import termios

            with suppress(termios.error):
                self._attributes = termios.tcgetattr(self._terminal)
            receiver, sender = os.pipe()
            os.set_blocking(sender, False)
            # Python's own handler in C writes a signal's number there, whatever the main thread is doing.
            signal.set_wakeup_fd(sender, warn_on_full_buffer=False)
            for number in ENDING:
                self._handlers[number] = signal.signal(number, lambda *_: None)
            threading.Thread(target=self._watch, args=(receiver,), name="terminal-guard", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        if _CAN_GUARD:
            signal.set_wakeup_fd(-1)
            for number, handler in self._handlers.items():
                signal.signal(number, handler)

    def _watch(self, signals: int) -> None:
        poll = select.poll()
        poll.register(signals, select.POLLIN)
        poll.register(self._terminal, 0)  # hang-ups are reported without being requested
        while True:
            for source, happened in poll.poll():
                if source == self._terminal:
                    if happened & select.POLLHUP:
                        return self._leave(signal.SIGHUP)
                    poll.unregister(self._terminal)  # not every platform can poll a terminal
                if source == signals:
                    for number in os.read(signals, 64):
                        if number in ENDING:
                            return self._leave(number)

    def _leave(self, number: int) -> None:
        """Exit the app, or kill the process if the app hangs.

        It may be blocked in a write to a dead link.
        """
        code = 128 + number
        _in_background(lambda: self._app.call_from_thread(self._app.exit, return_code=code))
        if not self._is_over.wait(_PATIENCE):
            _in_background(self._restore).join(_RESTORE_PATIENCE)
            os._exit(code)

    def _restore(self) -> None:
        """Restore the terminal's attributes and modes."""
        import termios

        if self._attributes is not None:
            with suppress(termios.error):
                termios.tcsetattr(self._terminal, termios.TCSANOW, self._attributes)
        os.write(self._terminal, _RESTORE)


def is_backed_up(app: App[Any]) -> bool:
    """Return whether frames wait for the terminal.

    Another one would have to wait too, and might block the app.
    """
    return queued_writes(app) > _BACKLOG


def _in_background(task: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        with suppress(Exception):  # the app or the terminal may be gone
            task()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread
