import numpy as np
import pytest

from emnist_tui.analysis.explain.nearest_change import Change, Found, Kind, NearestChange
from emnist_tui.analysis.explain.occlusion import Occlusion
from emnist_tui.analysis.explain.sentences import (
    describe_change,
    describe_nearest,
    describe_occlusion,
    describe_shares,
)
from emnist_tui.analysis.explain.shares import Shares
from tests.support.explained_networks import digit


def split(parts: list[float], bias: float, *, is_vector: bool = False) -> Shares:
    values = np.asarray(parts) if is_vector else np.asarray(parts)[:, None, None]
    return Shares(8, 2, "n5", values, np.ones_like(values), bias, sum(parts) + bias)


def test_shares_name_who_gives_and_who_takes_back() -> None:
    assert describe_shares(split([-0.854, 1.661, 1.019, -1.253], 0.422)) == (
        "8 leads 2 by 1.00: map 1 gives +1.66 of it, map 3 takes most back (-1.25)"
    )


def test_shares_of_a_trailing_class_name_who_gives_its_lag() -> None:
    assert describe_shares(split([-2.0, 0.5], 0.0, is_vector=True)) == (
        "8 trails 2 by 1.50: unit 0 gives -2.00 of it, unit 1 takes most back (+0.50)"
    )


def test_shares_of_one_sign_take_nothing_back() -> None:
    assert describe_shares(split([1.0, 0.5], 2.0)) == "8 leads 2 by 3.50: the bias gives +2.00 of it"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (Change(Kind.SHIFT, down=-0.5), "shifted 0.5 px up"),
        (Change(Kind.SHIFT, down=1.25, right=1.25), "shifted 1.25 px down and 1.25 px right"),
        (Change(Kind.TURN, amount=-6.0), "turned 6° counterclockwise"),
        (Change(Kind.THICKNESS, amount=0.3), "with strokes 0.6 px thicker"),
        (Change(Kind.THICKNESS, amount=-1.0), "with strokes 2 px thinner"),
    ],
)
def test_changes_are_described(change: Change, expected: str) -> None:
    assert describe_change(change) == expected


def test_the_nearest_change_is_the_first() -> None:
    found = Found(Change(Kind.TURN, amount=6.0), 2, digit())
    assert describe_nearest(NearestChange(8, 2, (found,))) == "turned 6° clockwise, it is predicted as 2"
    assert describe_nearest(NearestChange(8, 2, ())).endswith("px of thickness makes it 2")
    assert describe_nearest(NearestChange(8, 8, ())).endswith("px of thickness changes the answer")


def test_occlusion_names_place_size_and_cover() -> None:
    change, predicted = np.zeros((28, 28)), np.full((28, 28), 8)
    change[5, 9], predicted[5, 9] = -2.5, 2
    found = Occlusion(8, 2, 5, 0, 1.0, change, predicted)
    assert describe_occlusion(found) == ("5×5 of paper at 5,9 takes 2.50 off the lead of 8 over 2, then predicted as 2")
    flat = Occlusion(8, 2, 5, 128, 1.0, np.zeros((28, 28)), np.full((28, 28), 8))
    assert describe_occlusion(flat) == "nowhere does 5×5 of gray 128 take from the lead of 8 over 2"
