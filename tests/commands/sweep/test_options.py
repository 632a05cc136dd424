"""Options that several actions share."""

import argparse

import pytest

from emnist_tui.commands.sweep.options import whole


@pytest.mark.parametrize("text", ["0", "11", "-1", "1.5", "", "١", "1_0", "9" * 10_000, "x"])
def test_what_is_no_number_in_its_range_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="must be a whole number, 1 to 10, not"):
        whole(1, 10)(text)


def test_a_number_in_its_range_is_parsed() -> None:
    assert [whole(1, 10)(text) for text in ("1", "10")] == [1, 10]
