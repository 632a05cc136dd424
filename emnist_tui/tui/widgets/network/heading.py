"""First line of the screen: the digit, its answer, and the names of the views."""

from textual.geometry import Region

from emnist_tui.text import formats
from emnist_tui.tui.widgets.network.brush import Brush
from emnist_tui.tui.widgets.network.messages import ViewChosen
from emnist_tui.tui.widgets.network.view import Shown


def draw_heading(brush: Brush, area: Region) -> None:
    """Draw the digit's facts on the left and the views on the right, as far as they fit."""
    view, inks = brush.subject.view, brush.inks
    passed = view.passed
    groups = [[(view.digit.name, inks["strong"])]]
    is_right = passed.true is None or passed.true == passed.predicted
    if passed.true is not None:
        groups.append([(f"true {passed.true}", inks["true"])])
    groups.append([(f"predicted as {passed.predicted}", inks["true" if is_right else "predicted"])])
    if passed.loss is not None:
        groups.append([(f"loss {formats.loss(passed.loss)}", inks["quiet"])])
    if view.digit.split:
        groups.append([(view.digit.split, inks["quiet"])])
    names = {shown: shown.value for shown in Shown}
    names[Shown.MOVED] = f"moved since {view.before_name}" if view.before_name else "moved"
    short = {**names, Shown.MOVED: "moved"}
    room = area.width - sum(len(text) for group in groups[:4] for text, _ in group) - 2 * len(groups[:4])
    for texts in (names, short):
        if _width(texts) <= room:
            break
    else:
        texts = {view.shown: names[view.shown]}
    end = area.right - (_width(texts) + 2 if _width(texts) <= room else 0)
    brush.line(area.x, area.y, groups, end)
    if _width(texts) <= room:
        _draw_views(brush, area.right - _width(texts), area.y, texts)


def _width(texts: dict[Shown, str]) -> int:
    return sum(len(text) for text in texts.values()) + 2 * (len(texts) - 1)


def _draw_views(brush: Brush, x: int, y: int, texts: dict[Shown, str]) -> None:
    for shown, text in texts.items():
        brush.canvas.spot(Region(x, y, len(text), 1), lambda _x, _y, name=shown.value: ViewChosen(name))  # type: ignore[misc]
        x = brush.text(x, y, text, "title" if shown is brush.subject.view.shown else "quiet") + 2
