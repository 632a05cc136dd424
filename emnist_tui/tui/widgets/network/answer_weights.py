"""Weights of the answer: a picture for each class and map."""

import numpy as np
from textual.geometry import Region

from emnist_tui.analysis.explain.shares import shares
from emnist_tui.runs.task import CLASSES
from emnist_tui.tui.widgets.network.answer_table import role_of
from emnist_tui.tui.widgets.network.brush import Brush
from emnist_tui.tui.widgets.network.levels import Scale
from emnist_tui.tui.widgets.network.tile import Fit
from emnist_tui.tui.widgets.network.view import Shown

_LABEL = 2  # columns of a class
_TITLES = {
    Shown.WEIGHTS: "weights of the answer", Shown.GRADIENTS: "their gradients", Shown.MOVED: "their movement",
}  # fmt: skip


def draw_answer_weights(brush: Brush, area: Region) -> int | None:
    """Draw the last layer's weights; return the next row.

    In the views of gradients and movement it is those. None if they do not fit, or the view shows values.
    """
    subject = brush.subject
    weighted = subject.weighted(len(subject.layers) - 1) if subject.layers else None
    split = shares(subject.passed, 0, 1)
    if subject.view.shown not in _TITLES or weighted is None or split is None or split.values.ndim != 3:
        return None
    weights = subject.weights(weighted.weights["weight"])
    maps, rows, columns = (int(size) for size in split.values.shape)
    pitch = rows // 2 + 1
    fits = _LABEL + maps * (columns + 1) - 1 <= area.width and 1 + CLASSES * pitch + 1 <= area.height
    if weights is None or not fits or weights.shape != (CLASSES, split.values.size):
        return None
    brush.text(area.x, area.y, _TITLES[subject.view.shown], "strong")
    scale = Scale(
        subject.memory.scale(("answer weights", subject.view.shown), [np.asarray(weights)]).top, is_signed=True
    )
    for digit in range(CLASSES):
        y = area.y + 1 + digit * pitch
        brush.text(area.x, y, str(digit), role_of(subject.passed, digit))
        for number, picture in enumerate(np.asarray(weights[digit], np.float64).reshape(split.values.shape)):
            x = area.x + _LABEL + number * (columns + 1)
            brush.picture((x, y), ("answer weights", digit, number), picture, Fit(rows, columns), scale)
    y = area.y + 1 + CLASSES * pitch
    brush.legend(area.x + _LABEL, y, scale, area.right)
    return y + 1
