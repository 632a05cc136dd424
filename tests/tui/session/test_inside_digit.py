"""Digits of the Inside screen: which is the first, and what users type."""

from pathlib import Path

import numpy as np
import pytest

from emnist_tui.runs.errors import UsageError
from emnist_tui.tui.session.inside_digit import DigitPlace, digit_of, first_digit, parse_digit, shipped_digit
from emnist_tui.tui.session.run_session import RunSession
from tests.support.scripted_runs import evaluation, write_run


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("18", DigitPlace("validation", 18)),
        (" #1,234 ", DigitPlace("validation", 1234)),
        ("train 5", DigitPlace("train", 5)),
        ("TEST  0", DigitPlace("test", 0)),
        ("", None),
        ("   ", None),
        ("a/b.png", Path("a/b.png")),
        ("'my two.png'", Path("my two.png")),
        ("1" * 12, Path("1" * 12)),
        ("train five", Path("train five")),
    ],
)
def test_what_users_type(text: str, found: object) -> None:
    assert parse_digit(text, "validation") == found


def test_a_path_that_cannot_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="null character"):
        parse_digit("a\0b")


def test_a_mistake_keeps_its_place_and_class() -> None:
    mistake = evaluation().mistakes()[0]
    digit = digit_of(mistake, "validation")
    assert (digit.label.name, digit.label.split) == (f"#{mistake.index}", "validation")
    assert digit.true == mistake.true
    assert digit.image is mistake.image


def test_the_first_digit_is_the_one_looked_at_last_else_the_worst(tmp_path: Path) -> None:
    opened = RunSession(write_run(tmp_path))
    found = opened.evaluation
    assert found
    worst = first_digit(opened)
    assert worst
    assert worst.label.name == f"#{found.mistakes()[0].index}"
    opened.review.looked_at = (found.mistakes()[3], found.split)
    chosen = first_digit(opened)
    assert chosen
    assert chosen.label.name == f"#{found.mistakes()[3].index}"


def test_there_is_no_first_digit_without_an_evaluation(tmp_path: Path) -> None:
    assert first_digit(None) is None
    assert first_digit(RunSession(write_run(tmp_path, epochs=0, ended=False))) is None


def test_the_shipped_digit_is_a_two_with_paper_around_it() -> None:
    digit = shipped_digit()
    assert digit.image.shape == (28, 28)
    assert digit.image.dtype == np.uint8
    assert digit.true == 2
    assert digit.image.max() == 255
    assert not digit.image[0].any()
    assert 0.1 < (digit.image > 100).mean() < 0.4
