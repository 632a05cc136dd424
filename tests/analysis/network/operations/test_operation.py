"""The registry of operations, complete and in step with their signatures."""

import numpy as np
import pytest

from emnist_tui.analysis.network.operations import IMPLEMENTED
from emnist_tui.analysis.network.operations.operation import Call, of_maps, plain_cost, require, sum_of_maps
from emnist_tui.analysis.network.signatures import SIGNATURES


def test_every_signature_is_implemented() -> None:
    assert IMPLEMENTED.keys() == SIGNATURES.keys()


def test_numbers_of_channels_fit_values_of_any_axes() -> None:
    values = np.ones((2, 3, 4, 5))
    assert (values * of_maps(np.arange(3.0), values)).sum() == 2 * 20 * 3
    assert sum_of_maps(values).tolist() == [40.0, 40.0, 40.0]
    assert sum_of_maps(values[:, :, 0, 0]).tolist() == [2.0, 2.0, 2.0]


def test_what_is_not_right_raises() -> None:
    require(True, "never said")
    with pytest.raises(ValueError, match="too large"):
        require(False, "too large")


def test_a_plain_cost_counts_inputs_and_output() -> None:
    assert plain_cost(Call([(2, 3), (4,)], {}, {}), (5,)).held == 15
