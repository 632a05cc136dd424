"""The app in a terminal: first frames, and the time from a key press to its effect."""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pyte

from emnist_tui.runs.folder import RunFolder
from tests.benchmarks.program import COLUMNS, ROWS, SETTLED, app
from tests.e2e.link import Link
from tests.e2e.program import events, wait_until
from tests.support.scripted_runs import write_run

RUNS = 5

BARE_APP = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    def compose(self):
        yield Static("no run open")

Bare().run()
"""


def write_runs(root: Path) -> Path:
    """Write finished runs and return one of them."""
    return [write_run(root, f"run-{number}").path for number in range(RUNS)][-1]


def bare_frame() -> float:
    """Return the seconds from process start to the frame of an empty Textual app."""
    return _first_frame(Link([sys.executable, "-c", BARE_APP], {}, COLUMNS, ROWS), "no run open")


def empty_frame(program: Sequence[str], root: Path) -> float:
    """Return the seconds from process start to the first frame without runs."""
    return _first_frame(app(program, root), "no run open", "Quit")


def list_frame(program: Sequence[str], root: Path) -> float:
    """Return the seconds from process start to the first frame that lists all runs."""
    return _first_frame(app(program, root), *(f"run-{number}" for number in range(RUNS)), "Quit")


def run_frame(program: Sequence[str], root: Path, run: Path) -> float:
    """Return the seconds from process start to the first frame of a run with both charts drawn."""
    return _first_frame(app(program, root, str(run)), "16,000 img/s", "Loss", "Accuracy", "◆", "Quit")


def _first_frame(link: Link, *texts: str) -> float:
    """Return the seconds until all texts are sent, since the link was made."""
    start = time.perf_counter()
    with link:
        missing = [text.encode() for text in texts]
        while missing := [text for text in missing if text not in link.output]:
            assert time.perf_counter() < start + 60, f"{missing} in {link.recent_output}"
            time.sleep(0.001)
        return time.perf_counter() - start


def latencies(program: Sequence[str], root: Path, presses: int) -> tuple[list[float], list[float]]:
    """Measure the seconds from key presses to their effect during training.

    Returns those until the matrix's cursor moves, and those until another screen is shown.
    """
    command = [*program, "--checkpoints", str(root), "train", "--epochs", "10000", "--name", "endless"]
    trainer = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    run = RunFolder(root / "endless")
    try:
        wait_until(lambda: run.events.exists() and events(run, "evaluated"), 120)
        with app(program, root) as link:
            link.wait_for("● training")
            time.sleep(SETTLED)
            pages = (("2", b"predicted"), ("1", b"Accuracy"))
            screens = [_until_sent(link, *pages[press % 2]) for press in range(presses)]
            _until_sent(link, *pages[0])
            screen = _Screen(link)
            screen.settle("\x1b[H")  # from the first column on, every press moves the cursor
            cursor = [screen.until_moved(("\x1b[C", "\x1b[D")[press % 2]) for press in range(presses)]
            assert link.leave() == 0
    finally:
        trainer.terminate()
        trainer.wait()
    return cursor, screens


def _until_sent(link: Link, key: str, text: bytes) -> float:
    """Return the seconds from a key press until a text is sent."""
    time.sleep(0.2)
    before, start = len(link.output), time.perf_counter()
    link.write(key)
    while text not in link.output[before:]:
        assert time.perf_counter() < start + 20, link.recent_output
        time.sleep(0.001)
    return time.perf_counter() - start


class _Screen:
    """A terminal emulator, which shows where the matrix's cursor is."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._fed = 0

    def settle(self, key: str) -> None:
        """Press a key and wait until its effect must be over."""
        self._link.write(key)
        time.sleep(1)
        self._feed()
        assert self._cursor(), self._screen.display

    def until_moved(self, key: str) -> float:
        """Return the seconds from a key press until output that moves the cursor."""
        time.sleep(0.2)
        self._feed()
        before, start = self._cursor(), time.perf_counter()
        self._link.write(key)
        while True:
            arrived = time.perf_counter()
            if self._feed() and (now := self._cursor()) and not now & before:
                return arrived - start
            assert arrived < start + 20, self._screen.display
            time.sleep(0.001)

    def _feed(self) -> bool:
        """Show the new output, and return whether there is any."""
        new = bytes(self._link.output[self._fed :])
        self._stream.feed(new)
        self._fed += len(new)
        return bool(new)

    def _cursor(self) -> set[tuple[int, int]]:
        """Return the places of the cursor's cell, the only one in bold on a background of its own."""
        cells = [(y, x, cell) for y, row in self._screen.buffer.items() for x, cell in row.items()]
        page = self._screen.buffer[ROWS // 2][COLUMNS - 1].bg
        return {(y, x) for y, x, cell in cells if cell.bold and cell.bg not in (page, "default")}
