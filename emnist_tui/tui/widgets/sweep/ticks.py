"""Horizontal axis of a varied parameter: positions, limits and labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from emnist_tui.runs.sweeps.space import Axis, Value
from emnist_tui.tui.widgets.charts.axes import Limits, Ticks, decimal, even_interval
from emnist_tui.tui.widgets.sweep.columns import value_text

_GAP = 2  # columns between labels
_MARGIN = 0.5  # of the distance of two listed values, at both ends


@dataclass(frozen=True)
class ParameterScale:
    """Scale of one varied field: listed values, or a range."""

    axis: Axis

    @property
    def limits(self) -> Limits:
        if self.axis.values:
            return -_MARGIN, len(self.axis.values) - 1 + _MARGIN
        if self.axis.is_log:
            return math.log10(self.axis.low), math.log10(self.axis.high)
        return self.axis.low, self.axis.high

    def position(self, value: Value | None) -> float | None:
        """Return the position of a value; None without a place."""
        if self.axis.values:
            return float(self.axis.values.index(value)) if value in self.axis.values else None
        if not isinstance(value, int | float) or not self.axis.low <= value <= self.axis.high:
            return None
        return math.log10(value) if self.axis.is_log else float(value)

    def ticks(self, columns: int) -> Ticks:
        """Return columns and labels, as many as have room."""
        low, high = self.limits
        scale = (columns - 1) / (high - low)
        return spaced([(round((position - low) * scale), label) for position, label in self._labels(columns)], columns)

    def _labels(self, columns: int) -> list[tuple[float, str]]:
        if self.axis.values:
            return [(float(place), value_text(self.axis, value)) for place, value in enumerate(self.axis.values)]
        low, high = self.limits
        if self.axis.is_log:
            return _log_labels(low, high)
        interval, _ = even_interval(high - low, columns - 0.5, 10, (1.0, 2.0, 2.5, 5.0))
        first, last = math.ceil(low / interval - 1e-9), math.floor(high / interval + 1e-9)
        return [(place * interval, decimal(place * interval, interval)) for place in range(first, last + 1)]


def spaced(labels: Sequence[tuple[int, str]], columns: int) -> Ticks:
    """Leave out labels that touch another or leave the axis."""
    shown: list[tuple[int, str]] = []
    free = 0
    for column, label in labels:
        width = cell_len(label)
        left = min(max(0, column - width // 2), columns - width)
        if left >= free and width <= columns and not any(column == other for other, _ in shown):
            shown.append((column, label))
            free = left + width + _GAP
    return tuple(shown) or ((0, ""),)


def _log_labels(low: float, high: float) -> list[tuple[float, str]]:
    """Return powers of ten and their multiples, or else the ends."""
    factors = (1.0, 2.0, 5.0) if high - low < 4 else (1.0,)
    values = [factor * 10.0**power for power in range(math.floor(low), math.ceil(high) + 1) for factor in factors]
    inside = [value for value in values if low - 1e-9 <= math.log10(value) <= high + 1e-9]
    if len(inside) < 2:
        inside = [10**low, 10**high]
    return [(math.log10(value), f"{value:.3g}".replace("e-0", "e-")) for value in inside]
