"""Loss and accuracy of a run at a few steps, read at once however long the run is."""

from dataclasses import dataclass
from pathlib import Path
from typing import IO

from emnist_tui.runs.events import Batches, parse_event

_POINTS = 96
_CHUNK = 4096  # bytes read for one point
_LONGEST_LINE = 1 << 18  # bytes; a longer line is skipped


@dataclass(frozen=True)
class Point:
    """Means of some neighboring batches."""

    step: int
    loss: float
    accuracy: float


def sample_curve(events: Path, points: int = _POINTS) -> list[Point]:
    """Read at most `points` points, evenly spaced in the file, by increasing step.

    Batches that a resumed run trained again replace the earlier ones. A missing file has no points. The caller checks
    that the path is a regular file.
    """
    found: list[Point] = []
    try:
        with events.open("rb") as file:
            size = file.seek(0, 2)
            for start in sorted({size * number // points // _CHUNK * _CHUNK for number in range(points)}):
                point = _read_point(file, start)
                if point is None:
                    continue
                while found and found[-1].step >= point.step:
                    found.pop()
                found.append(point)
    except OSError:
        pass
    return found


def _read_point(file: IO[bytes], start: int) -> Point | None:
    """Average the batches in the complete lines from about `start`. Raises `OSError`."""
    file.seek(start)
    if start:
        file.readline(_LONGEST_LINE)  # the rest of a line
    left = start + _CHUNK - file.tell()
    losses: list[float] = []
    accuracies: list[float] = []
    step = 0
    while left > 0 or not losses:
        line = file.readline(_LONGEST_LINE)
        if not line or left < -_LONGEST_LINE:
            break
        left -= len(line)
        event = parse_event(line)
        if isinstance(event, Batches):
            losses += event.loss
            accuracies += event.accuracy
            step = event.step
    if not losses or not accuracies:
        return None
    return Point(step, sum(losses) / len(losses), sum(accuracies) / len(accuracies))
