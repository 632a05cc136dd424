"""Answer of the network: logits and probabilities of the classes."""

import numpy as np
from textual.geometry import Region

from emnist_tui.analysis.network.network import Array, Pass
from emnist_tui.runs.task import CLASSES
from emnist_tui.text.bars import bar
from emnist_tui.text.formats import UNKNOWN
from emnist_tui.tui.widgets.network.brush import Brush
from emnist_tui.tui.widgets.network.figures import signed
from emnist_tui.tui.widgets.network.messages import ClassChosen
from emnist_tui.tui.widgets.network.view import Shown

SHORT_WIDTH = 15
WIDTH = 18
_LONG_WIDTH = 28


def draw_short_answer(brush: Brush, area: Region, passed: Pass) -> None:
    """Draw the probabilities in two columns below a title."""
    subject = brush.subject
    index = len(subject.layers) - 1
    if subject.view.other is not None:
        _draw_both(brush, area, passed, subject.view.other)
        return
    brush.text(area.x, area.y, "answer, %", "title" if subject.is_on_answer else "quiet")
    brush.layer_spot(Region(area.x, area.y, 9, 1), index)
    for digit in range(CLASSES):
        x, y = area.x + 9 * (digit // 5), area.y + 1 + digit % 5
        role = role_of(passed, digit)
        brush.text(x, y, str(digit), role)
        brush.right(x + 6, y, _percent(passed, digit), role)
        _spot(brush, Region(x, y, 6, 1), digit)


def _draw_both(brush: Brush, area: Region, first: Pass, second: Pass) -> None:
    """Draw the most probable classes of two networks."""
    brush.text(area.x, area.y, "%", "quiet")
    brush.right(area.x + 8, area.y, "A", "quiet")
    brush.right(area.right, area.y, "B", "quiet")
    largest = np.maximum(first.probabilities, second.probabilities)
    shown = sorted(np.argsort(-largest, kind="stable")[: area.height - 1].tolist())
    for row, digit in enumerate(shown):
        y = area.y + 1 + row
        brush.text(area.x, y, str(digit), "true" if digit == first.true else "text")
        brush.right(area.x + 8, y, _percent(first, digit), role_of(first, digit))
        brush.right(area.right, y, _percent(second, digit), role_of(second, digit))
        _spot(brush, Region(area.x, y, area.width, 1), digit)


def draw_answer(brush: Brush, area: Region) -> int:
    """Draw each class with its logit and probability; return the next row.

    With two networks the probabilities of both; in the view of weights the biases instead of the logits.
    """
    subject, other = brush.subject, brush.subject.view.other
    passed, biases = subject.passed, _biases(brush)
    end = area.x + min(area.width, _LONG_WIDTH)
    brush.text(area.x, area.y, "answer", "title" if subject.is_on_answer else "strong")
    brush.right(end, area.y, "A %   B %" if other else f"{'logit' if biases is None else 'bias':>5}     %", "quiet")
    brush.layer_spot(Region(area.x, area.y, area.width, 1), len(subject.layers) - 1)
    for digit in range(CLASSES):
        y, role = area.y + 1 + digit, role_of(passed, digit)
        brush.text(area.x, y, str(digit), role)
        width = end - area.x - 2 - 13
        if width > 1:
            brush.text(area.x + 2, y, bar(float(passed.probabilities[digit]), width), role)
        number = float((passed.logits if biases is None else biases)[digit])
        first = _percent(passed, digit) if other else signed(number)
        brush.right(end - 6, y, first, role)
        brush.right(end, y, _percent(other or passed, digit), role_of(other, digit) if other else role)
        _spot(brush, Region(area.x, y, area.width, 1), digit)
    return area.y + 1 + CLASSES


def _biases(brush: Brush) -> Array | None:
    """Return the biases of the classes in the view of weights."""
    subject = brush.subject
    weighted = subject.weighted(len(subject.layers) - 1)
    if subject.view.shown is not Shown.WEIGHTS or weighted is None or "bias" not in weighted.weights:
        return None
    biases = subject.weights(weighted.weights["bias"])
    return biases if biases is not None and biases.shape == (CLASSES,) else None


def role_of(passed: Pass, digit: int) -> str:
    """Return the role of a class: true, predicted or none."""
    if digit == passed.true:
        return "true"
    if digit == passed.predicted:
        return "true" if passed.true is None else "predicted"
    return "text"


def _percent(passed: Pass, digit: int) -> str:
    share = float(passed.probabilities[digit])
    if share != share:
        return UNKNOWN
    return "100" if share >= 0.9995 else f"{share * 100:.1f}"


def _spot(brush: Brush, area: Region, digit: int) -> None:
    brush.canvas.spot(area, lambda _x, _y: ClassChosen(digit))
