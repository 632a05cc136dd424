"""Digits found on pages that show more: marks, frames, edges, shadows, lines; and pages that are refused."""

import numpy as np
import pytest

from emnist_tui.learning.data.synthetic.generator import draw_digits
from emnist_tui.learning.inference.preprocess import find_digit
from emnist_tui.runs.errors import EmnistTuiError
from tests.support import pages
from tests.support.pictures import Bytes

DIGITS, _ = draw_digits(5, seed=9)


def found_on(drawing: pages.Drawing, number: int) -> Bytes:
    page = drawing(DIGITS[number], np.random.default_rng(number))
    return find_digit(page.astype(np.float32))


@pytest.mark.parametrize("count", [2, pytest.param(len(DIGITS), marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", pages.DIGITS)
def test_the_digit_is_found_as_it_was_drawn(kind: str, count: int) -> None:
    off = [
        float(np.abs(found_on(pages.DIGITS[kind], number).astype(int) - DIGITS[number]).mean())
        for number in range(count)
    ]
    assert max(off) < 24, off
    assert np.mean(off) < 16, off


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (
            "a sheet at an angle",
            "shows a page at an angle; photograph it upright|too wide for one digit|separate",
        ),
        ("several digits in a row", r"shows \d separate digits or marks; crop it to one digit"),
        ("lines of text", r"shows \d+ separate digits or marks; crop it to one digit"),
        ("blank", "shows no digit: nothing stands out from the paper"),
    ],
)
@pytest.mark.parametrize("count", [2, pytest.param(len(DIGITS), marks=pytest.mark.slow)])
def test_other_pages_are_refused_by_name(kind: str, sentence: str, count: int) -> None:
    for number in range(count):
        with pytest.raises(EmnistTuiError, match=sentence):
            found_on(pages.OTHERS[kind], number)
