"""Pictures of a sweep's accuracies: best so far, curves, and one parameter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import IntEnum

import numpy as np

from emnist_tui.runs.history import Floats
from emnist_tui.runs.sweeps.board import Board
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from emnist_tui.tui.widgets.charts.axes import ACCURACY, Limits, round_above
from emnist_tui.tui.widgets.charts.canvas import Canvas, Integers, braille
from emnist_tui.tui.widgets.charts.plot import Cells, Ink, Row
from emnist_tui.tui.widgets.sweep.ticks import ParameterScale, spaced

_BRIGHT = 8  # trials whose curves are brighter: the best and the next


class Tone(IntEnum):
    """Inks of trials, besides those of `Ink`."""

    FAINT = 32
    DIM = 33
    PLAIN = 34


_POINT, _PRUNED, _BEST = "•", "·", "◆"
_BELOW = "▼"
_SHOWN = 0.2  # share of the trials that may lie below the axis
_ROUND = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_LEAST = 0.004  # shortest axis
_HELD = 0.4  # least share of a held axis that is used


def hold_accuracies(held: Limits | None, accuracies: Sequence[float]) -> Limits | None:
    """Return limits from 100 % down to most of the accuracies.

    The limits held so far stay while they suit. None without accuracies.
    """
    if not accuracies:
        return None
    distances = 1 - np.asarray(accuracies)
    needed = max(float(np.quantile(distances, 1 - _SHOWN)), float(distances.min()) * 1.5, _LEAST)
    if held and _HELD * (1 - held[0]) <= needed <= 1 - held[0]:
        return held
    return 1 - min(1.0, round_above(needed, _ROUND)), 1.0


def known_accuracies(board: Board) -> list[float]:
    """Return the accuracies of all trials that have one."""
    return [trial.accuracy for trial in board.ranking if trial.accuracy is not None]


def draw_best_so_far(board: Board, width: int, height: int, limits: Limits) -> list[Row] | None:
    """Draw the ended trials in order, and the best up to each."""
    ended = sorted(
        (trial for trial in board.ranking if trial.state.has_ended), key=lambda trial: (trial.ended or 0, trial.number)
    )
    canvas = _whole_numbers(width, height, limits, max(len(ended), 2))
    if canvas is None or not ended:
        return None
    cells = Cells(canvas)
    places = np.arange(1, len(ended) + 1, dtype=np.float64)
    accuracies = np.array([trial.accuracy for trial in ended], np.float64)
    counting = np.array([trial.state.counts for trial in ended])
    best = np.maximum.accumulate(np.where(counting, accuracies, 0.0))
    _put_points(cells, canvas, places, accuracies, ended)
    has_best = best > 0
    if has_best.any():
        first = int(np.argmax(has_best))
        # A step, not a slope: the best stays until the trial that beats it.
        x = np.repeat(places[first:], 2)[1:]
        y = np.repeat(best[first:], 2)[:-1]
        cells.fill(braille(_stairs(canvas, x, y)), Ink.LINE)
    _put_best(cells, canvas, places, ended, board.best)
    return cells.rows()


def draw_curves(board: Board, width: int, height: int, limits: Limits) -> list[Row] | None:
    """Draw the curve of every trial, the best in front.

    Those of the next best are brighter than the others.
    """
    trials = [trial for trial in board.trials if trial.curve]
    longest = max((len(trial.curve) for trial in trials), default=0)
    canvas = _whole_numbers(width, height, limits, max(longest, 2))
    if canvas is None or not trials:
        return None
    best = board.best
    bright = {trial.number for trial in [*board.ranking[:_BRIGHT], *([best] if best else [])]}
    others = [trial for trial in trials if trial.number not in bright]
    next_best = [trial for trial in trials if trial.number in bright and trial is not best]
    cells = Cells(canvas)
    for group, ink in (
        (others, Tone.FAINT),
        (next_best, Tone.PLAIN),
        ([best] if best and best.curve else [], Ink.LINE),
    ):
        if group:
            cells.fill(_curves(canvas, group, longest), ink)
    return cells.rows()


def draw_parameter(board: Board, scale: ParameterScale, width: int, height: int, limits: Limits) -> list[Row] | None:
    """Draw every trial's accuracy at its value of one varied field."""
    found = [(place, trial) for trial in board.ranking if (place := _place(scale, trial)) is not None]
    canvas = _lay_out(width, height, limits)
    if canvas is None or not found:
        return None
    canvas = replace(canvas, x_limits=scale.limits, x_ticks=scale.ticks(canvas.columns))
    trials = [trial for _, trial in found]
    places = np.array([place for place, _ in found], np.float64)
    cells = Cells(canvas)
    _put_points(cells, canvas, places, np.array([trial.accuracy for trial in trials], np.float64), trials)
    _put_best(cells, canvas, places, trials, board.best)
    return cells.rows()


def _place(scale: ParameterScale, trial: Trial) -> float | None:
    return scale.position(trial.values.get(scale.axis.field))


