"""Values of hostile JSON files."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from emnist_tui.runs.json_values import number, optional, seconds, share, text, whole

HOSTILE = [None, True, "1", [], {}, float("nan"), float("inf"), -1, 10**400, json.loads("1e999")]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("check", [lambda value: whole(value, 0, 9), lambda value: number(value, 0, 9), share, seconds])
def test_what_is_no_number_in_its_range_is_refused(check: Callable[[object], Any], value: object) -> None:
    with pytest.raises(ValueError, match="not a"):
        check(value)


def test_numbers_in_their_range_are_kept() -> None:
    assert (whole(9, 0, 9), number(1, 0, 9), share(0.5), seconds(1.7e9)) == (9, 1.0, 0.5, 1.7e9)
    assert optional(share, None) is None
    assert optional(share, 1) == 1.0


def test_texts_are_cut() -> None:
    assert text("abc", 2) == "ab"
    with pytest.raises(ValueError, match="not a text"):
        text(3, 2)
