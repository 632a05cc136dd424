"""Words on the borders of a sweep's table."""

from pathlib import Path

import pytest
from rich.cells import cell_len

from emnist_tui.runs.sweeps.board import SweepBoard
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from emnist_tui.tui.widgets.sweep.columns import TrialOrder
from emnist_tui.tui.widgets.sweep.titles import describe_trial, title_of_sweep
from tests.support.sweep_folders import make_spec, make_sweep


@pytest.mark.parametrize(
    ("room", "title"),
    [(60, "search · 3 of 20 trials · by rate ↑"), (30, "search · 3 of 20 trials"), (8, "search"), (4, "se…h")],
)
def test_the_longest_title_that_fits_is_shown(tmp_path: Path, room: int, title: str) -> None:
    board = SweepBoard(make_sweep(tmp_path / "search", make_spec(20), trials=3)).refresh()
    assert title_of_sweep(board, TrialOrder("learning_rate"), room) == title
    assert cell_len(title) <= room


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        (TrialState.FAILED, "The disk\nis \x1bfull.", r"trial 7 failed: The disk is \x1bfull."),
        (TrialState.STOPPED, "Whatever.", "trial 7 stopped: u lets a worker resume it"),
        (TrialState.ORPHANED, "", "trial 7 orphaned: its worker fell silent; the next worker adopts it"),
        (TrialState.FINISHED, "", ""),
    ],
)
def test_a_trial_has_the_reason_of_its_state(state: TrialState, reason: str, words: str) -> None:
    assert describe_trial(Trial(7, {}, state, reason=reason), "u") == words


def test_no_trial_needs_no_words() -> None:
    assert describe_trial(None, "u") == ""
