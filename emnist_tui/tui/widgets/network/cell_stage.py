"""Stage of a layer: a large map, and a cell's arithmetic."""

from collections.abc import Sequence

from textual.geometry import Region

from emnist_tui.text import formats
from emnist_tui.tui.widgets.network.brush import Brush
from emnist_tui.tui.widgets.network.compare import draw_pair, draw_pair_answers
from emnist_tui.tui.widgets.network.filters import draw_filter
from emnist_tui.tui.widgets.network.levels import Scale
from emnist_tui.tui.widgets.network.marks import marks_on
from emnist_tui.tui.widgets.network.story import Fact, Story, story_of
from emnist_tui.tui.widgets.network.subject import LayerMaps
from emnist_tui.tui.widgets.network.terms import draw_terms
from emnist_tui.tui.widgets.network.tile import fit
from emnist_tui.tui.widgets.network.view import Shown, ordered_maps

_LEAST_DETAILS = 30
_WIDE = 70  # columns of a stage
_LABEL = 14  # columns
_FIGURE = 9
_SECOND = 25  # columns from the first facts to the second


def draw_cell_stage(brush: Brush, area: Region, *, reserved: int = 0) -> None:
    """Draw a heading, the map at the cursor, and its cell.

    `reserved` rows at the lower right stay free.
    """
    subject = brush.subject
    maps = subject.here
    if maps is None:
        _heading(brush, area, None)
        brush.text(area.x, area.y + 2, _unknown_text(subject.view.shown), "quiet")
        return
    room = max(area.width - _LEAST_DETAILS - 2, area.width // 3)
    if area.width >= _WIDE:
        room = max(24, area.width - 54)
    # Where a row is missing for the heading, it is beside the map.
    is_beside = area.width >= _WIDE and 2 * (area.height - 1) < maps.shape[0] <= 2 * area.height
    top = area.y + (0 if is_beside else 1)
    size = fit(maps.shape, room, area.bottom - top, enlarge=4)
    if size is None:
        return
    number = 0 if maps.is_vector else subject.map
    left = area.x + size.columns + 2
    if subject.view.other is not None:
        _heading(brush, area, maps)
        pair = Region(area.x, area.y + 1, area.width, area.height - 1 - reserved)
        after = draw_pair(brush, pair)
        after += pair.bottom - after > 2
        draw_pair_answers(brush, Region(area.x, after, area.width, pair.bottom - after))
        return
    figures = Region(area.x, top, max(size.columns, 24), area.bottom - top - 1)
    if not (subject.view.shown is Shown.WEIGHTS and draw_filter(brush, figures, subject.at, number)):
        brush.map((area.x, top), maps, number, size, marks=marks_on(subject, maps, number))
    has_legend = top + size.height < area.bottom
    shows_weights = subject.view.shown is Shown.WEIGHTS
    scale = subject.kernel_scale(subject.at) if shows_weights else maps.scale
    if has_legend:
        brush.legend(
            area.x, area.bottom - 1 if shows_weights else top + size.height, scale, area.x + max(size.columns, 24)
        )
    left = max(left, area.x + 26)
    details = Region(left, area.y + is_beside, area.right - left, area.height - reserved - is_beside)
    if is_beside:
        _heading(brush, Region(left, area.y, area.right - left, 1), maps)
    else:
        _heading(brush, Region(area.x, area.y, max(left - area.x - 1, 0), 1), maps)
    if subject.cell is not None:
        draw_details(brush, details, story_of(subject, subject.cell), None if has_legend else scale)


def _unknown_text(shown: Shown) -> str:
    return {
        Shown.GRADIENTS: "no gradients without a true class",
        Shown.MOVED: "nothing to compare with yet: no epoch has ended",
    }.get(shown, "no values")


def _heading(brush: Brush, area: Region, maps: LayerMaps | None) -> None:
    """Write the layer's title, its maps' numbers, and the place."""
    subject = brush.subject
    x = brush.text(area.x, area.y, subject.operation_here or subject.title(subject.at), "strong") + 1
    if maps is None:
        return
    place = f"unit {subject.map}" if maps.is_vector else f"cell {subject.place[0]},{subject.place[1]}"
    order = ordered_maps(subject.view, subject.at)
    room = area.right - x - len(place) - 2
    if not maps.is_vector and order:
        x = _map_numbers(brush, x, area.y, order, room)
    brush.line(x, area.y, [[(place, brush.inks["quiet"])]], area.right)


def _map_numbers(brush: Brush, x: int, y: int, order: list[int], room: int) -> int:
    """Draw the maps' numbers, the chosen one marked, or only that one."""
    subject = brush.subject
    widest = len(str(max(order))) + 1
    if widest * len(order) > room:
        whole, short = f" map {subject.map} of {formats.count(len(order))}", f" {subject.map}/{len(order)}"
        return brush.text(x, y, whole if len(whole) <= room else short, "text") + 2
    for number in order:
        brush.map_spot(Region(x, y, widest, 1), subject.at, number)
        x = brush.text(x, y, str(number).rjust(widest), "chosen" if number == subject.map else "quiet")
    return x + 2


def draw_details(brush: Brush, area: Region, story: Story, scale: Scale | None = None) -> None:
    """Draw the products of a cell, the sums below them, and facts.

    With `scale`, the map's legend is between them.
    """
    used = 0
    lines = max(len(story.sums), 1)
    if story.sentence:
        brush.text(area.x, area.y, story.sentence if len(story.sentence) <= area.width else "no arithmetic", "quiet")
        used = 1
    elif story.sum is not None:
        used = draw_terms(brush, Region(area.x, area.y, area.width, max(0, area.height - lines)), story.sum)
    free = area.height - used
    gap = 1 if free > lines else 0
    if scale is not None and gap and story.sum is not None:
        name = "weights" if brush.subject.view.shown is Shown.WEIGHTS else "map"
        brush.legend(brush.text(area.x, area.y + used, name, "quiet") + 1, area.y + used, scale, area.right)
    below = Region(area.x, area.y + used + gap, area.width, free - gap)
    _draw_facts(brush, below, story)


def _draw_facts(brush: Brush, area: Region, story: Story) -> None:
    """Draw the sums, and facts to their right or below."""
    _draw_column(brush, area, story.sums)
    if area.width >= _SECOND + 22:
        _draw_column(brush, Region(area.x + _SECOND, area.y, area.width - _SECOND, area.height), story.facts)
        return
    top = area.y + len(story.sums) + (len(story.sums) + 1 + len(story.facts) <= area.height)
    _draw_column(brush, Region(area.x, top, area.width, max(0, area.bottom - top)), story.facts)


def _draw_column(brush: Brush, area: Region, facts: Sequence[Fact]) -> None:
    """Draw facts below each other, their values flush right."""
    shown = [fact for fact in facts if len(fact.label) + 1 + len(fact.value) <= area.width][: area.height]
    width = max([_LABEL + _FIGURE, *(len(fact.label) + 1 + len(fact.value) for fact in shown)])
    for row, fact in enumerate(shown):
        brush.text(area.x, area.y + row, fact.label, "quiet")
        brush.right(area.x + min(width, area.width), area.y + row, fact.value, fact.role)
