"""Pooling, by the maximum or the mean of windows."""

import numpy as np

from emnist_tui.analysis.network.network import Array
from emnist_tui.analysis.network.operations.operation import Call, Cost, Gradients, Operation, Shape, require
from emnist_tui.analysis.network.operations.windows import Windows


def _maximum(call: Call[Array]) -> Array:
    (maps,) = call.inputs
    windows = _windows(call, maps.shape)
    padded = windows.pad(maps, -np.inf)
    first, *others = windows.places()
    result = padded[:, :, *first].copy(order="K")
    for cells in others:
        np.maximum(result, padded[:, :, *cells], out=result)
    return result


def _maximum_backward(call: Call[Array], output: Array, gradient: Array) -> Gradients:
    """Give each window's gradient to its maximum, the first in a tie."""
    (maps,) = call.inputs
    windows = _windows(call, maps.shape)
    padded, summed = windows.pad(maps, -np.inf), windows.zeros(maps)
    left = gradient.copy(order="K")
    for cells in windows.places():
        given = np.where(padded[:, :, *cells] == output, left, 0)
        summed[:, :, *cells] += given
        left -= given
    return [windows.crop(summed)], {}


def _mean(call: Call[Array]) -> Array:
    (maps,) = call.inputs
    windows = _windows(call, maps.shape)
    padded = windows.pad(maps)
    first, *others = windows.places()
    result = padded[:, :, *first].copy(order="K")
    for cells in others:
        result += padded[:, :, *cells]
    result /= _sizes(windows, call).astype(maps.dtype)
    return result


def _mean_backward(call: Call[Array], _: Array, gradient: Array) -> Gradients:
    (maps,) = call.inputs
    windows = _windows(call, maps.shape)
    summed, share = windows.zeros(maps), gradient / _sizes(windows, call).astype(maps.dtype)
    for cells in windows.places():
        summed[:, :, *cells] += share
    return [windows.crop(summed)], {}


def _sizes(windows: Windows, call: Call[Array]) -> Array:
    """Count the cells of each window, [down, across], as torch divides."""
    counts_padding = call.settings.get("counts_padding", True)
    lengths = []
    for axis in (0, 1):
        starts = np.arange(windows.count[axis]) * windows.stride[axis] - windows.padding[axis]
        border = windows.padding[axis] if counts_padding else 0
        ends = np.minimum(starts + windows.kernel[axis], windows.size[axis] + border)
        lengths.append(ends - np.maximum(starts, -border))
    return np.asarray(np.multiply.outer(*lengths), np.float64)


def _shape(call: Call[Shape]) -> Shape:
    (maps,) = call.inputs
    require(len(maps) == 3, "pooling takes maps")
    windows = _windows(call, maps)
    require(all(2 * pad <= size for pad, size in zip(windows.padding, windows.kernel, strict=True)), "too much padding")
    return maps[0], *windows.count


def _cost(call: Call[Shape], output: Shape) -> Cost:
    return _windows(call, call.inputs[0]).cost(output[0], output[0])


def _windows(call: Call[Array] | Call[Shape], maps: Shape) -> Windows:
    rows, columns = call.settings["kernel"]
    settings = {"stride": (rows, columns), **call.settings}
    return Windows.of(settings, (rows, columns), (maps[-2], maps[-1]))


OPERATIONS = {
    "max_pool": Operation(_maximum, _maximum_backward, _shape, _cost),
    "avg_pool": Operation(_mean, _mean_backward, _shape, _cost),
}
