"""Values that a chart of one metric shows."""

from dataclasses import dataclass, field, fields

import numpy as np

from emnist_tui.runs.history import Floats

_NO_VALUES = np.empty(0)


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
    epochs: Floats = field(default_factory=lambda: _NO_VALUES)
    """float64 [epochs]: last step of each epoch."""
    total_steps: int = 0
    """Length of the whole run; 0 while unknown."""
    marked: str = "test"
    """Split of the evaluations in `marks`."""

    @property
    def has_points(self) -> bool:
        return bool(len(self.x) or len(self.marks))

    def equals(self, other: "ChartData") -> bool:
        return all(np.array_equal(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))

    def finite_copy(self) -> "ChartData":
        """Copy the finite points."""
        finite = np.isfinite(self.x) & np.isfinite(self.y) & np.isfinite(self.smooth)
        marks = np.asarray(self.marks, np.float64).reshape(-1, 2)
        return ChartData(
            self.x[finite],
            self.y[finite],
            self.smooth[finite],
            marks[np.isfinite(marks).all(axis=1)],
            self.epochs[np.isfinite(self.epochs)],
            self.total_steps,
            self.marked,
        )
