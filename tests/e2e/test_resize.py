"""Resizing: whatever the moment, the screen is that of a fresh paint."""

import shutil
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from emnist_tui.analysis.neighbors import neighbors_path
from emnist_tui.runs.control import Desired, ask_for
from emnist_tui.runs.folder import RunFolder
from tests.e2e.app import lists_checkpoint, settled
from tests.e2e.emulator import Emulator
from tests.e2e.program import PROGRAM
from tests.e2e.terminal import Terminal
from tests.support.scripted_runs import evaluation, neighbors, write_run
from tests.support.terminal_cells import check_same

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals"),
]

LARGE, MEDIUM, SMALL, TINY = (200, 60), (120, 40), (80, 24), (50, 12)
TITLES = {"3": "mistakes", "4": "Runs and checkpoints", "2": "predicted →", "1": "Epochs"}
Sizes = Sequence[tuple[int, int]]


def finished_run(root: Path) -> RunFolder:
    """Return a run whose neighbors are known, so that no search changes the screen."""
    write_run(root, "数字-wide")  # characters of two cells in the list of runs
    run = write_run(root)
    for epoch in (1, 2, 3):
        neighbors(evaluation(seed=epoch)).save(neighbors_path(run.path / f"evaluation-epoch-00{epoch}.npz"))
    return run


def check_against_a_fresh_paint(terminal: Emulator, after: str, rest: float = 0.3) -> None:
    """Compare the screen that has settled for `rest` seconds, cell by cell, with the same painted anew."""
    shown = terminal.settled_cells(rest)
    written = len(terminal.output)
    terminal.write("\x0c")  # ctrl+l
    rows = [f"\x1b[{number};1H".encode() for number in range(1, len(shown) + 1)]
    terminal.wait_until(lambda: all(row in terminal.output[written:] for row in rows), "it is painted anew")
    fresh, end = terminal.settled_cells(0.2), time.monotonic() + 2
    while fresh != shown and time.monotonic() < end:
        fresh = terminal.settled_cells(0.1)  # the cursor of a text field blinks
    check_same(shown, fresh, after)


def is_whole(title: str, screen: str) -> bool:
    """Return whether a screen has its title, and the footer in its last row."""
    return title in screen and "Quit" in screen.split("\n")[MEDIUM[1] - 1]


def burst(terminal: Emulator, sizes: Sizes, key: str, pause: float) -> None:
    for columns, rows in sizes:
        terminal.resize(columns, rows)
        terminal.write(key)
        time.sleep(pause)


@pytest.mark.parametrize(
    ("sizes", "pause", "in_band"),
    [
        ([LARGE, MEDIUM], 0.3, False),
        ([MEDIUM, LARGE], 0.3, False),
        ([LARGE, MEDIUM, SMALL, LARGE, SMALL], 0.004, False),
        ([LARGE, SMALL, LARGE], 0.0, False),
        ([LARGE, TINY, MEDIUM], 0.05, False),
        ([(131, 37), (97, 53), (53, 23), (131, 37)], 0.012, False),
        ([LARGE, MEDIUM], 0.3, True),
        ([LARGE, MEDIUM, SMALL, LARGE, SMALL], 0.004, True),
    ],
    ids=["shrink", "grow", "burst", "at once and back", "too small and back", "odd", "shrink in band", "burst in band"],
)
def test_a_resized_screen_is_that_of_a_fresh_paint(
    variables: dict[str, str], root: Path, rounds: int, sizes: Sizes, pause: float, in_band: bool
) -> None:
    """A key changes the screen in the same instant."""
    finished_run(root)
    with Emulator([*PROGRAM, str(root / "scripted")], variables, *sizes[0], in_band=in_band) as terminal:
        terminal.shows("finished")
        for number in range(rounds):
            screen = "3124332"[number % 7]
            terminal.write(screen)
            if screen == "4":
                terminal.shows(lists_checkpoint)
            terminal.settled_cells()
            burst(terminal, sizes, {"1": "", "2": "m", "3": "g", "4": ""}[screen], pause)
            check_against_a_fresh_paint(terminal, f"in round {number} on screen {screen}")
        assert terminal.leave() == 0


def test_a_screen_is_shown_in_a_size_it_has_not_had(variables: dict[str, str], root: Path, rounds: int) -> None:
    """Screens that are not shown do not hear of a new size; keys switch to them before and after it."""
    finished_run(root)
    with Emulator([*PROGRAM, str(root / "scripted")], variables, *LARGE) as terminal:
        terminal.shows("finished")
        terminal.write("4")
        terminal.shows(lists_checkpoint)
        terminal.write("321")
        for number in range(rounds):
            terminal.settled_cells()
            burst(terminal, [[MEDIUM], [SMALL, LARGE], [LARGE]][number % 3], "3142"[number % 4], 0.0)
            terminal.write(["", "3", "12"][number % 3])
            check_against_a_fresh_paint(terminal, f"in round {number}")
        assert terminal.leave() == 0


@pytest.mark.parametrize("keys", ["n", "?", "\x10"], ids=["form", "help", "palette"])
def test_a_window_is_resized_below_a_dialog(variables: dict[str, str], root: Path, rounds: int, keys: str) -> None:
    finished_run(root)
    with Emulator([*PROGRAM, str(root / "scripted")], variables, *LARGE) as terminal:
        terminal.shows("finished")
        terminal.write(f"3{keys}")
        terminal.settled_cells()
        for number in range(rounds):
            burst(terminal, [MEDIUM, SMALL, LARGE][number % 3 :], "\x1b[B", 0.02)
            check_against_a_fresh_paint(terminal, f"in round {number}")
        assert terminal.leave() == 0


def test_a_window_is_resized_while_a_run_trains(variables: dict[str, str], root: Path, rounds: int) -> None:
    """Pausing lets the screen come to rest for the comparison; the charts' axes move at most every four seconds."""
    with Emulator([*PROGRAM], variables, *MEDIUM) as terminal:
        terminal.shows("no run open")
        terminal.write("n1000\r")
        run = RunFolder(root / "baseline-001")
        for number in range(rounds):
            terminal.shows("● training")
            burst(terminal, [LARGE, SMALL, MEDIUM][number % 2 :], "1" if number % 2 else "2", 0.05)
            terminal.write("1")
            terminal.shows("Epochs")
            ask_for(run.control, Desired.PAUSE)
            terminal.shows("● paused")
            check_against_a_fresh_paint(terminal, f"in round {number}", rest=4.5)
            ask_for(run.control, Desired.RUN)
        ask_for(run.control, Desired.STOP)
        terminal.shows("● stopped")
        assert terminal.leave() == 0


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux, which is not installed")
def test_a_window_of_tmux_is_resized(variables: dict[str, str], root: Path, rounds: int) -> None:
    finished_run(root)
    with Terminal(variables, *LARGE) as terminal:
        terminal.run(*PROGRAM, str(root / "scripted"))
        terminal.wait_for("● finished")
        for number in range(rounds):
            key, title = list(TITLES.items())[number % 4]
            terminal.press(key)
            terminal.wait_for(lists_checkpoint if key == "4" else title)
            for columns, rows in ([LARGE, MEDIUM], [SMALL, LARGE, MEDIUM])[number % 2]:
                terminal.resize(columns, rows)
                terminal.press("g")
            terminal.wait_for(partial(is_whole, title))
            shown = settled(terminal, 1)
            terminal.press("C-l")
            check_same(shown, settled(terminal, 1), f"in round {number}")
        terminal.press("q")
        terminal.check_restored()
