"""Marks of the cursor's cell on map, pooling and input."""

from emnist_tui.analysis.explain.cells import Cell
from emnist_tui.analysis.explain.field import destination, receptive_field
from emnist_tui.analysis.explain.sums import arithmetic
from emnist_tui.analysis.network.graph import INPUT
from emnist_tui.tui.widgets.network.subject import LayerMaps, Subject
from emnist_tui.tui.widgets.network.tile import NO_MARKS, Marks


def input_marks(subject: Subject) -> Marks:
    """Mark the pixels that the cell at the cursor sees."""
    cell = subject.cell
    if subject.is_on_input:
        return Marks(cell=subject.place)
    if cell is None or cell.node == INPUT or subject.is_on_answer:
        return NO_MARKS
    top, left, bottom, right = receptive_field(subject.passed, cell).box
    if (bottom - top) * (right - left) in (0, 28 * 28):
        return NO_MARKS
    return Marks(field=(range(top, bottom), range(left, right)))


def marks_on(subject: Subject, maps: LayerMaps, number: int, *, is_pooled: bool = False) -> Marks:
    """Mark the cell at the cursor on a map or its pooling.

    Or where it goes to, or what it is pooled from.
    """
    node, shown = subject.node, maps.pool if is_pooled else maps.node
    if node is None or shown is None or maps.index != subject.at or subject.is_on_answer:
        return NO_MARKS
    if number != subject.map and not maps.is_vector:
        return NO_MARKS
    if node is shown:
        return Marks(cell=subject.place)
    cell = subject.cell
    if cell is None or len(cell.index) != 3:
        return NO_MARKS
    if is_pooled:
        use = destination(subject.passed, cell)
        is_there = use is not None and use.node == shown.name and bool(use.cells)
        return Marks(cell=(use.cells[0].index[1], use.cells[0].index[2])) if use is not None and is_there else NO_MARKS
    if maps.pool is node:
        return _pooled_from(subject, cell)
    return Marks(cell=subject.place) if maps.shape == (subject.here.shape if subject.here else None) else NO_MARKS


def _pooled_from(subject: Subject, cell: Cell) -> Marks:
    """Mark the window of a pooling."""
    step = arithmetic(subject.passed, cell)
    places = step.terms[0].places.reshape(-1, 3)
    inside = places[(places >= 0).all(axis=1)]
    if not len(inside):
        return NO_MARKS
    (top, left), (bottom, right) = inside[:, 1:].min(axis=0), inside[:, 1:].max(axis=0)
    return Marks(field=(range(int(top), int(bottom) + 1), range(int(left), int(right) + 1)))
