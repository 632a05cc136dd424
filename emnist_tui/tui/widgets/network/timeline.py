"""Strip of a recording's frames: right, wrong, and shown."""

from collections.abc import Sequence

from rich.segment import Segment
from textual.geometry import Region

from emnist_tui.text import formats
from emnist_tui.tui.widgets.network.brush import Brush
from emnist_tui.tui.widgets.network.messages import FrameChosen
from emnist_tui.tui.widgets.network.view import Timeline

_RIGHT, _WRONG, _UNKNOWN = "▄", "▁", "·"
_LEAST = 10  # columns of the strip


def draw_timeline(brush: Brush, area: Region) -> None:
    """Draw the strip, and the steps that matter after it."""
    timeline, true = brush.subject.view.timeline, brush.subject.passed.true
    if not timeline.steps:
        return
    texts = list(_texts(timeline, true))
    while texts and area.width - sum(len(text) + 2 for text, _ in texts) < _LEAST:
        texts.pop()
    width = area.width - sum(len(text) + 2 for text, _ in texts)
    if width < _LEAST:
        return
    count = len(timeline.steps)
    width = min(width, max(_LEAST if count > 1 else 1, count))
    position = count - 1 if timeline.position is None else timeline.position
    first = first_right(timeline.predicted, true)
    segments = []
    for column in range(width):
        frames = range(column * count // width, max(column * count // width + 1, (column + 1) * count // width))
        segments.append(_mark(brush, timeline, frames, position, first, true))
    brush.canvas.put(area.x, area.y, list(Segment.simplify(segments)))
    brush.canvas.spot(Region(area.x, area.y, width, 1), lambda x, _y: FrameChosen(min(count - 1, x * count // width)))
    brush.line(area.x + width + 2, area.y, [[(text, brush.inks[role])] for text, role in texts], area.right)


def first_right(predicted: Sequence[int], true: int | None) -> int | None:
    """Return the first frame in which the digit was predicted right.

    Right before the first wrong answer is a lucky start, unless it stays so.
    """
    wrong = next((frame for frame, digit in enumerate(predicted) if digit != true), 0)
    return next((frame for frame in range(wrong, len(predicted)) if predicted[frame] == true), None)


def last_turn(predicted: Sequence[int], true: int | None) -> int | None:
    """Return the frame since which the digit stays right, or wrong."""
    is_right = bool(predicted) and predicted[-1] == true
    others = (frame for frame in range(len(predicted) - 1, -1, -1) if (predicted[frame] == true) != is_right)
    last = next(others, None)
    return None if last is None else last + 1


def _mark(
    brush: Brush, timeline: Timeline, frames: range, position: int, first: int | None, true: int | None
) -> Segment:
    inks = brush.inks
    if position in frames:
        return Segment("◆", inks["mark"])
    if first is not None and first in frames:
        return Segment("▲", inks["positive"])
    known = [timeline.predicted[frame] for frame in frames if frame < len(timeline.predicted)]
    if not known or true is None:
        return Segment(_UNKNOWN, inks["quiet"])
    is_right = 2 * sum(digit == true for digit in known) > len(known)
    return Segment(_RIGHT if is_right else _WRONG, inks["positive" if is_right else "negative"])


def _texts(timeline: Timeline, true: int | None) -> list[tuple[str, str]]:
    """Return facts with their roles, the most important first."""
    steps = timeline.steps
    if timeline.position is None:
        newest = steps[-1] if timeline.newest is None else timeline.newest
        texts = [(f"step {formats.count(newest)}", "text")]
    else:
        shown = steps[min(max(0, timeline.position), len(steps) - 1)]
        texts = [(f"step {formats.count(shown)} of {formats.count(steps[-1])}", "text")]
    if timeline.playing:
        texts.append((f"▶ ×{formats.number(timeline.playing)}", "title"))
    first = first_right(timeline.predicted, true)
    if first is not None and true is not None:
        texts.append((f"▲ first right at {formats.count(steps[first])}", "positive"))
    since = last_turn(timeline.predicted, true) if len(timeline.predicted) == len(steps) else None
    if since is not None and since != first:
        is_right = timeline.predicted[-1] == true
        words = f"{'right' if is_right else 'wrong'} since {formats.count(steps[since])}"
        texts.append((words, "positive" if is_right else "negative"))
    return texts
