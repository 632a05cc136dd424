"""Limits and ticks of a chart's axes.

Limits change in few steps, so that a chart of a live run holds still. Ticks are round numbers a whole number of cells
apart; the limits follow from them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emnist_tui.text import formats

if TYPE_CHECKING:
    from emnist_tui.runs.history import Floats  # numpy would delay the first frame

Limits = tuple[float, float]
Ticks = tuple[tuple[int, str], ...]
"""Cells from the axis's lower or left end, and their labels."""

_FAR_ENDS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 9.0, 10.0)
_FILLED = 0.4  # share of a new axis that the current value takes
_HEADROOM = 1.05  # a line right below the upper end could be beyond it
_FULL = 0.7  # share of the axis from which on the current value moves it
_UNSETTLED = 10  # first points of a moving mean
_DECADES = 8  # most powers of ten on a logarithmic axis
_TINY = 1e-300  # a float that small has too few digits to be scaled
_LEAST_ROWS = 3  # between ticks
_SMALL = 10  # rows below which ticks are closer


@dataclass(frozen=True)
class Axis:
    """Vertical axis that zooms in on the best value as values improve."""

    best: float
    """0 at the lower end, or 1 at the upper end."""
    least: float
    """Shortest length."""
    value: Callable[[float | None], str]
    """Format of the current value in the legend."""
    evaluated: Callable[[float | None], str]
    """Format of an evaluation's value in the legend."""
    tick: Callable[[float, float], str]
    """Label of a position, given the interval between labels."""
    has_log: bool
    """Whether values span powers of ten."""

    def distance(self, values: Floats) -> float:
        """Return the largest distance of values from the best one.

        0 without values.
        """
        if not len(values):
            return 0.0
        return max(abs(float(values.min()) - self.best), abs(float(values.max()) - self.best))

    def hold(self, held: Limits | None, now: float, worst: float) -> Limits:
        """Return limits for values by their distances from the best one.

        `now` is that of the current value, `worst` the largest of all. The limits held so far stay while `now` neither
        leaves them nor becomes small in them.
        """
        most = round_above(worst * (_HEADROOM if self.best == 0 else 1.0), _FAR_ENDS)
        fresh = max(self.least, min(round_above(now / _FILLED), most)) if now > self.least * _FILLED else self.least
        if held:
            length = held[1] - held[0]
            if now <= length * _FULL and fresh > length * 0.51:
                return held
        return (0.0, fresh) if self.best == 0 else (self.best - fresh, self.best)

    def scale(self, limits: Limits, rows: int, *, is_log: bool) -> tuple[Limits, Ticks]:
        """Return the exact limits, with ticks that are equally wide.

        On a logarithmic axis the limits are powers of ten. `rows` has four dots each.
        """
        labels: list[tuple[int, str]]
        if is_log:
            limits, labels = _log_scale(limits, rows)
        else:
            limits, labels = self._linear_scale(limits[1] - limits[0], rows)
        width = max(len(label) for _, label in labels)
        return limits, tuple((row, label.rjust(width)) for row, label in labels)

    def _linear_scale(self, length: float, rows: int) -> tuple[Limits, list[tuple[int, str]]]:
        gaps = rows - 0.25
        interval, each = even_interval(length, gaps, 2 if rows < _SMALL else _LEAST_ROWS, (1.0, 2.0, 2.5, 5.0))
        length = interval * gaps / each
        places = range(math.floor(gaps / each) + 1)
        if self.best == 0:
            return (0.0, length), [(place * each, self.tick(place * interval, interval)) for place in places]
        positions = [(rows - 1 - place * each, self.best - place * interval) for place in places]
        shown = [(row, self.tick(abs(position), interval)) for row, position in positions if position > -1e-9]
        return (self.best - length, self.best), shown[::-1]


def decimal(position: float, interval: float) -> str:
    """Format a label with as many decimals as its interval needs."""
    if abs(position) >= 1e6 or interval < 1e-6:
        return f"{position:.3g}"
    decimals = next(number for number in range(9) if abs(round(interval, number) - interval) < interval * 1e-6)
    return f"{position:,.{decimals}f}"


def percent(position: float, interval: float) -> str:
    """Format a share as a label in percent."""
    return f"{decimal(position * 100, interval * 100)} %"


LOSS = Axis(best=0.0, least=0.001, value=formats.loss, evaluated=formats.loss, tick=decimal, has_log=True)
"""Cross-entropy in nats."""

ACCURACY = Axis(
    best=1.0,
    least=0.02,
    value=formats.percent,
    evaluated=lambda share: formats.percent(share, 2),
    tick=percent,
    has_log=False,
)
"""A share from 0 to 1, labeled in percent."""


def hold_log(held: Limits | None, lowest: float, highest: float) -> Limits:
    """Return round limits of a logarithmic axis.

    They cover positive values from `lowest` to `highest`.

    The limits held so far stay while the values are within them and use half of them.
    """
    if not _TINY < highest < math.inf:
        return held or (0.1, 1.0)
    lowest = max(min(lowest, highest), highest / 10**_DECADES)
    if held and held[0] <= lowest and highest <= held[1] and highest / lowest >= math.sqrt(held[1] / held[0]):
        return held
    high = round_above(highest)
    low = round_below(lowest)
    return (low, high) if low < high else (low / 2, high * 2)


