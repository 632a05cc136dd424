"""Loss and accuracy of a run at a few of its steps."""

from dataclasses import dataclass
from pathlib import Path
from typing import IO

from emnist_tui.runs.event_parser import parse_event
from emnist_tui.runs.events import Batches

_POINTS = 64
_CHUNK = 2048  # bytes read for one point of a long run
_LEAST_CHUNK = 256
_LONGEST_LINE = 1 << 18  # bytes; a longer line is skipped


@dataclass(frozen=True)
class Point:
    """Means of some neighboring batches."""

    step: int
    loss: float
    accuracy: float


def sample_curve(events: Path, points: int = _POINTS) -> list[Point]:
    """Read at most `points` points by increasing step, quickly for any run.

    They are evenly spaced in the file. Batches that a resumed run trained again replace the earlier ones. A missing
    file has no points. The caller checks that the path is a regular file.
    """
    found: list[Point] = []
    try:
        with events.open("rb") as file:
            size = file.seek(0, 2)
            chunk = min(_CHUNK, max(_LEAST_CHUNK, -(-size // points)))
            starts = {size * number // points // chunk * chunk for number in range(points - 1)}
            for start in sorted({*starts, max(0, size - chunk)}):
                point = _read_point(file, start, chunk)
                if point is None:
                    continue
                while found and found[-1].step >= point.step:
                    found.pop()
                found.append(point)
    except OSError:
        pass
    return found


def _read_point(file: IO[bytes], start: int, chunk: int) -> Point | None:
    """Average the batches in a chunk's lines, or the next ones.

    Raises `OSError`.
    """
    file.seek(start)
    if start:
        file.readline(_LONGEST_LINE)  # the rest of a line
    left = start + chunk - file.tell()
    losses: list[float] = []
    accuracies: list[float] = []
    step = 0
    while left > 0 or (not losses and left > -_LONGEST_LINE):
        line = file.readline(_LONGEST_LINE)
        if not line:
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
