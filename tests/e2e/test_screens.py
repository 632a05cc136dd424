"""Every screen of the app in real terminals of several changing sizes."""

import re
import shutil
from functools import partial
from pathlib import Path

import pytest

from emnist_tui.analysis.neighbors import neighbors_path
from tests.e2e.app import changed, lists_checkpoint, settled, start_run
from tests.e2e.program import PROGRAM, events, last_step, only_run, wait_until
from tests.e2e.terminal import Terminal
from tests.support.scripted_runs import evaluation, neighbors, write_run
from tests.support.terminal_cells import check_same

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),  # for machines shared with other programs
    pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux, which is not installed"),
]

SIZES = [(80, 24), (120, 40), (200, 60), (60, 20)]
SCREENS = {"1": "Loss", "2": "Confusion", "3": "by loss", "4": "Runs and checkpoints", "5": "values|weights"}


def check_every_screen(terminal: Terminal) -> None:
    """Check that every screen has an uncut header and footer in place."""
    for key, title in SCREENS.items():
        terminal.press(key)

        def is_whole(screen: str, title: str = title) -> bool:
            rows = screen.rstrip("\n").split("\n")
            if len(rows) < 3:
                return False
            is_header = re.match(
                r" +1 Train +2 Confusion +3 Errors +4 Runs +5 Inside .*● (training|finished)$", rows[0]
            )
            is_named = rows[1].strip().startswith(("scripted", "baseline-001", "#"))  # a digit, on a tight Inside
            is_footer = rows[-1].rstrip().endswith("? Help q Quit")
            return bool(is_header) and is_named and is_footer and bool(re.search(title, screen))

        assert "Traceback" not in terminal.wait_for(is_whole)


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_every_screen_fits_the_terminal(variables: dict[str, str], root: Path, columns: int, rows: int) -> None:
    write_run(root)
    with Terminal(variables, columns, rows) as terminal:
        terminal.run(*PROGRAM, str(root / "scripted"))
        terminal.wait_for("● finished")
        check_every_screen(terminal)
        terminal.press("?")
        terminal.wait_for("esc close")
        terminal.press("Escape")
        terminal.wait_for(lambda screen: "esc close" not in screen)
        terminal.press("q")
        terminal.check_restored()


def test_a_redraw_changes_nothing_on_the_screen(variables: dict[str, str], root: Path) -> None:
    """Sending only changed cells gives the screen of a complete repaint."""
    run = write_run(root)
    for epoch in (2, 3):  # the viewed epochs, so that no search starts
        neighbors(evaluation(seed=epoch)).save(neighbors_path(run.path / f"evaluation-epoch-00{epoch}.npz"))
    with Terminal(variables, 100, 30) as terminal:
        terminal.run(*PROGRAM, str(root / "scripted"))
        terminal.press("4")
        terminal.wait_for(lists_checkpoint)
        terminal.press("1")
        terminal.wait_for("300/300")
        for key in ("2", "Right", "m", "[", "3", "g", "Right", "Down", "o", "?", "Down", "Escape", "4", "x", "1"):
            shown = changed(terminal, partial(terminal.press, key))
            if key == "x":  # a message, which would go while two screens are compared
                terminal.wait_for(lambda screen: "the run has finished" not in screen)
                shown = settled(terminal)
            terminal.press("C-l")
            check_same(shown, settled(terminal), f"after {key}")
        for columns, rows in ((120, 40), (40, 10), (80, 24)):
            shown = changed(terminal, partial(terminal.resize, columns, rows))
            terminal.press("C-l")
            check_same(shown, settled(terminal), f"at {columns}×{rows}")
        terminal.press("C-p")  # its cursor blinks
        terminal.type("confus")  # a command's name, which is all that the palette searches
        terminal.wait_for("Confusion matrix")
        terminal.press("Enter")
        terminal.wait_for(lambda screen: SCREENS["2"] in screen and "matrix" not in screen)


def test_resizing_does_not_disturb_a_training_run(terminal: Terminal, root: Path) -> None:
    start_run(terminal, 1000)
    terminal.wait_for("● training")
    run = only_run(root)
    wait_until(lambda: events(run, "evaluated"))
    for columns, rows in [*SIZES, (30, 8), (1, 1), (120, 40)]:
        terminal.resize(columns, rows)
        if columns >= 60:
            check_every_screen(terminal)
    assert last_step(run) > 0
    terminal.press("x")
    terminal.wait_for("● stopped")
    terminal.press("q")
    terminal.check_restored()
