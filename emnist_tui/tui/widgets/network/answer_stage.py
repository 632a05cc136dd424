"""Stage of the answer: sum of a class's logit."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from textual.geometry import Region

from emnist_tui.analysis.explain.cells import Cell
from emnist_tui.analysis.explain.closing import rounded_to_close
from emnist_tui.analysis.explain.sentences import describe_shares
from emnist_tui.analysis.explain.shares import shares
from emnist_tui.analysis.explain.sums import arithmetic
from emnist_tui.analysis.network.network import Array
from emnist_tui.runs.task import CLASSES
from emnist_tui.text import formats
from emnist_tui.tui.widgets.network.brush import Brush
from emnist_tui.tui.widgets.network.figures import signed
from emnist_tui.tui.widgets.network.levels import Scale
from emnist_tui.tui.widgets.network.messages import ClassChosen
from emnist_tui.tui.widgets.network.names import title_of
from emnist_tui.tui.widgets.network.subject import as_maps
from emnist_tui.tui.widgets.network.tile import Fit, fit

_LABELS = ("after pool", "× weight", "= product")
_LABEL = 11
_LARGEST = 16  # columns of the list of products
_GAP = 2
_DECIMALS = 2  # of the sums, which close


def draw_answer_stage(brush: Brush, area: Region) -> None:
    """Draw values, weights and products by map, and the largest products."""
    subject = brush.subject
    passed, chosen = subject.passed, subject.view.answer
    nodes = subject.layers[-1].nodes
    known = ((node, passed.values.get(node.name)) for node in nodes)
    classes = [node for node, value in known if value is not None and value.shape == (CLASSES,)]
    steps = (arithmetic(passed, Cell(node.name, (chosen,))) for node in reversed(classes))
    step = next((step for step in steps if step.operation == "linear"), None)
    count = 0 if step is None else step.terms[0].values.size
    _heading(brush, area, count, has_bias=step is not None and step.bias is not None)
    if step is None:
        brush.text(area.x, area.y + 2, f"{title_of(nodes[-1].operation)}: values without arithmetic", "quiet")
        return
    terms = step.terms[0]
    rows = 2 * max(1, (area.height - 3) // 3) - 1
    values, is_vector = as_maps(terms.values, rows)
    parts = (values, as_maps(terms.weights, rows)[0], as_maps(step.displayed().products[0], rows)[0])
    body = Region(area.x, area.y + 1, area.width - _LARGEST - 2, area.height - 2)
    sums = np.nansum(parts[2].reshape(len(parts[2]), -1), axis=1)
    closed = rounded_to_close([*sums, step.bias or 0.0], step.value, _DECIMALS).tolist()
    _draw_maps(brush, body, parts, closed[:-1], is_vector=is_vector, is_pooled=terms.places.shape[-1] == 3)
    _draw_largest(
        brush,
        Region(area.right - _LARGEST, area.y + 1, _LARGEST, area.height - 2),
        parts[2],
        None if step.bias is None else closed[-1],
        step.value,
        is_vector=is_vector,
    )
    answer, against = chosen, subject.view.against
    split = shares(passed, answer, against) if answer != against else None
    if split is not None:
        _sentence(brush, area.x, area.bottom - 1, describe_shares(split, "unit" if is_vector else "map"), area.width)


def _sentence(brush: Brush, x: int, y: int, sentence: str, width: int) -> None:
    for text in (sentence, sentence.split(", ")[0], sentence.split(":")[0]):
        if len(text) <= width:
            brush.text(x, y, text, "quiet")
            return


def _heading(brush: Brush, area: Region, count: int, *, has_bias: bool) -> None:
    subject = brush.subject
    x = brush.text(area.x, area.y, "answer", "strong") + 2
    for digit in range(CLASSES):
        brush.canvas.spot(Region(x, area.y, 3, 1), partial(_chosen, digit))
        x = brush.text(x, area.y, f" {digit} ", "chosen" if digit == subject.view.answer else "quiet")
    if count:
        text = f"{formats.count(count)} products{' + bias' if has_bias else ''}"
        brush.line(x + 2, area.y, [[(text, brush.inks["quiet"])]], area.right)


def _draw_maps(
    brush: Brush,
    area: Region,
    parts: tuple[Array, Array, Array],
    sums: Sequence[float],
    *,
    is_vector: bool,
    is_pooled: bool,
) -> None:
    """Draw three rows of pictures below the sums of the maps."""
    label = _LABEL if area.width >= 60 else 2
    shape = (parts[0].shape[1], parts[0].shape[2])
    # Where rows are missing, the values are only in the strip above.
    first = 1 if shape[0] > 2 * ((area.height - 1) // 3) else 0
    is_short = not is_vector and len(parts[0]) * 12 > area.width - label
    height = max(1, (area.height - 1) // (3 - first))
    size = _tile(shape, max(8, (area.width - label) // min(len(parts[0]), 4) - _GAP), height)
    pitch = max(size.columns + _GAP, 0 if is_vector else 9 if is_short else 12)
    fits = max(1, (area.width - label + _GAP) // pitch)
    order = list(range(len(sums)))
    if len(order) > fits:
        order = sorted(int(at) for at in np.argsort(-np.abs(sums), kind="stable")[:fits])
    scales = (
        brush.subject.memory.scale("answer values", [parts[0]]),
        Scale(brush.subject.memory.scale("answer weights", [parts[1]]).top, is_signed=True),
        Scale(brush.subject.memory.scale("answer products", [parts[2]]).top, is_signed=True),
    )
    for position, number in enumerate(order):
        x = area.x + label + position * pitch
        total = sums[number]
        end = x if is_vector else brush.text(x, area.y, str(number) if is_short else f"map {number}", "quiet")
        brush.canvas.text(end + (1 if end > x else 0), area.y, signed(total), brush.inks.sign(total))
        for row, (part, scale) in enumerate(zip(parts[first:], scales[first:], strict=True)):
            brush.picture((x, area.y + 1 + row * height), ("answer", row + first, number), part[number], size, scale)
    names = (_LABELS[0] if is_pooled and not is_vector else "values", *_LABELS[1:])
    for row, name in enumerate(names[first:]):
        text = name if label == _LABEL else name[0] if row + first else ""
        brush.text(area.x, area.y + 1 + row * height + (size.height - 1) // 2, text, "quiet")


def _tile(shape: tuple[int, int], columns: int, height: int) -> Fit:
    size = fit(shape, columns, height, enlarge=8) or Fit(1, 1)
    times = max(1, min(2, columns // max(1, size.columns)))
    return Fit(size.rows, size.columns * times) if size.rows == shape[0] else size


def _draw_largest(
    brush: Brush, area: Region, products: Array, bias: float | None, logit: float, *, is_vector: bool
) -> None:
    """List the largest products, then bias and logit at the bottom."""
    flat = np.nan_to_num(products, nan=0.0)
    count = max(0, area.height - 4)
    order = np.argsort(-np.abs(flat), axis=None, kind="stable")[:count]
    brush.text(area.x, area.y, "largest", "quiet")
    for row, at in enumerate(order.tolist()):
        number, line, column = (int(part) for part in np.unravel_index(at, products.shape))
        name = str(line * products.shape[2] + column) if is_vector else f"{number}:{line},{column}"
        value = float(flat[number, line, column])
        brush.text(area.x, area.y + 1 + row, name, "quiet")
        brush.canvas.right(area.right, area.y + 1 + row, signed(value, 3), brush.inks.sign(value))
    if bias is not None:
        brush.text(area.x, area.bottom - 2, "bias", "quiet")
        brush.right(area.right, area.bottom - 2, signed(bias, _DECIMALS))
    brush.text(area.x, area.bottom - 1, "logit", "strong")
    brush.right(area.right, area.bottom - 1, signed(logit, _DECIMALS), "strong")


def _chosen(digit: int, _x: int, _y: int) -> ClassChosen:
    return ClassChosen(digit)
