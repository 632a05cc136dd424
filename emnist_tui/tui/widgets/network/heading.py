"""First line: the digit, its answer, and the views."""

from functools import partial

from textual.geometry import Region

from emnist_tui.text import formats
from emnist_tui.tui.widgets.network.answer_table import role_of
from emnist_tui.tui.widgets.network.brush import Brush
from emnist_tui.tui.widgets.network.messages import ViewChosen
from emnist_tui.tui.widgets.network.view import Shown


def draw_heading(brush: Brush, area: Region) -> None:
    """Draw the digit's facts and the views as far as they fit."""
    view, inks = brush.subject.view, brush.inks
    passed = view.passed
    name = formats.shortened(formats.printable(view.digit.name), max(8, area.width // 4))
    groups = [[(name, inks["strong"])]]
    is_right = passed.true is None or passed.true == passed.predicted
    if passed.true is not None:
        groups.append([(f"true {passed.true}", inks["true"])])
    if view.other is None:
        groups.append([(f"predicted as {passed.predicted}", inks["true" if is_right else "predicted"])])
    else:
        both = zip(("A predicted as", "B as"), (passed, view.other), strict=True)
        groups += [[(f"{words} {each.predicted}", inks[role_of(each, each.predicted)])] for words, each in both]
    needed = len(groups)
    if passed.loss is not None:
        groups.append([(f"loss {formats.loss(passed.loss)}", inks["quiet"])])
    if view.digit.split:
        groups.append([(f"{view.digit.split} split", inks["quiet"])])
    names = {shown: shown.value for shown in Shown}
    names[Shown.MOVED] = f"moved since {view.before_name}" if view.before_name else "moved"
    short = {**names, Shown.MOVED: "moved"}
    current = {view.shown: names[view.shown]}
    for parts, texts in ((len(groups), names), (len(groups), short), (needed, short), (needed, current)):
        room = area.width - sum(len(text) for group in groups[:parts] for text, _ in group) - 2 * parts
        if _width(texts) <= room:
            break
    end = area.right - (_width(texts) + 2 if _width(texts) <= room else 0)
    brush.line(area.x, area.y, groups, end)
    if _width(texts) <= room:
        _draw_views(brush, area.right - _width(texts), area.y, texts)


def _width(texts: dict[Shown, str]) -> int:
    return sum(len(text) for text in texts.values()) + 2 * (len(texts) - 1)


def _draw_views(brush: Brush, x: int, y: int, texts: dict[Shown, str]) -> None:
    for shown, text in texts.items():
        brush.canvas.spot(Region(x, y, len(text), 1), partial(_chosen, shown))
        x = brush.text(x, y, text, "title" if shown is brush.subject.view.shown else "quiet") + 2


def _chosen(shown: Shown, _x: int, _y: int) -> ViewChosen:
    return ViewChosen(shown)
