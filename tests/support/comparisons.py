"""Two scripted runs and the screens that compare them."""

import os
from pathlib import Path

from emnist_tui.analysis.comparison import Comparison
from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.tui.screens.compare import CompareScreen
from emnist_tui.tui.screens.disagreements import DisagreementsScreen
from tests.support.scripted_runs import evaluation, write_run
from tests.support.terminal import Terminal

A, B = evaluation(seed=3), evaluation(seed=9)
EXPECTED = Comparison(A, B)


def two_runs(tmp_path: Path, b: Evaluation = B) -> Path:
    """Write runs `before` and `after` with the newest evaluations A and `b`; `after` is listed first."""
    root = tmp_path / "runs"
    os.utime(write_run(root, "before").run_json, (1_700_000_000,) * 2)
    folder = write_run(root, "after")
    b.save(folder.path / "evaluation-epoch-003.npz")
    return root


async def open_comparison(shown: Terminal) -> CompareScreen:
    """Compare `before` as A with `after` as B."""
    await shown.press("4", "down", "m", "up", "m", "c")
    await shown.until(lambda: isinstance(shown.app.screen, CompareScreen), "the comparison is open")
    await shown.shows("A  before", "B  after")
    await shown.settle()
    screen = shown.app.screen
    assert isinstance(screen, CompareScreen)
    return screen


def disagreements_screen(shown: Terminal) -> DisagreementsScreen:
    """Return the current screen, which must be that of the digits of a comparison."""
    screen = shown.app.screen
    assert isinstance(screen, DisagreementsScreen)
    return screen
