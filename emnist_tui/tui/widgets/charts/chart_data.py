"""Values that a chart of one metric shows."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np

from emnist_tui.runs.history import SMOOTHING, Floats

_MOST = 1e15
"""Values beyond it are as meaningless as infinity, and their labels as wide as the chart."""


@dataclass(frozen=True, eq=False)
class ChartData:
    """Values of one metric over the steps of a run."""

    x: Floats
    """float64 [points]: steps, increasing."""
    y: Floats
    """float64 [points]: the metric of each batch."""
    smooth: Floats
    """float64 [points]: moving mean at each step."""
    marks: Floats
    """float64 [evaluations, 2]: step and value."""
    epochs: Floats = field(default_factory=lambda: np.empty(0))
    """float64 [epochs]: last step of each epoch."""
    total_steps: int = 0
    """Length of the whole run; 0 while unknown."""
    marked: str = "test"
    """Split of the evaluations in `marks`."""
    grain: float = 0.0
    """Distance of two neighboring values of `y`: 1/32 for the accuracy of 32 images; 0 if any value is possible."""
    window: int = SMOOTHING
    """Points in the moving mean."""
    stride: int = 1
    """Batches that each value of `y` is the mean of."""
    is_sampled: bool = False
    """Whether `y` lacks batches, which came too fast."""
    rates: Floats = field(default_factory=lambda: np.empty((0, 2)))
    """float64 [changes, 2]: step after which the learning rate was changed, and its value."""

    @property
    def has_points(self) -> bool:
        return bool(len(self.x) or len(self.marks))

    @property
    def points(self) -> str:
        """Describe what each value of `y` is, in a few words."""
        batches = f"means of {self.stride} batches" if self.stride > 1 else "batches"
        return f"some {batches}" if self.is_sampled else batches

    @property
    def last(self) -> float:
        """Newest step of a batch or an evaluation."""
        return float(max(self.x[-1:].max(initial=0.0), self.marks[:, 0].max(initial=0.0)))

    def equals(self, other: ChartData) -> bool:
        return all(np.array_equal(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))

    def finite_copy(self) -> ChartData:
        """Copy the finite points, in order of their steps."""
        x, y, smooth = finite_points(self.x, self.y, self.smooth)
        marks = np.asarray(self.marks, np.float64).reshape(-1, 2)
        return ChartData(
            x,
            y,
            smooth,
            marks[(np.abs(marks) < _MOST).all(axis=1)],
            self.epochs[np.abs(self.epochs) < _MOST],
            self.total_steps,
            self.marked,
            self.grain,
            self.window,
            self.stride,
            self.is_sampled,
            self.rates[(np.abs(self.rates) < _MOST).all(axis=1)],
        )


def finite_points(x: Floats, *values: Floats) -> tuple[Floats, ...]:
    """Copy the points that are finite in each array, sorted by `x`."""
    finite = np.abs(x) < _MOST
    for each in values:
        finite &= np.abs(each) < _MOST
    kept = tuple(each.copy() if finite.all() else each[finite] for each in (x, *values))
    if np.any(np.diff(kept[0]) < 0):
        order = np.argsort(kept[0], kind="stable")
        kept = tuple(each[order] for each in kept)
    return kept
