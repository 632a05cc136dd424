"""Figure of loss and accuracy during training."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emnist_tui.report.figures.svg import BLUE, FAINT, ORANGE, PALE_BLUE, Picture
from emnist_tui.runs.history import SMOOTHING, Floats
from emnist_tui.runs.record import RunRecord
from emnist_tui.text.formats import count, number

_WIDTH, _HEIGHT = 920, 300  # pixels of one chart, axes included
_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 24, 52, 44
_PLOT_WIDTH = _WIDTH - _LEFT - _RIGHT
_PLOT_HEIGHT = _HEIGHT - _TOP - _BOTTOM
_LABEL, _CHARACTER, _GAP = 10, 6, 4  # pixels of a label's font, of its widest character, and beside its line
_UNSEEN = 0.01  # share of the batches that may be below the axis, so that outliers do not flatten the curve


@dataclass(frozen=True)
class _Axis:
    """Range of values and its pixels, from `bottom` up to `top`."""

    low: float
    high: float
    logarithmic: bool
    ticks: list[float]
    bottom: float
    top: float

    def place(self, values: Floats) -> Floats:
        """Return the pixels from the top, float64, in the shape of `values`.

        Values outside the range are clipped to the edge.
        """
        kept = np.clip(values, self.low, self.high)
        low, high = self.low, self.high
        if self.logarithmic:
            kept, low, high = np.log(kept), math.log(low), math.log(high)
        return np.asarray(self.bottom + (kept - low) / (high - low) * (self.top - self.bottom))


def draw_curves(record: RunRecord) -> str | None:
    """Draw batches, their moving mean and evaluations as SVG.

    Return None without any batch.
    """
    history, split = record.history, record.epoch_split
    if not len(history):
        return None
    picture = Picture(_WIDTH, 2 * _HEIGHT + 34, "Loss and accuracy over the steps of training")
    for row, name in enumerate(("loss", "accuracy")):
        values = history.loss if name == "loss" else history.accuracy
        evaluated = [(each.step, getattr(each, name)) for each in record.evaluations if each.split == split]
        axis = _axis(name, np.concatenate((values, [value for _, value in evaluated])), row * _HEIGHT)
        title = "Loss (cross-entropy, nats; logarithmic)" if name == "loss" else "Accuracy"
        picture.text(_LEFT, axis.top - 26, title, 14, bold=True)
        _draw_axes(picture, axis, record, name)
        _draw_batches(picture, axis, history.steps, values)
        _draw_mean(picture, axis, history.steps, history.smoothed(values))
        for step, value in evaluated:
            picture.dot(_x(step, history.steps[-1]), float(axis.place(np.array([value]))[0]), ORANGE)
    _draw_legend(picture, split)
    return picture.render()


def _axis(name: str, values: Floats, offset: float) -> _Axis:
    bottom, top = offset + _HEIGHT - _BOTTOM, offset + _TOP
    lowest = float(np.quantile(values, _UNSEEN))
    if name == "accuracy":
        low = min(0.9, math.floor(lowest * 10) / 10)
        step = 0.1 if low < 0.6 else 0.05 if low < 0.8 else 0.02
        ticks = [low + step * number for number in range(round((1 - low) / step) + 1)]
        return _Axis(low, 1.0, False, ticks, bottom, top)
    low = max(lowest, 1e-4)
    high = max(float(values.max()), low * 10)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [digit * 10.0**decade for decade in decades for digit in (1, 2, 5)]
    return _Axis(low, high, True, [tick for tick in ticks if low <= tick <= high], bottom, top)


def _draw_axes(picture: Picture, axis: _Axis, record: RunRecord, name: str) -> None:
    last = record.history.steps[-1]
    for tick in axis.ticks:
        y = float(axis.place(np.array([tick]))[0])
        picture.line(_LEFT, y, _WIDTH - _RIGHT, y)
        label = f"{tick * 100:.0f} %" if name == "accuracy" else f"{tick:g}"
        picture.text(_LEFT - 8, y + 4, label, 11, FAINT, anchor="end")
    for step in _step_ticks(last):
        picture.text(_x(step, last), axis.bottom + 18, count(step), 11, FAINT, anchor="middle")
    picture.text(_WIDTH - _RIGHT, axis.bottom + 34, "step", 11, FAINT, anchor="end")
    for epoch in record.epochs[:-1]:
        x = _x(epoch.step, last)
        picture.line(x, axis.bottom, x, axis.top, "#9aa5b1", dashed=True)
    for epoch in record.epochs if len(record.epochs) <= 20 else []:
        picture.text(_x(epoch.step, last) - 5, axis.top - 4, f"epoch {epoch.epoch}", 10, FAINT, anchor="end")
    _draw_rates(picture, axis, record)


def _draw_rates(picture: Picture, axis: _Axis, record: RunRecord) -> None:
    """Draw the changes of the learning rate, the newest ones with labels.

    A label is right of its line, at the figure's edge left of it, and nowhere on another.
    """
    free: float = _WIDTH
    for change in reversed(record.learning_rates):
        last = record.history.steps[-1]
        if change.step > last:
            continue
        x, label = _x(change.step, last), f"rate {number(change.learning_rate)}"
        picture.line(x, axis.bottom, x, axis.top, FAINT)
        width = _GAP + len(label) * _CHARACTER
        if x + width <= free:
            picture.text(x + _GAP, axis.top + 10, label, _LABEL, FAINT)
            free = x
        elif x + width > _WIDTH and x <= free:
            picture.text(x - _GAP, axis.top + 10, label, _LABEL, FAINT, anchor="end")
            free = x - width


def _draw_batches(picture: Picture, axis: _Axis, steps: Floats, values: Floats) -> None:
    """Draw a band between each pixel column's minimum and maximum.

    It looks like a line through thousands of batches and is much smaller.
    """
    columns = ((steps / steps[-1]) * _PLOT_WIDTH).astype(np.int64)
    starts = np.flatnonzero(np.diff(columns, prepend=-1))
    upper = axis.place(np.maximum.reduceat(values, starts)) - 0.5
    lower = axis.place(np.minimum.reduceat(values, starts)) + 0.5
    xs = (_LEFT + columns[starts]).tolist()
    outline = [*zip(xs, upper.tolist(), strict=True), *reversed(list(zip(xs, lower.tolist(), strict=True)))]
    picture.polygon(outline, PALE_BLUE)


def _draw_mean(picture: Picture, axis: _Axis, steps: Floats, values: Floats) -> None:
    chosen = _spread(len(values), _PLOT_WIDTH)
    chosen = chosen[values[chosen] >= axis.low]
    if not len(chosen):
        return
    xs = _LEFT + steps[chosen] / steps[-1] * _PLOT_WIDTH
    picture.path(list(zip(xs.tolist(), axis.place(values[chosen]).tolist(), strict=True)), BLUE, 2)


def _draw_legend(picture: Picture, split: str) -> None:
    y = 2 * _HEIGHT + 10
    picture.rectangle(_LEFT, y - 6, 26, 12, PALE_BLUE)
    picture.text(_LEFT + 34, y + 4, "each batch", 12, FAINT)
    picture.path([(_LEFT + 130, y), (_LEFT + 156, y)], BLUE, 2)
    picture.text(_LEFT + 164, y + 4, f"mean of the last {SMOOTHING} batches", 12, FAINT)
    picture.dot(_LEFT + 370, y, ORANGE)
    picture.text(_LEFT + 382, y + 4, f"evaluation on {split}", 12, FAINT)


def _spread(length: int, most: int) -> npt.NDArray[np.int64]:
    """Return at most `most` evenly spaced positions of `length`, int64."""
    return np.unique(np.linspace(0, length - 1, min(length, most)).round().astype(np.int64))


def _x(step: float, last: float) -> float:
    return float(_LEFT + step / last * _PLOT_WIDTH)


def _step_ticks(last: float) -> list[float]:
    """Return round numbers up to `last`, four to eight if possible."""
    exponent = 10.0 ** math.floor(math.log10(max(last, 1)))
    unit = next(unit for unit in (exponent / 5, exponent / 2, exponent, 2 * exponent) if last / unit <= 8)
    unit = max(1.0, unit)
    return [number * unit for number in range(int(last / unit) + 1)]
