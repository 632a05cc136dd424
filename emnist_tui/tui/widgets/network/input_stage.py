"""Stage of the input: the digit, and its occlusion."""

from textwrap import wrap

from textual.geometry import Region

from emnist_tui.analysis.explain.occlusion import SIZE
from emnist_tui.analysis.network.graph import INPUT
from emnist_tui.tui.widgets.network.brush import Brush
from emnist_tui.tui.widgets.network.levels import Scale
from emnist_tui.tui.widgets.network.marks import input_marks
from emnist_tui.tui.widgets.network.messages import CellChosen
from emnist_tui.tui.widgets.network.tile import Fit, fit

_SIDE = (28, 28)
_GAP = 3
_BESIDE = 24  # columns of facts beside the occlusion
_COVER = f"{SIZE}×{SIZE} paper"
"""Cover of the occlusion, around each pixel."""
_FACTS = 5  # rows of facts and legend beside the occlusion


def draw_input_stage(brush: Brush, area: Region) -> None:
    """Draw the digit, its occlusion, and the ink at the cursor."""
    subject = brush.subject
    columns = (area.width - _GAP) // 2
    size = fit(_SIDE, columns, area.height - 1, enlarge=4)
    if size is not None and area.width - 2 * size.columns - _GAP < _BESIDE:
        size = fit(_SIDE, columns, area.height - 2, enlarge=4)  # the legend is below the picture
    if size is None:
        return
    draw_input(brush, area.x, area.y, size)
    x = area.x + size.columns + _GAP
    facts = draw_occlusion(brush, Region(x, area.y, area.right - x, area.height), size)
    row, column = subject.place
    ink = int(subject.passed.image[row, column])
    if facts.x + 20 <= area.right and facts.height > 2:
        brush.text(facts.x, facts.y, f"pixel {row},{column}", "quiet")
        brush.text(facts.x, facts.y + 1, f"ink {ink} of 255", "text")
        draw_reasons(brush, Region(facts.x, facts.y + _FACTS, facts.width, max(0, facts.height - _FACTS)))


def draw_reasons(brush: Brush, area: Region) -> bool:
    """Write the sentences of the view that fit whole, wrapped.

    Returns whether all do.
    """
    y = area.y
    for reason, role in zip(brush.subject.view.reasons, ("text", "strong"), strict=False):
        lines = wrap(reason, max(1, area.width))
        if y + len(lines) > area.bottom or max(map(len, lines), default=0) > area.width:
            return False
        for line in lines:
            brush.text(area.x, y, line, role)
            y += 1
    return True


def draw_input(brush: Brush, x: int, y: int, size: Fit) -> None:
    """Draw the digit below its title, with the cursor's receptive field."""
    subject = brush.subject
    index = len(subject.layers)
    end = brush.text(x, y, "input", "title" if subject.is_on_input else "strong")
    brush.text(end + 1, y, "28×28", "quiet")
    brush.digit((x, y + 1), size, input_marks(subject))
    brush.layer_spot(Region(x, y, 11, 1), index)

    def hit(across: int, down: int) -> CellChosen:
        return CellChosen(index, 0, 2 * down * 28 // size.rows, across * 28 // size.columns)

    brush.canvas.spot(Region(x, y + 1, size.columns, size.height), hit)


def draw_occlusion(brush: Brush, area: Region, size: Fit) -> Region:
    """Draw on what the answer hangs; return the space beside its picture."""
    subject = brush.subject
    view = subject.view
    answer = view.answer
    if area.width < size.columns:
        return Region(area.x, area.y, 0, 0)
    if view.occlusion is None and not view.waiting and INPUT in subject.passed.gradients:
        title = "where ink changes A's loss" if view.other else "where ink changes the loss"
        _draw_titles(brush, area, title, "input gradient", size)
        picture, texts = subject.passed.gradients[INPUT][0], ("ink here raises the loss", "ink here lowers the loss")
        short = ("raises", "lowers the loss")
    else:
        _draw_titles(brush, area, f"{'A: ' if view.other else ''}what {answer} hangs on", "occlusion", size)
        if view.occlusion is None:
            text = view.waiting if len(view.waiting) <= area.width else ""
            brush.text(area.x, area.y + 2, text, "quiet")
            return Region(area.x, area.y + 4, 0, 0)
        # What the answer needs is blue: the margin falls where it is covered.
        picture, texts = -view.occlusion, (f"{answer} falls under {_COVER}", f"{answer} rises")
        short = (f"{answer} falls", "rises covered")
    scale = Scale(subject.memory.scale(texts, [picture]).top, is_signed=True)
    brush.picture((area.x, area.y + 1), texts[0][:4], picture, size, scale)
    left = area.x + size.columns + 2
    below = area.y + 1 + size.height
    if below + 2 <= area.bottom:
        draw_legend(brush, area.x, below, texts, area.right)
    elif left + 22 <= area.right:
        draw_legend(brush, left, area.y + 4, texts, area.right)
    elif below < area.bottom:
        draw_legend(brush, area.x, below, short, area.right, is_line=True)
    return Region(left, area.y + 1, max(0, area.right - left), area.height - 1)


def _draw_titles(brush: Brush, area: Region, title: str, method: str, size: Fit) -> None:
    end = brush.text(area.x, area.y, title, "strong")
    if area.x + size.columns >= end + 2 + len(method):
        brush.text(end + 2, area.y, method, "quiet")


def draw_legend(brush: Brush, x: int, y: int, texts: tuple[str, str], end: int, *, is_line: bool = False) -> None:
    """Tell the meaning of the two colors of a signed picture."""
    signs = ("■", "■") if brush.inks.has_tints else ("1-4", "a-d")
    for row, (sign, role, text) in enumerate(zip(signs, ("positive", "negative"), texts, strict=True)):
        if x + len(sign) + 1 + len(text) <= end:
            line = y if is_line else y + row
            brush.text(x, line, sign, role)
            after = brush.text(x + len(sign) + 1, line, text, "quiet")
            x = after + 2 if is_line else x
