"""Limits and tick labels of a chart's axes.

Limits are round numbers and change in few steps, so that a chart of a live run holds still.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emnist_tui.text import formats

if TYPE_CHECKING:
    from emnist_tui.runs.history import Floats  # numpy would delay the first frame

Ticks = list[tuple[float, str]]
"""Positions in data units and their labels."""

_FIRST_STEPS = 500
_FAR_ENDS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_ROOM_FOR_TOTAL = 0.75  # from this share of the run on, the axis shows all of it


@dataclass(frozen=True)
class Zoom:
    """Hysteresis for an axis's far end.

    The far end moves to `bound` once the value is at least as good as `enter`, and back once it is worse than `leave`.
    """

    bound: float
    enter: float
    leave: float


@dataclass(frozen=True)
class Axis:
    """Y axis that zooms in on the best value as values improve."""

    best: float
    far: float | None
    """Far end before any zoom; None for a round number beyond the worst smoothed value."""
    zooms: tuple[Zoom, ...]
    """Zooms in order of improvement."""
    value: Callable[[float | None], str]
    """Format of the current value in the legend."""
    tick: Callable[[float, float], str]
    """Label of a position, given the interval between labels."""

    def zoom_level(self, level: int, smooth: Floats, marks: Floats) -> int:
        """Return the number of active zooms, given the previous number.

        `smooth` and `marks` are float64 [points]; no zoom hides the last smoothed value or a mark.
        """
        worst = self._worst(smooth[-1:], marks)
        while level < len(self.zooms) and self._is_as_good(worst, self.zooms[level].enter):
            level += 1
        while level and not self._is_as_good(worst, self.zooms[level - 1].leave):
            level -= 1
        return level

    def limits(self, level: int, smooth: Floats, marks: Floats) -> tuple[float, float]:
        """Return the lower and the upper end of the axis."""
        worst = self._worst(smooth, marks)
        far = round_above(worst, _FAR_ENDS) if self.far is None else self.far
        if level and self._is_as_good(self.zooms[level - 1].bound, far):
            far = self.zooms[level - 1].bound
        return min(self.best, far), max(self.best, far)

    def ticks(self, limits: tuple[float, float], rows: int) -> Ticks:
        """Label round positions, about one every third row, at equal width."""
        lower, upper = limits
        interval = _round_interval(upper - lower, max(2, rows // 3 + 1))
        first, last = math.ceil(lower / interval - 1e-9), math.floor(upper / interval + 1e-9)
        labels = [(index * interval, self.tick(index * interval, interval)) for index in range(first, last + 1)]
        width = max(len(label) for _, label in labels)
        return [(position, label.rjust(width)) for position, label in labels]

    def _is_as_good(self, value: float, reference: float) -> bool:
        return abs(value - self.best) <= abs(reference - self.best)

    def _worst(self, *values: Floats) -> float:
        ends = [float(end) for some in values if len(some) for end in (some.min(), some.max())]
        return max(ends, key=lambda end: abs(end - self.best), default=math.inf)


def _decimal(position: float, interval: float) -> str:
    return f"{position:,.{max(0, -math.floor(math.log10(interval) + 1e-9))}f}"


def _percent(position: float, interval: float) -> str:
    return f"{_decimal(position * 100, interval * 100)} %"


LOSS = Axis(
    best=0.0,
    far=None,
    zooms=(Zoom(1.0, enter=0.3, leave=0.5), Zoom(0.5, enter=0.13, leave=0.25)),
    value=formats.loss,
    tick=_decimal,
)
"""Cross-entropy in nats."""

ACCURACY = Axis(
    best=1.0,
    far=0.0,
    zooms=(
        Zoom(0.5, enter=0.7, leave=0.6),
        Zoom(0.8, enter=0.9, leave=0.86),
        Zoom(0.9, enter=0.955, leave=0.935),
    ),
    value=formats.percent,
    tick=_percent,
)
"""A share from 0 to 1, labeled in percent."""


def last_step_shown(step: float, total: int) -> int:
    """Return the right end of a step axis.

    It is 500, 1,000, 2,000, 5,000 …, then the whole run. A `total` of 0 means that the run's length is not known yet.
    """
    shown = _FIRST_STEPS
    while shown < step:
        shown = int(round_above(shown * 1.01))
    return total if total > 0 and step <= total and shown >= total * _ROOM_FOR_TOTAL else shown


def step_ticks(last: int, columns: int) -> Ticks:
    """Return as many round steps, with labels, as fit side by side."""
    room = len(formats.count(last)) + 6
    interval = max(1, round(_round_interval(last, max(2, columns // room + 1))))
    return [(float(step), formats.count(step)) for step in range(0, last + 1, interval)]


def round_above(value: float, factors: tuple[float, ...] = (1.0, 2.0, 5.0, 10.0)) -> float:
    """Round up to the next factor × power of ten.

    Return 1 for a value that is not positive and finite.
    """
    if not 0 < value < math.inf:
        return 1.0
    power = float(10.0 ** math.floor(math.log10(value)))
    return next(factor * power for factor in factors if factor * power >= value * (1 - 1e-9))


def _round_interval(extent: float, most: int) -> float:
    """Return the smallest round interval that gives at most `most` ticks."""
    power = float(10.0 ** math.floor(math.log10(extent / most)))
    return next(
        interval
        for factor in (1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
        if math.floor(extent / (interval := factor * power) + 1e-9) + 1 <= most
    )