def _lay_out(width: int, height: int, limits: Limits) -> Canvas | None:
    return Canvas.lay_out(width, height, (0.0, 1.0), ACCURACY, limits)


def _whole_numbers(width: int, height: int, limits: Limits, last: int) -> Canvas | None:
    """Return a canvas for x from 1 to `last`, which are counted."""
    canvas = _lay_out(width, height, limits)
    if canvas is None:
        return None
    every = int(max(1, round_above(last / max(1, canvas.columns // 8), (1.0, 2.0, 5.0, 10.0)))) if last > 1 else 1
    numbers = [1, *(number for number in range(every, last + 1, every) if number > 1)]
    scale = (canvas.columns - 1) / (last - 1)
    ticks = spaced([(round((number - 1) * scale), f"{number:,}") for number in numbers], canvas.columns)
    return replace(canvas, x_limits=(1.0, float(last)), x_ticks=ticks)


def _put_points(cells: Cells, canvas: Canvas, x: Floats, y: Floats, trials: Sequence[Trial]) -> None:
    """Draw a sign for each trial, the pruned ones dim."""
    columns, rows = _cells_of(canvas, x, y)
    is_pruned = np.array([trial.state is TrialState.PRUNED for trial in trials])
    for chosen, sign, ink in ((is_pruned, _PRUNED, Tone.DIM), (~is_pruned, _POINT, Tone.PLAIN)):
        inside, below = chosen & (rows >= 0), chosen & (rows < 0)
        cells.put(_BELOW, 0, columns[below], Tone.FAINT if ink is Tone.DIM else Tone.DIM)
        cells.put(sign, rows[inside], columns[inside], ink)


def _put_best(cells: Cells, canvas: Canvas, x: Floats, trials: Sequence[Trial], best: Trial | None) -> None:
    place = next((place for place, trial in enumerate(trials) if best and trial.number == best.number), None)
    if place is None or best is None or best.accuracy is None:
        return
    columns, rows = _cells_of(canvas, x[place : place + 1], np.array([best.accuracy]))
    cells.put(_BEST, max(0, int(rows[0])), int(columns[0]), Ink.MARK)


def _cells_of(canvas: Canvas, x: Floats, y: Floats) -> tuple[Integers, Integers]:
    """Return columns, and rows that are -1 below the canvas."""
    columns = (canvas.dot_columns(x) // 2).clip(0, canvas.columns - 1)
    dots = canvas.dot_rows(y)
    return columns, np.where(dots < 0, -1, np.minimum(dots // 4, canvas.rows - 1))


def _stairs(canvas: Canvas, x: Floats, y: Floats) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Return a mask of horizontal and vertical lines through points, x increasing."""
    columns, rows = canvas.dot_columns(x), canvas.dot_rows(y)
    last = columns[-1]
    at = np.arange(columns[0], last + 1)
    after = np.searchsorted(columns, at, side="right") - 1
    before = np.searchsorted(columns, at, side="left")
    low = np.minimum(rows[after], rows[np.minimum(before, len(rows) - 1)])
    low = np.minimum(low, np.concatenate((rows[after][:1], rows[after][:-1])))
    mask = np.zeros((canvas.rows * 4, canvas.columns * 2), np.bool_)
    every = np.arange(canvas.rows * 4)[:, None]
    mask[:, at] = (every >= low) & (every <= rows[after])
    return mask


def _curves(canvas: Canvas, trials: Sequence[Trial], longest: int) -> Integers:
    """Return the braille codes of many curves at once."""
    values = np.full((len(trials), longest), np.nan)
    for row, trial in enumerate(trials):
        values[row, : len(trial.curve)] = trial.curve
    low, high = canvas.x_limits
    epochs = np.linspace(low, high, canvas.columns * 2) - 1
    before = np.minimum(epochs.astype(np.int64), longest - 1)
    after = np.minimum(before + 1, longest - 1)
    share = epochs - before
    lines = values[:, before] * (1 - share) + np.where(share > 0, np.nan_to_num(values[:, after]), 0) * share
    lines[np.isnan(values[:, after]) & (share > 1e-9)] = np.nan
    known = ~np.isnan(lines)
    rows = canvas.dot_rows(np.nan_to_num(lines))
    count = canvas.rows * 4
    edges = np.zeros((count + 2, canvas.columns * 2), np.int64)
    last = np.concatenate((rows[:, :1], rows[:, :-1]), axis=1)
    last = np.where(np.concatenate((known[:, :1], known[:, :-1]), axis=1), last, rows)
    bottom, top = np.minimum(rows, last), np.maximum(rows, last)
    shown = known & (top >= 0) & (bottom < count)
    column = np.broadcast_to(np.arange(canvas.columns * 2), rows.shape)[shown]
    np.add.at(edges, (bottom[shown].clip(0, count), column), 1)
    np.add.at(edges, (top[shown].clip(0, count - 1) + 1, column), -1)
    return braille(np.cumsum(edges, axis=0)[:count] > 0)
