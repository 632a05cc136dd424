"""Figure of a confusion matrix."""

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.report.figures.svg import BLUE, FAINT, INK, ORANGE, Picture, blend
from emnist_tui.runs.task import CLASSES
from emnist_tui.text.formats import count, percent

_CELL = 58
_LEFT, _TOP = 74, 88
_SIDE = _CELL * CLASSES


def draw_confusion(evaluation: Evaluation) -> str:
    """Draw counts and shares of the true class as SVG.

    The color of errors is scaled by the largest share of an error; counts on the diagonal are bold.
    """
    picture = Picture(_LEFT + _SIDE + 90, _TOP + _SIDE + 72, f"Confusion matrix of {count(evaluation.images)} images")
    picture.text(_LEFT, 28, f"Confusion matrix on {evaluation.data}, {evaluation.split} split", 16, bold=True)
    picture.text(_LEFT, 48, "images and their share of the true class; rows are true, columns predicted", 12, FAINT)
    shares = evaluation.normalized_by_true()
    errors = [shares[t, p] for t in range(CLASSES) for p in range(CLASSES) if t != p]
    largest = float(max(errors)) or 1.0
    for true in range(CLASSES):
        for predicted in range(CLASSES):
            number, share = int(evaluation.confusion[true, predicted]), float(shares[true, predicted])
            if true == predicted:
                fill = blend(BLUE, 0.42 * share)
            else:
                fill = blend(ORANGE, 0.06 + 0.84 * share / largest) if number else "#ffffff"
            _draw_cell(picture, true, predicted, number, share, fill)
    _draw_frame(picture, evaluation)
    _draw_legend(picture, max(errors))
    return picture.render()


def _draw_cell(picture: Picture, true: int, predicted: int, number: int, share: float, fill: str) -> None:
    x, y = _LEFT + predicted * _CELL, _TOP + true * _CELL
    middle = x + _CELL / 2
    picture.rectangle(x + 1, y + 1, _CELL - 2, _CELL - 2, fill)
    if number:
        picture.text(middle, y + 28, count(number), 15, anchor="middle", bold=true == predicted)
        picture.text(middle, y + 45, percent(share, 1 if true == predicted else 2), 10.5, anchor="middle")
    else:
        picture.text(middle, y + 34, "·", 15, "#9aa5b1", anchor="middle")


def _draw_frame(picture: Picture, evaluation: Evaluation) -> None:
    rows, columns = evaluation.confusion.sum(axis=1), evaluation.confusion.sum(axis=0)
    for edge in range(CLASSES + 1):
        picture.line(_LEFT, _TOP + edge * _CELL, _LEFT + _SIDE, _TOP + edge * _CELL)
        picture.line(_LEFT + edge * _CELL, _TOP, _LEFT + edge * _CELL, _TOP + _SIDE)
    for digit in range(CLASSES):
        middle = (digit + 0.5) * _CELL
        picture.text(_LEFT - 18, _TOP + middle + 6, str(digit), 16, anchor="middle", bold=True)
        picture.text(_LEFT + middle, _TOP - 10, str(digit), 16, anchor="middle", bold=True)
        picture.text(_LEFT + _SIDE + 70, _TOP + middle + 4, count(rows[digit]), 12, FAINT, anchor="end")
        picture.text(_LEFT + middle, _TOP + _SIDE + 20, count(columns[digit]), 12, FAINT, anchor="middle")
    picture.text(_LEFT + _SIDE + 70, _TOP - 10, "total", 12, FAINT, anchor="end")
    picture.text(_LEFT - 10, _TOP + _SIDE + 20, "total", 12, FAINT, anchor="end")
    picture.text(_LEFT - 44, _TOP + _SIDE / 2, "true", 13, INK, anchor="middle", turned=True)
    picture.text(_LEFT - 2, _TOP - 11, "predicted", 11, FAINT, anchor="end")


def _draw_legend(picture: Picture, largest: float) -> None:
    y, width = _TOP + _SIDE + 42, 24
    for step in range(6):
        picture.rectangle(_LEFT + step * width, y, width, 14, blend(ORANGE, 0.06 + 0.84 * step / 5))
    picture.text(_LEFT + 6 * width + 10, y + 12, f"errors: up to {percent(largest, 2)} of a class", 12, FAINT)
    picture.rectangle(_LEFT + 400, y, width, 14, blend(BLUE, 0.42))
    picture.text(_LEFT + 400 + width + 10, y + 12, "correct", 12, FAINT)