def settled(smooth: Floats) -> Floats:
    """Leave out the first moving means, which are of few batches."""
    return smooth[min(_UNSETTLED, len(smooth) - 1) :] if len(smooth) else smooth


def positive_range(values: Sequence[Floats]) -> Limits:
    """Return the lowest and the highest positive value; zeros without any."""
    positive = [some[some > 0] for some in values if (some > 0).any()]
    lowest = min((float(some.min()) for some in positive), default=0.0)
    return lowest, max((float(some.max()) for some in positive), default=0.0)


def _log_scale(limits: Limits, rows: int) -> tuple[Limits, list[tuple[int, str]]]:
    """Return the decimal logarithms of the limits, and ticks.

    Ticks are 1, 2, 5, 10 … or powers of ten. Powers of ten are evenly spaced; the axis then ends a little above its
    upper limit.
    """
    low, high = (math.log10(limit) for limit in limits)
    gaps = rows - 0.25
    if gaps / (high - low) * math.log10(2) >= 2 or high - low < 1.5:
        steps = range(math.floor(low) * 3, math.ceil(high) * 3 + 1)
        values = [(1.0, 2.0, 5.0)[step % 3] * 10.0 ** (step // 3) for step in steps]
        shown = [value for value in values if limits[0] * 0.999 <= value <= limits[1] * 1.001]
        rows_of = [round((math.log10(value) - low) / (high - low) * (rows * 4 - 1)) // 4 for value in shown]
        labels: dict[int, str] = {}
        for row, value in zip(rows_of, shown, strict=True):
            if row < rows and not {row, row - 1} & set(labels):
                labels[row] = f"{value:g}"
        return (low, high), list(labels.items())
    skipped = math.ceil(2 / (gaps / (high - low)))  # powers from one tick to the next
    each = math.floor(gaps / (high - low) * skipped)
    first = math.ceil(low - 1e-9)
    bottom = round((first - low) * each / skipped)
    powers = range((rows - 1 - bottom) // each + 1)
    return (low, low + gaps / each * skipped), [
        (bottom + place * each, f"{10.0 ** (first + place * skipped):g}") for place in powers
    ]


def step_scale(first: float, last: float, columns: int) -> tuple[Limits, Ticks]:
    """Return limits that cover the steps from `first` to `last`, and ticks."""
    label = len(formats.count(int(last)))
    limits, ticks = _step_scale(first, last, columns, label)
    longest = max(len(text) for _, text in ticks)
    # A tick beyond `last` may have a digit more.
    return (limits, ticks) if longest <= label else _step_scale(first, last, columns, longest)


def _step_scale(first: float, last: float, columns: int, label: int) -> tuple[Limits, Ticks]:
    """Return limits and ticks with room for labels of a length."""
    gaps = columns - 0.5
    room = label + label // 2 + 2  # plotext moves the outer labels by half of their width to end with the axis
    interval, each = even_interval(max(last - first, 1.0), gaps, room, (1.0, 2.0, 5.0), smallest=1.0)
    tick = math.ceil(first / interval - 1e-9)
    column = round((tick * interval - first) * each / interval)
    limits = first, first + interval * gaps / each
    if column >= columns:  # too narrow for a round number
        return limits, ((0, formats.count(round(first))),)
    ticks = [
        (column + place * each, formats.count(round((tick + place) * interval)))
        for place in range((columns - 1 - column) // each + 1)
    ]
    return limits, tuple(ticks)


def even_interval(
    length: float, cells: float, least: int, factors: tuple[float, ...], smallest: float = 0.0
) -> tuple[float, int]:
    """Choose a round interval and its whole number of cells.

    Intervals cover `length` with little waste in `cells`, at least `least` cells each. Two or three ticks are
    chosen only where more would waste much.
    """
    power = 10.0 ** math.floor(math.log10(length))
    least = max(1, min(least, int(cells)))
    found = []
    for exponent in (-2, -1, 0, 1):
        for factor in factors:
            interval = factor * power * 10.0**exponent
            each = math.floor(interval * cells / length + 1e-9)
            if interval >= smallest and each >= least:
                waste = interval * cells / each / length
                found.append((waste + (each > cells / 3) * 0.1 + (each > cells / 2) + (each > cells), interval, each))
    _, interval, each = min(found)
    return interval, each


def round_above(value: float, factors: tuple[float, ...] = (1.0, 2.0, 5.0, 10.0)) -> float:
    """Round up to the next factor × power of ten.

    Return 1 for a value that is not positive and finite.
    """
    if not _TINY < value < math.inf:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(factor * power for factor in factors if factor * power >= value * (1 - 1e-9))


def round_below(value: float) -> float:
    """Round down to 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(factor * power for factor in (10.0, 5.0, 2.0, 1.0) if factor * power <= value * (1 + 1e-9))
