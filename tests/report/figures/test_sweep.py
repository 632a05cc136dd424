"""Figures of a sweep."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from emnist_tui.analysis.spread import Spread
from emnist_tui.report.figures.svg import ORANGE, PALE_BLUE
from emnist_tui.report.figures.sweep import draw_best_so_far, draw_by_value, draw_spread
from emnist_tui.runs.sweeps.board import Board, SweepBoard
from emnist_tui.runs.sweeps.space import Axis
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from tests.support.sweep_folders import make_spec, make_sweep, seeds_spec


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return SweepBoard(make_sweep(tmp_path / "search", make_spec(60), trials=40, workers=2)).refresh()


def circles(svg: str | None) -> list[ElementTree.Element]:
    assert svg
    return [part for part in ElementTree.fromstring(svg).iter() if part.tag.endswith("circle")]


def test_every_ended_trial_has_a_dot_and_the_best_is_orange(board: Board) -> None:
    dots = circles(draw_best_so_far(board))
    assert len(dots) == sum(trial.state.has_ended for trial in board.trials)
    assert [dot.get("fill") for dot in dots].count(ORANGE) == 1
    (best,) = (dot for dot in dots if dot.get("fill") == ORANGE)
    others = [float(dot.get("cy", 0)) for dot in dots if dot.get("fill") not in (ORANGE, PALE_BLUE)]
    assert float(best.get("cy", 0)) <= min(others)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_every_trial_is_drawn_at_its_value(board: Board, place: int) -> None:
    axis = board.spec.axes[place]
    dots = circles(draw_by_value(board, axis))
    assert len(dots) == len(board.ranking)
    where = sorted({float(dot.get("cx", 0)) for dot in dots})
    assert 60 < where[0] <= where[-1] < 910
    if axis.values:
        assert len(where) == len(axis.values)


def test_a_logarithmic_axis_spaces_factors_evenly(board: Board) -> None:
    axis = Axis.parse("learning-rate=0.001..0.1:log")
    trials = [
        Trial(number, {"learning_rate": rate}, TrialState.FINISHED, accuracy=0.9)
        for number, rate in enumerate((0.001, 0.01, 0.1), 1)
    ]
    drawn = draw_by_value(replace(board, trials=tuple(trials)), axis)
    low, middle, high = sorted(float(dot.get("cx", 0)) for dot in circles(drawn))
    assert middle - low == pytest.approx(high - middle, abs=0.2)


def test_without_accuracies_there_is_no_figure(board: Board) -> None:
    empty = replace(board, trials=())
    assert draw_best_so_far(empty) is None
    assert draw_by_value(empty, board.spec.axes[0]) is None


def test_every_seed_is_drawn_over_the_interval_of_the_mean(tmp_path: Path) -> None:
    board = SweepBoard(make_sweep(tmp_path / "seeds", seeds_spec(4), trials=4)).refresh()
    tests = [trial.test_accuracy for trial in board.trials if trial.test_accuracy]
    svg = draw_spread(board, Spread.of(tests))
    assert len(circles(svg)) == 4
    assert PALE_BLUE in svg
    assert len(circles(draw_spread(replace(board, trials=board.trials[:1]), Spread.of(tests[:1])))) == 1
