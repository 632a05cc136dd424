"""Driving the app in tmux: its form, and its screens at rest."""

import contextlib
import re
import time
from collections.abc import Callable

from tests.e2e.program import PROGRAM, wait_until
from tests.e2e.terminal import Terminal
from tests.support.terminal_cells import Cell


def fill_epochs(terminal: Terminal, epochs: int) -> None:
    """Start the app and fill in the epochs of a new run."""
    terminal.run(*PROGRAM)
    terminal.wait_for("no run open")
    terminal.press("n")
    terminal.wait_for("New run")

    def is_emptied() -> bool:
        """Clear the field, which gets the focus shortly after it is drawn."""
        terminal.press("C-u")
        with contextlib.suppress(AssertionError):
            terminal.wait_for("must be a whole number", timeout=2)
            return True
        return False

    wait_until(is_emptied)
    terminal.type(str(epochs))
    terminal.wait_for(lambda screen: re.search(rf"epochs {epochs} +passes", screen))


def start_run(terminal: Terminal, epochs: int) -> None:
    """Start the app, and a run by its form."""
    fill_epochs(terminal, epochs)
    terminal.press("Enter")
    terminal.wait_for(lambda screen: "New run" not in screen)


def lists_checkpoint(screen: str) -> bool:
    """Return whether the list has the accuracy of the shipped checkpoint, which another process reads."""
    return "Runs and checkpoints" in screen and "96.3" in screen


def settled(terminal: Terminal, seconds: float = 0.4) -> list[list[Cell]]:
    """Return the screen's cells once they have not changed, and the app has not computed, for a while.

    Of an app that never rests they are those of 20 seconds later.
    """
    shown, since = terminal.cells(), time.monotonic()
    end = since + 20
    while time.monotonic() < min(since + seconds, end):
        time.sleep(0.05)
        is_busy = terminal.is_computing()  # looked at first, for it draws what it has computed
        if (now := terminal.cells()) != shown or is_busy:
            shown, since = now, time.monotonic()
    return shown


def changed(terminal: Terminal, change: Callable[[], None]) -> list[list[Cell]]:
    """Make a change and return the screen's cells once they settle.

    A key may change nothing, so the wait for a change ends after three seconds.
    """
    before, end = terminal.cells(), time.monotonic() + 3
    change()
    while terminal.cells() == before and time.monotonic() < end:
        time.sleep(0.05)
    return settled(terminal)
