"""Framed arithmetic of the cell at the cursor, in a few lines."""

import numpy as np
from rich.segment import Segment
from textual.geometry import Region

from emnist_tui.analysis.explain.arithmetic import Arithmetic
from emnist_tui.text import formats
from emnist_tui.tui.widgets.network.brush import Brush, Part
from emnist_tui.tui.widgets.network.cell_stage import draw_details
from emnist_tui.tui.widgets.network.figures import plain, signed
from emnist_tui.tui.widgets.network.story import Story, story_of
from emnist_tui.tui.widgets.network.subject import Subject
from emnist_tui.tui.widgets.network.view import Shown

_TERM = 13  # columns of a product
_ROOMY = 11


def draw_box(brush: Brush, area: Region, *, has_legend: bool = False, foot: str = "") -> None:
    """Draw the arithmetic in a frame that names the cell.

    The scale of the maps is in the frame if it is wanted there, and a sentence, `foot`, if it fits below.
    """
    subject = brush.subject
    if subject.cell is None or area.height < 4:
        return
    maps = subject.here
    legend: list[Segment] = []
    if has_legend and maps is not None:
        shows_weights = subject.view.shown is Shown.WEIGHTS
        legend = brush.legend_parts(subject.kernel_scale(subject.at) if shows_weights else maps.scale)
    _draw_frame(brush, area, title_of_cell(subject), legend, foot)
    story = story_of(subject, subject.cell)
    inner = Region(area.x + 2, area.y + 1, area.width - 4, area.height - 2)
    if inner.height >= _ROOMY - 2:
        draw_details(brush, inner, story)
        return
    y = inner.y
    if story.sentence:
        brush.line(inner.x, y, [[(story.sentence, brush.inks["quiet"])]], inner.right)
        return
    rest = None
    if story.sum is not None:
        rest = _draw_products(brush, Region(inner.x, y, inner.width, 2), story.sum)
        y += 2
    parts = _sum_line(brush, story, rest)
    is_long = sum(len(text) for part in parts for text, _ in part) + 3 * (len(parts) - 1) > inner.width
    if is_long and y + 1 < inner.bottom:
        # What follows the sum matters more than the facts.
        brush.line(inner.x, y, parts[:2], inner.right, gap=3)
        brush.line(inner.x, y + 1, parts[2:], inner.right, gap=3)
        return
    brush.line(inner.x, y, parts, inner.right, gap=3)
    if y + 1 < inner.bottom:
        brush.line(inner.x, y + 1, _facts_line(brush, story), inner.right, gap=3)


def title_of_cell(subject: Subject) -> str:
    """Name the cell at the cursor: `conv 1 · map 0`."""
    if subject.is_on_input:
        return f"input · pixel {subject.place[0]},{subject.place[1]}"
    maps = subject.here
    title = f"{subject.title(subject.at)} {subject.operation_here}".rstrip()
    if maps is None or maps.is_vector:
        return f"{title} · {'class' if subject.is_on_answer else 'unit'} {subject.map}"
    return f"{title} · map {subject.map} · cell {subject.place[0]},{subject.place[1]}"


def _draw_frame(brush: Brush, area: Region, title: str, legend: list[Segment], foot: str) -> None:
    width = area.width - 2
    head = f"─ {title} " if len(title) + 3 <= width else ""
    taken = sum(len(part.text) for part in legend) + 3
    if legend and len(head) + taken <= width:
        brush.text(area.x, area.y, f"╭{head}{'─' * (width - len(head) - taken)} ", "frame")
        brush.canvas.put(area.right - 1 - taken + 1, area.y, legend)
        brush.text(area.right - 3, area.y, " ─╮", "frame")
    else:
        brush.text(area.x, area.y, f"╭{head}{'─' * (width - len(head))}╮", "frame")
    for y in range(area.y + 1, area.bottom - 1):
        brush.text(area.x, y, "│", "frame")
        brush.text(area.right - 1, y, "│", "frame")
    below = f" {foot} " if foot and len(foot) + 4 <= width else ""
    end = brush.text(area.x, area.bottom - 1, "╰─", "frame")
    end = brush.text(end, area.bottom - 1, below, "strong")
    brush.text(end, area.bottom - 1, f"{'─' * (width - 1 - len(below))}╯", "frame")


def _draw_products(brush: Brush, area: Region, step: Arithmetic) -> tuple[int, float]:
    """Draw the largest products; return how many others and their sum."""
    values = np.concatenate([terms.values.ravel() for terms in step.terms])
    weights = np.concatenate([np.broadcast_to(terms.weights, terms.values.shape).ravel() for terms in step.terms])
    products = np.concatenate([part.ravel() for part in step.displayed().products])
    order = np.argsort(-np.abs(products), kind="stable")
    shown = order[: max(1, area.width // _TERM)]
    for place, flat in enumerate(shown.tolist()):
        end = area.x + (place + 1) * _TERM - 2
        brush.right(end, area.y, f"{plain(float(values[flat]))}×{signed(float(weights[flat]))}", "quiet")
        product = float(products[flat])
        brush.canvas.right(end, area.y + 1, signed(product, 4), brush.inks.sign(product))
    rest = order[len(shown) :]
    return len(rest), float(products[rest].sum())


def _sum_line(brush: Brush, story: Story, rest: tuple[int, float] | None) -> list[list[Part]]:
    quiet, inks = brush.inks["quiet"], brush.inks
    parts: list[list[Part]] = []
    if rest and rest[0]:
        parts.append([(f"{formats.count(rest[0])} more ", quiet), (signed(rest[1], 4), inks["text"])])
    for fact in story.sums:
        words = fact.label.split(" ", 1)
        value = (fact.value.strip(), inks[fact.role])
        if words[0] == "after" and parts:
            parts[-1] += [(f" → {words[1]} ", quiet), value]
        elif words[0] == "before":
            parts.append([("sum ", quiet), value])
        elif words[-1] == "+" and parts:
            parts[-1].append((f" {value[0]}", value[1]))
        elif fact.label.startswith("sum of") and story.is_normed:
            parts.append([("sum ", quiet), value])
        elif not fact.label.startswith("sum of"):
            parts.append([(f"{fact.label} ", quiet), value])
    return parts


def _facts_line(brush: Brush, story: Story) -> list[list[Part]]:
    return [[(f"{fact.label} ", brush.inks["quiet"]), (fact.value, brush.inks[fact.role])] for fact in story.facts]
