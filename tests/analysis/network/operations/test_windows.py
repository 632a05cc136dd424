"""Windows over maps: their number, places and padding."""

import numpy as np
import pytest

from emnist_tui.analysis.network.operations.windows import Windows


def test_windows_read_the_cells_of_their_places() -> None:
    windows = Windows.of({"stride": [2, 1], "padding": [1, 0], "dilation": [1, 2]}, (3, 2), (5, 6))
    maps = np.arange(1.0, 61).reshape(1, 2, 5, 6)
    padded = windows.pad(maps)
    columns = windows.columns(padded)
    assert windows.count == (3, 4)
    assert columns.shape == (2, 3, 2, 3, 4, 1)
    flat = columns.reshape(2, 6, 3, 4, 1)
    for place, cells in enumerate(windows.places()):
        np.testing.assert_array_equal(flat[:, place, :, :, 0], padded[0][:, *cells])
    assert columns[0, 0, 0, 0, 0, 0] == 0  # in the padding
    np.testing.assert_array_equal(windows.crop(padded), maps)


def test_maps_that_need_no_padding_are_not_copied() -> None:
    windows = Windows.of({"stride": [2, 2]}, (2, 2), (5, 5))
    maps = np.zeros((1, 1, 5, 5))
    assert windows.pad(maps) is maps


def test_windows_beyond_the_maps_are_refused() -> None:
    with pytest.raises(ValueError, match="larger than the maps"):
        Windows.of({}, (6, 1), (5, 5))


def test_the_cost_counts_padding_and_calls() -> None:
    small = Windows.of({}, (1, 1), (9, 9)).cost(1, 0)
    padded = Windows.of({"padding": [1000, 1000]}, (1, 1), (9, 9)).cost(1, 0)
    many = Windows.of({"padding": [1000, 1000]}, (2000, 2000), (9, 9)).cost(1, 0)
    assert (small.held, padded.held) == (81, 2009**2)
    assert many.work > 10**10
