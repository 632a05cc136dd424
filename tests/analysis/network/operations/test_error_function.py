"""The error function as the standard library's."""

import math

import numpy as np

from emnist_tui.analysis.network.operations.error_function import erf


def test_it_is_that_of_the_standard_library() -> None:
    values = np.concatenate([np.linspace(-8, 8, 4001), [0.0, 1.0, -1.0, 1e-300, 1e300, -1e300]])
    with np.errstate(all="raise", under="ignore"):
        found = erf(values)
    np.testing.assert_allclose(found, [math.erf(value) for value in values], rtol=5e-15, atol=0)


def test_it_keeps_shape_and_dtype() -> None:
    found = erf(np.linspace(-3, 3, 12, dtype=np.float32).reshape(3, 4))
    assert found.shape == (3, 4)
    assert found.dtype == np.float32
