"""Marks of the cursor's cell on its map, its pooling and the input."""

from emnist_tui.analysis.explain.field import destination, receptive_field
from emnist_tui.analysis.network.graph import INPUT
from emnist_tui.tui.widgets.network.subject import LayerMaps, Subject
from emnist_tui.tui.widgets.network.tile import NO_MARKS, Marks


def input_marks(subject: Subject) -> Marks:
    """Mark the pixels that the cell at the cursor sees, or the pixel at the cursor."""
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
    """Mark the cell at the cursor, or the pooled cell that it goes to."""
    if maps.index != subject.at or subject.is_on_answer or (number != subject.map and not maps.is_vector):
        return NO_MARKS
    if not is_pooled:
        return Marks(cell=subject.place)
    cell = subject.cell
    use = destination(subject.passed, cell) if cell is not None else None
    if use is None or not use.cells or len(use.cells[0].index) != 3:
        return NO_MARKS
    return Marks(cell=(use.cells[0].index[1], use.cells[0].index[2]))
