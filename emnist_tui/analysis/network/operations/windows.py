"""Windows of a kernel that moves over maps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from emnist_tui.analysis.network.network import Array
from emnist_tui.analysis.network.operations.operation import CALL, Cost, images_first, require

Pair = tuple[int, int]
"""Down and across."""


@dataclass(frozen=True)
class Windows:
    """Windows of a kernel on maps of one size."""

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair
    size: Pair
    """Rows and columns of the maps."""
    count: Pair
    """Windows down and across."""

    @classmethod
    def of(cls, settings: Mapping[str, Any], kernel: Pair, size: Pair) -> "Windows":
        """Return the windows that settings describe.

        With `ceil`, windows may reach beyond the maps, as torch's pooling does it. Raises `ValueError` if not one
        window fits.
        """
        stride, padding, dilation = (
            _pair(settings.get(name, (default, default)))
            for name, default in (("stride", 1), ("padding", 0), ("dilation", 1))
        )
        is_ceil = settings.get("ceil", False)
        down, across = (
            _count(size[axis], kernel[axis], stride[axis], padding[axis], dilation[axis], is_ceil=is_ceil)
            for axis in (0, 1)
        )
        require(down > 0 and across > 0, "the kernel is larger than the maps")
        return cls(kernel, stride, padding, dilation, size, (down, across))

    @property
    def is_pointwise(self) -> bool:
        """Whether each window is one cell of the maps, in their order."""
        return self.kernel == self.stride == (1, 1) and self.padding == (0, 0)

    def pad(self, maps: Array, fill: float = 0) -> Array:
        """Surround maps, [N, C, rows, columns], so that every window lies within.

        In memory the images come last, as `operation.images_last` says.
        """
        if self.padding == (0, 0) and all(self._reach(axis) <= self.size[axis] for axis in (0, 1)):
            return maps
        images, channels = maps.shape[:2]
        padded = images_first(np.full((channels, *map(self._padded, (0, 1)), images), fill, maps.dtype))
        self.crop(padded)[...] = maps
        return padded

    def crop(self, padded: Array) -> Array:
        """Return the maps within padded ones, as a view."""
        (above, left), (rows, columns) = self.padding, self.size
        return padded[:, :, above : above + rows, left : left + columns]

    def zeros(self, maps: Array) -> Array:
        """Return zeros in the shape of padded maps, to sum gradients in."""
        images, channels = maps.shape[:2]
        return images_first(np.zeros((channels, *map(self._padded, (0, 1)), images), maps.dtype))

    def places(self) -> Iterator[tuple[slice, slice]]:
        """Yield the cells in padded maps of each place in the kernel."""
        for row in range(self.kernel[0]):
            for column in range(self.kernel[1]):
                yield self._cells(0, row), self._cells(1, column)

    def columns(self, padded: Array) -> Array:
        """Copy windows, [C, kernel rows, kernel columns, down, across, N]."""
        image, channel, row, column = padded.strides
        shape = (padded.shape[1], *self.kernel, *self.count, padded.shape[0])
        (rows, columns), (down, across) = self.dilation, self.stride
        strides = (channel, row * rows, column * columns, row * down, column * across, image)
        return np.ascontiguousarray(np.lib.stride_tricks.as_strided(padded, shape, strides, writeable=False))

    def cost(self, channels: int, copied: int) -> Cost:
        """Return the cost of visiting all windows on maps.

        `copied` are the numbers of a window that are held at once for each.
        """
        padded = channels * self._padded(0) * self._padded(1)
        places, windows = prod(self.kernel), prod(self.count)
        return Cost(padded + copied * windows, channels * places * windows + 3 * CALL * places)

    def _cells(self, axis: int, place: int) -> slice:
        start, step = place * self.dilation[axis], self.stride[axis]
        return slice(start, start + (self.count[axis] - 1) * step + 1, step)

    def _reach(self, axis: int) -> int:
        """Return the cells that all windows together span."""
        return (self.count[axis] - 1) * self.stride[axis] + self.dilation[axis] * (self.kernel[axis] - 1) + 1

    def _padded(self, axis: int) -> int:
        return max(self._reach(axis), self.padding[axis] + self.size[axis])


def _pair(values: Any) -> Pair:
    first, second = values
    return int(first), int(second)


def _count(size: int, kernel: int, stride: int, padding: int, dilation: int, *, is_ceil: bool) -> int:
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    if room < 0:
        return 0
    if not is_ceil:
        return room // stride + 1
    count = -(-room // stride) + 1
    return count - 1 if (count - 1) * stride >= size + padding else count  # a window starts within the maps
