"""Page of a sweep's report."""

from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.analysis.spread import Spread
from emnist_tui.report.sweep_page import write_sweep_page
from emnist_tui.runs.sweeps.board import Board, Result, SweepBoard
from emnist_tui.runs.sweeps.trial import TrialState
from tests.support.sweep_folders import make_spec, make_sweep, seeds_spec

FILES = {"by-batch-size.svg": "validation accuracy by batch-size", "trials.csv": "every trial"}


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return SweepBoard(make_sweep(tmp_path / "search", make_spec(60), trials=40, workers=2)).refresh()


def test_the_page_has_the_best_its_test_and_the_states(board: Board) -> None:
    result = Result(4, 0.9729, 0.9731, 0.1, 10_000)
    page = write_sweep_page(replace(board, result=result), None, FILES)
    assert page.startswith("# Sweep search\n")
    assert "trial 4: **97.29 %** on validation; learning-rate 0.2072, batch-size 128" in page
    assert "**97.31 %** of 10,000 images" in page
    assert f"{board.counts[TrialState.FINISHED]} finished, {board.counts[TrialState.PRUNED]} pruned" in page
    assert "20 waiting" in page


def test_trials_are_listed_best_first_and_the_others_are_said_to_be_elsewhere(board: Board) -> None:
    page = write_sweep_page(board, None, FILES)
    rows = [
        line.split(" | ")[0] for line in page.split("## Trials, best first")[1].split("\n") if line.startswith("| ")
    ]
    assert rows[2:5] == [f"| {trial.number}" for trial in board.ranking[:3]]
    assert "10 more are in trials.csv." in page


def test_figures_are_shown_and_every_file_is_linked(board: Board) -> None:
    page = write_sweep_page(board, None, FILES)
    assert "## Validation accuracy by batch-size\n\n![validation accuracy by batch-size](by-batch-size.svg)" in page
    assert "| [trials.csv](trials.csv) | every trial |" in page


def test_seeds_have_their_mean_and_interval(tmp_path: Path) -> None:
    board = SweepBoard(make_sweep(tmp_path / "seeds", seeds_spec(3), trials=3)).refresh()
    page = write_sweep_page(board, Spread.of([0.90, 0.91, 0.92]), {})
    assert page.startswith("# Seeds seeds\n")
    assert "**91.00 % ± 1.00 %** of 3 seeds" in page
    assert "88.52 % to 93.48 %" in page


def test_a_name_is_no_markup(tmp_path: Path) -> None:
    board = SweepBoard(make_sweep(tmp_path / "a*b|c", make_spec(5))).refresh()
    page = write_sweep_page(board, None, {})
    assert page.startswith("# Sweep a\\*b\\|c\n")
    assert "No trial has an accuracy yet." in page
