"""Pictures of a sweep's accuracies."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emnist_tui.runs.sweeps.board import Board, SweepBoard
from emnist_tui.runs.sweeps.space import Value
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from emnist_tui.tui.widgets.charts.axes import Limits
from emnist_tui.tui.widgets.charts.plot import Ink, Row
from emnist_tui.tui.widgets.sweep.plots import Tone, draw_best_so_far, draw_curves, draw_parameter, hold_accuracies
from emnist_tui.tui.widgets.sweep.ticks import ParameterScale
from tests.support.sweep_folders import make_spec, make_sweep

LIMITS: Limits = (0.8, 1.0)


def trial(number: int, curve: list[float], state: TrialState = TrialState.FINISHED, rate: float = 0.01) -> Trial:
    values: dict[str, Value] = {"learning_rate": rate, "batch_size": 32, "augmentation": 0.5}
    return Trial(number, values, state, accuracy=max(curve), epoch=len(curve), curve=curve, ended=float(number))


def board_of(tmp_path: Path, *trials: Trial) -> Board:
    return replace(SweepBoard(make_sweep(tmp_path / "search", make_spec(60))).refresh(), trials=trials)


def cells(rows: list[Row] | None, ink: Ink | Tone) -> list[tuple[int, int, str]]:
    """Return row, column and sign of the cells of an ink."""
    assert rows is not None
    found = []
    for y, row in enumerate(rows):
        column = 0
        for text, of_run in row:
            found += [(y, column + at, sign) for at, sign in enumerate(text) if of_run == ink and sign != " "]
            column += len(text)
    return found


def test_the_best_so_far_never_falls_and_ignores_pruned_trials(tmp_path: Path) -> None:
    board = board_of(tmp_path, trial(1, [0.9]), trial(2, [0.99], TrialState.PRUNED), trial(3, [0.85]), trial(4, [0.96]))
    rows = draw_best_so_far(board, 60, 14, LIMITS)
    line = cells(rows, Ink.LINE)
    heights = {column: min(y for y, other, _ in line if other == column) for _, column, _ in line}
    ordered = [heights[column] for column in sorted(heights)]
    assert ordered == sorted(ordered, reverse=True)
    ((best, _, sign),) = cells(rows, Ink.MARK)
    assert sign == "◆"
    assert best <= ordered[-1]
    assert best > min(y for y, _, sign in cells(rows, Tone.DIM) if sign == "·")


def test_the_curve_of_the_best_is_in_front(tmp_path: Path) -> None:
    board = board_of(tmp_path, trial(1, [0.85, 0.9, 0.95]), trial(2, [0.85, 0.86], TrialState.PRUNED))
    rows = draw_curves(board, 60, 14, LIMITS)
    assert {column for _, column, _ in cells(rows, Ink.LINE)} >= set(range(10, 55))
    assert max(column for _, column, _ in cells(rows, Tone.PLAIN)) < 40


def test_curves_beyond_the_best_eight_are_faint(tmp_path: Path) -> None:
    board = board_of(tmp_path, *(trial(number, [0.81, 0.81 + number / 100]) for number in range(1, 11)))
    rows = draw_curves(board, 60, 20, LIMITS)
    faint = {y for y, column, _ in cells(rows, Tone.FAINT) if column == 59}
    plain = {y for y, column, _ in cells(rows, Tone.PLAIN) if column == 59}
    assert faint
    assert min(faint) > max(plain)


def test_many_curves_are_those_of_each_alone(tmp_path: Path) -> None:
    one, other = trial(1, [0.85, 0.9, 0.95]), trial(2, [0.99, 0.85, 0.9])
    drawn: list[dict[tuple[int, int], int]] = []
    for trials in ((one,), (other,), (one, other)):
        unended = [replace(each, state=TrialState.RUNNING) for each in trials]
        rows = draw_curves(board_of(tmp_path / str(len(drawn)), *unended), 60, 14, LIMITS)
        drawn.append({(y, x): ord(sign) for y, x, sign in cells(rows, Tone.PLAIN)})
    assert drawn[2].keys() == drawn[0].keys() | drawn[1].keys()
    assert all(drawn[2][place] == drawn[0].get(place, 0x2800) | drawn[1].get(place, 0x2800) for place in drawn[2])


def test_a_parameter_shows_each_trial_at_its_value(tmp_path: Path) -> None:
    board = board_of(tmp_path, trial(1, [0.9], rate=0.002), trial(2, [0.95], rate=0.2), trial(3, [0.5], rate=0.02))
    scale = ParameterScale(board.spec.axes[0])
    rows = draw_parameter(board, scale, 60, 14, LIMITS)
    ((_, best, _),) = cells(rows, Ink.MARK)
    ((_, other, _),) = cells(rows, Tone.PLAIN)
    assert other < 20 < 50 < best
    assert [sign for _, _, sign in cells(rows, Tone.DIM)] == ["▼"]


def test_limits_show_most_trials_and_hold_still() -> None:
    accuracies = list(np.linspace(0.9, 0.98, 100))
    limits = hold_accuracies(None, accuracies)
    assert limits == (0.9, 1.0)
    assert hold_accuracies(limits, [*accuracies, 0.1]) == limits
    assert hold_accuracies(limits, [0.999] * 100) != limits
    assert hold_accuracies(None, []) is None


@pytest.mark.parametrize("size", [(3, 3), (12, 4), (200, 40)])
def test_any_size_and_any_sweep_is_drawn(tmp_path: Path, size: tuple[int, int]) -> None:
    for place, board in enumerate((board_of(tmp_path / "0"), board_of(tmp_path / "1", trial(1, [0.1])))):
        scale = ParameterScale(board.spec.axes[place])
        for rows in (
            draw_best_so_far(board, *size, LIMITS),
            draw_curves(board, *size, LIMITS),
            draw_parameter(board, scale, *size, LIMITS),
        ):
            assert rows is None or len(rows) == size[1]
