import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emnist_tui.analysis.explain.closing import rounded_to_close

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)


@given(NUMBERS, st.integers(0, 4))
def test_rounded_parts_add_up_to_the_rounded_total(parts: list[float], decimals: int) -> None:
    rounded = rounded_to_close(parts, decimals=decimals)
    unit = 10**decimals
    assert sum(round(part * unit) for part in rounded) == round(float(np.sum(np.asarray(parts, np.longdouble))) * unit)


@given(NUMBERS)
def test_a_part_changes_by_less_than_the_last_decimal(parts: list[float]) -> None:
    assert (np.abs(rounded_to_close(parts) - parts) < 1.001e-4).all()


def test_a_part_that_is_zero_stays_zero() -> None:
    assert rounded_to_close([0.0, 0.33336, 0.0, 0.33336, 0.33336]).tolist() == [0, 0.3334, 0, 0.3334, 0.3333]


def test_a_total_that_differs_by_rounding_errors_is_met() -> None:
    """Another program's total, in float32, need not be the exact sum."""
    assert sum(rounded_to_close([0.12344, 0.5, 0.25], 0.8736)) == pytest.approx(0.8736)


@pytest.mark.parametrize("parts", [[np.nan, 1.0], [np.inf, 1.0], [1e300, 1.0]])
def test_numbers_without_decimals_are_left_alone(parts: list[float]) -> None:
    np.testing.assert_array_equal(rounded_to_close(parts), parts)
