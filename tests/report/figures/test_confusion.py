"""Figure of a confusion matrix: counts and colors."""

import pytest

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.report.figures.confusion import draw_confusion
from emnist_tui.report.figures.svg import ORANGE, blend
from tests.support.scripted_runs import evaluation
from tests.support.svg import elements, texts


@pytest.fixture(scope="module")
def evaluated() -> Evaluation:
    return evaluation()


def test_every_count_and_total_is_in_the_figure(evaluated: Evaluation) -> None:
    confusion = evaluated.confusion
    cells = [text for text in texts(draw_confusion(evaluated)) if text.isdigit() or text == "·"]
    headings = [str(digit) for digit in range(10)]
    expected = [str(number) if number else "·" for number in confusion.ravel().tolist()]
    totals = [str(n) for n in [*confusion.sum(axis=0), *confusion.sum(axis=1)]]
    assert sorted(cells) == sorted([*expected, *headings, *headings, *totals])


def test_the_largest_share_of_errors_has_the_deepest_color(evaluated: Evaluation) -> None:
    background, *rectangles = (element.get("fill") or "" for element in elements(draw_confusion(evaluated), "rect"))
    colors = rectangles[:100]  # of the cells, row by row
    shares = evaluated.normalized_by_true()
    errors = [(t, p) for t in range(10) for p in range(10) if t != p]

    def green(cell: tuple[int, int]) -> int:
        return int(colors[10 * cell[0] + cell[1]][3:5], 16)

    worst = max(errors, key=lambda cell: shares[cell])
    assert green(worst) == min(green(cell) for cell in errors)
    assert colors[10 * worst[0] + worst[1]] == blend(ORANGE, 0.9)
    assert all(colors[10 * t + p] == background for t, p in errors if not shares[t, p])
    assert not {colors[11 * digit] for digit in range(10)} & {colors[10 * t + p] for t, p in errors}
