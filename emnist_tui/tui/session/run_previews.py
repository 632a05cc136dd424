"""Cache of curves and sizes of runs for the preview."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emnist_tui.runs.curve_sample import Point, sample_curve
from emnist_tui.runs.folder import RunFolder, is_file, modified
from emnist_tui.runs.trash import size_of

_KEPT = 256  # curves in memory; one takes some kilobytes


@dataclass(frozen=True)
class Reading:
    """Facts of one row that take long to read."""

    time: float
    """Modification time of what was read, Unix seconds."""
    size: int
    curve: Sequence[Point]


class RunPreviews:
    """Readings by path, read again once the files have changed."""

    def __init__(self) -> None:
        self._readings: dict[Path, Reading] = {}

    def reading(self, path: Path) -> Reading | None:
        """Return the last reading, which may be old."""
        return self._readings.get(path)

    def is_current(self, path: Path) -> bool:
        """Check that nothing has changed since the last reading."""
        reading = self._readings.get(path)
        return reading is not None and reading.time == _changed(path)

    def read(self, path: Path) -> None:
        """Read the curve and the size in any thread; raises nothing."""
        events = RunFolder(path).events
        time = _changed(path)
        curve = sample_curve(events) if is_file(events) else []
        self._readings[path] = Reading(time, size_of(path), curve)
        while len(self._readings) > _KEPT:
            self._readings.pop(next(iter(self._readings)))


def _changed(path: Path) -> float:
    return max(modified(path), modified(RunFolder(path).events))
