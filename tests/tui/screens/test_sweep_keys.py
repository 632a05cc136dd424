"""Keys of the sweep screen that work, and why others do not."""

from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.runs.control import Desired
from emnist_tui.runs.sweeps.board import Board, SweepBoard
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from emnist_tui.tui.screens.sweep_keys import SWEEP_ACTIONS, check_sweep_action, explain_sweep_action
from tests.support.sweep_folders import make_spec, make_sweep, seeds_spec


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return SweepBoard(make_sweep(tmp_path / "search", make_spec(60), trials=9, workers=1)).refresh()


def works(action: str, board: Board | None, trial: Trial | None = None) -> bool | None:
    return check_sweep_action(action, board, trial)


def test_pause_and_resume_share_their_key(board: Board) -> None:
    assert (works("pause_sweep", board), works("resume_sweep", board)) == (True, False)
    paused = replace(board, desired=Desired.PAUSE)
    assert (works("pause_sweep", paused), works("resume_sweep", paused)) == (False, True)


def test_a_trial_is_stopped_while_it_trains_and_resumed_once_it_is_stopped(board: Board) -> None:
    for state in TrialState:
        trial = replace(board.trials[0], state=state)
        assert (works("stop_trial", board, trial) is True) == (state in ("running", "paused"))
        assert (works("resume_trial", board, trial) is True) == (state == "stopped")


def test_nothing_is_stopped_or_worked_on_once_every_trial_has_ended(tmp_path: Path) -> None:
    board = SweepBoard(make_sweep(tmp_path / "seeds", seeds_spec(3), trials=3)).refresh()
    for action in ("pause_sweep", "stop_sweep", "work"):
        assert works(action, board) is None
        assert explain_sweep_action(action, board)
    assert works("add_trial", board)


def test_a_group_of_seeds_is_extended_and_a_grid_is_not(tmp_path: Path, board: Board) -> None:
    seeds = SweepBoard(make_sweep(tmp_path / "seeds", seeds_spec(3), trials=3)).refresh()
    assert works("extend", seeds)
    lists = tuple(axis for axis in board.spec.axes if axis.values)
    assert works("extend", replace(board, spec=replace(board.spec, sampler="grid", axes=lists))) is None
    assert explain_sweep_action("extend", board)


def test_before_the_first_reading_every_key_says_so() -> None:
    for action in SWEEP_ACTIONS:
        assert not works(action, None)
        assert explain_sweep_action(action, None) == "the sweep is not read yet"


def test_a_key_of_another_screen_is_not_explained(board: Board) -> None:
    assert explain_sweep_action("overlay", board) == ""
