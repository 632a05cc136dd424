"""Shares drawn as bars."""

import math

import pytest

from emnist_tui.text.bars import bar, thin_bar


@pytest.mark.parametrize(
    ("share", "drawn"),
    [
        (0.0, "    "),
        (0.5, "██  "),
        (1.0, "████"),
        (1 / 32, "▏   "),
        (0.5 + 3 / 32, "██▍ "),
        (1 - 1 / 32, "███▉"),
        (-0.1, "    "),
        (1.5, "████"),
        (math.nan, "    "),
    ],
)
def test_a_bar_has_a_resolution_of_an_eighth_of_a_cell(share: float, drawn: str) -> None:
    assert bar(share, 4) == drawn


@pytest.mark.parametrize(("share", "drawn"), [(0.0, "────"), (0.3, "━───"), (0.5, "━━──"), (1.0, "━━━━")])
def test_a_thin_bar_fills_whole_cells(share: float, drawn: str) -> None:
    assert thin_bar(share, 4) == drawn
