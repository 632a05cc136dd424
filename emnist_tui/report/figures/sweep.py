"""Figures of a sweep: best so far, varied values, and seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from emnist_tui.analysis.spread import Spread
from emnist_tui.report.figures.svg import BLUE, FAINT, INK, ORANGE, PALE_BLUE, Picture
from emnist_tui.runs.sweeps.board import Board
from emnist_tui.runs.sweeps.space import Axis, Value, spell
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from emnist_tui.text.formats import count, number, percent

_WIDTH, _HEIGHT = 920, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 24, 46, 62
_UNSEEN = 0.1  # share of the trials that may be below the axis, at its edge
_ROUND = (1.0, 2.0, 5.0, 10.0)
_MARGIN = 0.5  # of the distance of two listed values, at both ends
_MOST_LABELS = 10
_LEGEND = "orange: the best · blue: trained to the end · pale: pruned, failed, stopped or unfinished"
_LEGEND_OF_SEEDS = "line: mean · band: 95 % interval of the mean"

Place = Callable[[float], float]


@dataclass(frozen=True)
class _Chart:
    """Picture with an axis of accuracies."""

    picture: Picture
    low: float
    """Accuracy at the lower end; 1 is at the upper end."""

    def y(self, accuracy: float) -> float:
        share = (max(accuracy, self.low) - self.low) / (1 - self.low)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _BOTTOM - _TOP)

    def x(self, share: float) -> float:
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def point(self, share: float, trial: Trial, best: Trial | None) -> None:
        """Draw a trial, one that does not count pale."""
        is_best = best is not None and trial.number == best.number
        color = ORANGE if is_best else BLUE if trial.state.counts else PALE_BLUE
        self.picture.dot(self.x(share), self.y(trial.accuracy or 0), color, 6 if is_best else 4)

    def label(self, share: float, text: str) -> None:
        self.picture.text(self.x(share), _HEIGHT - _BOTTOM + 18, text, 11, FAINT, anchor="middle")


def draw_best_so_far(board: Board) -> str | None:
    """Draw the ended trials in order, and the best so far.

    None without any.
    """
    ended = sorted(
        (trial for trial in board.ranking if trial.state.has_ended), key=lambda trial: (trial.ended or 0, trial.number)
    )
    if not ended:
        return None
    split = board.spec.split
    chart = _chart(board, f"Best {split} accuracy so far", "trials in the order of their ends")
    shares = [place / max(1, len(ended) - 1) for place in range(len(ended))]
    for trial, share in zip(ended, shares, strict=True):
        chart.point(share, trial, board.best)
    best = 0.0
    line: list[tuple[float, float]] = []
    for trial, share in zip(ended, shares, strict=True):
        if trial.state.counts and (trial.accuracy or 0) > best:
            if line:
                line.append((chart.x(share), chart.y(best)))
            best = trial.accuracy or 0
            line.append((chart.x(share), chart.y(best)))
    if line:
        chart.picture.path([*line, (chart.x(1), chart.y(best))], INK, 1.5)
    every = max(1, math.ceil(len(ended) / _MOST_LABELS))
    for place in range(0, len(ended), every):
        chart.label(shares[place], count(place + 1))
    return chart.picture.render()


def draw_by_value(board: Board, axis: Axis) -> str | None:
    """Draw every trial's accuracy at its value of one field.

    None without any.
    """
    found = [
        (share, trial) for trial in board.ranking if (share := _share(axis, trial.values.get(axis.field))) is not None
    ]
    if not found:
        return None
    scale = ", logarithmic" if axis.is_log else ""
    chart = _chart(board, f"{board.spec.split.capitalize()} accuracy by {axis.option}", f"{axis.option}{scale}")
    for share, text in _labels(axis):
        chart.label(share, text)
    for share, trial in sorted(found, key=lambda pair: (pair[1].state is not TrialState.PRUNED, pair[1].accuracy)):
        chart.point(share, trial, board.best)
    return chart.picture.render()


def draw_spread(board: Board, spread: Spread) -> str:
    """Draw the test accuracy of every seed, their mean and its interval."""
    tested = [trial for trial in board.trials if trial.test_accuracy is not None and trial.state.counts]
    accuracies = [trial.test_accuracy or 0.0 for trial in tested]
    chart = _chart(board, "Test accuracy of every seed", "seed", accuracies)
    if spread.interval:
        low, high = (chart.y(min(1.0, end)) for end in spread.interval)
        chart.picture.rectangle(_LEFT, high, _WIDTH - _LEFT - _RIGHT, low - high, PALE_BLUE)
    chart.picture.line(_LEFT, chart.y(spread.mean), _WIDTH - _RIGHT, chart.y(spread.mean), INK)
    for place, (trial, accuracy) in enumerate(zip(tested, accuracies, strict=True)):
        share = (place + 0.5) / len(tested)
        chart.picture.dot(chart.x(share), chart.y(accuracy), BLUE)
        if len(tested) <= 2 * _MOST_LABELS:
            chart.label(share, str(trial.values.get("seed", trial.number)))
    return chart.picture.render()


def _chart(board: Board, title: str, below: str, accuracies: Sequence[float] = ()) -> _Chart:
    """Begin a picture with its axes and their titles."""
    known = sorted(accuracies or [trial.accuracy or 0 for trial in board.ranking])
    low = known[int(len(known) * (0 if accuracies else _UNSEEN))]
    power = 10.0 ** math.floor(math.log10(max(1 - low, 1e-4)))
    distance = min(1.0, next(factor * power for factor in _ROUND if factor * power >= 1 - low - 1e-9))
    picture = Picture(_WIDTH, _HEIGHT, title)
    chart = _Chart(picture, 1 - distance)
    picture.text(_LEFT, _TOP - 22, title, 14, bold=True)
    for step in range(6):
        accuracy = chart.low + distance * step / 5
        picture.line(_LEFT, chart.y(accuracy), _WIDTH - _RIGHT, chart.y(accuracy))
        picture.text(_LEFT - 8, chart.y(accuracy) + 4, percent(accuracy, 2), 11, FAINT, anchor="end")
    picture.text(_WIDTH - _RIGHT, _HEIGHT - 12, below, 11, FAINT, anchor="end")
    picture.text(_LEFT, _HEIGHT - 12, _LEGEND_OF_SEEDS if accuracies else _LEGEND, 11, FAINT)
    return chart


def _share(axis: Axis, value: Value | None) -> float | None:
    """Return the place of a value, 0 to 1; None without one."""
    if axis.values:
        return (axis.values.index(value) + _MARGIN) / len(axis.values) if value in axis.values else None
    if not isinstance(value, int | float) or not axis.low <= value <= axis.high:
        return None
    if axis.is_log:
        return math.log(value / axis.low) / math.log(axis.high / axis.low)
    return (value - axis.low) / (axis.high - axis.low)


def _labels(axis: Axis) -> list[tuple[float, str]]:
    values: Sequence[Value]
    if axis.values:
        values = axis.values[:: math.ceil(len(axis.values) / _MOST_LABELS)]
    elif axis.is_log:
        powers = range(math.floor(math.log10(axis.low)), math.ceil(math.log10(axis.high)) + 1)
        values = [factor * 10.0**power for power in powers for factor in ((1, 2, 5) if len(powers) < 6 else (1,))]
    else:
        values = [axis.low + (axis.high - axis.low) * step / 5 for step in range(6)]
    placed = [(_share(axis, value), value) for value in values]
    shown = [
        (share, spell(value) if axis.values else number(float(value), 3))
        for share, value in placed
        if share is not None
    ]
    return shown or [(0.0, number(axis.low)), (1.0, number(axis.high))]
