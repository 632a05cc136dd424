"""Convolution, with stride, padding, dilation and groups."""

from math import prod

import numpy as np

from emnist_tui.analysis.network.network import Array
from emnist_tui.analysis.network.operations.operation import (
    Call,
    Cost,
    Gradients,
    Operation,
    Shape,
    images_first,
    images_last,
    require,
    sum_of_maps,
)
from emnist_tui.analysis.network.operations.windows import Windows


def _forward(call: Call[Array]) -> Array:
    (maps,), weight = call.inputs, call.weights["weight"]
    windows = _windows(call.settings, weight.shape, maps.shape)
    padded = windows.pad(maps)
    if _is_depthwise(weight, maps):
        result = _sum_places(windows, padded, weight)
    else:
        kernels, columns = _kernels(call), _columns(windows, padded, call)
        result = images_first((kernels @ columns).reshape(len(weight), *windows.count, len(maps)))
    if "bias" in call.weights:
        result += call.weights["bias"].reshape(-1, 1, 1)
    return result


def _backward(call: Call[Array], _: Array, gradient: Array) -> Gradients:
    (maps,), weight = call.inputs, call.weights["weight"]
    windows, groups = _windows(call.settings, weight.shape, maps.shape), _groups(call)
    padded = windows.pad(maps)
    outputs = images_last(gradient).reshape(groups, len(weight) // groups, -1)
    weights: dict[str, Array] = {
        "weight": (outputs @ _columns(windows, padded, call).swapaxes(1, 2)).reshape(weight.shape)
    }
    if "bias" in call.weights:
        weights["bias"] = sum_of_maps(gradient)
    spread = _kernels(call).swapaxes(1, 2) @ outputs
    spread = spread.reshape(maps.shape[1], weight[0, 0].size, *windows.count, len(maps)).swapaxes(0, 1)
    summed = windows.zeros(maps)
    for place, cells in enumerate(windows.places()):
        summed[:, :, *cells] += images_first(spread[place])
    return [windows.crop(summed)], weights


def _shape(call: Call[Shape]) -> Shape:
    (maps,), weight, groups = call.inputs, call.weights["weight"], int(call.settings.get("groups", 1))
    require(len(maps) == 3 and len(weight) == 4 and min(weight) > 0, "a convolution takes maps and a kernel for each")
    require(maps[0] == weight[1] * groups and weight[0] % groups == 0, "the kernels are not for so many maps")
    require(call.weights.get("bias", weight[:1]) == weight[:1], "the bias is not one number a kernel")
    return weight[0], *_windows(call.settings, weight, maps).count


def _cost(call: Call[Shape], output: Shape) -> Cost:
    (maps,), weight = call.inputs, call.weights["weight"]
    cost = _windows(call.settings, weight, maps).cost(maps[0], maps[0] * weight[2] * weight[3])
    return Cost(cost.held + prod(output), cost.work + prod(output) * prod(weight[1:]))


def _windows(settings: object, weight: Shape, maps: Shape) -> Windows:
    return Windows.of(settings, (weight[-2], weight[-1]), (maps[-2], maps[-1]))  # type: ignore[arg-type]


def _groups(call: Call[Array]) -> int:
    return int(call.settings.get("groups", 1))


def _is_depthwise(weight: Array, maps: Array) -> bool:
    return bool(weight.shape[1] == 1 and len(weight) == maps.shape[1])


def _kernels(call: Call[Array]) -> Array:
    """Return the kernels of each group as a matrix, [groups, outputs, inputs]."""
    weight, groups = call.weights["weight"], _groups(call)
    return weight.reshape(groups, len(weight) // groups, -1)


def _columns(windows: Windows, padded: Array, call: Call[Array]) -> Array:
    """Return the windows of each group as a matrix, [groups, inputs, cells]."""
    groups = _groups(call)
    rows = call.weights["weight"][0].size
    if windows.is_pointwise:
        return images_last(padded).reshape(groups, rows, -1)
    return windows.columns(padded).reshape(groups, rows, -1)


def _sum_places(windows: Windows, padded: Array, weight: Array) -> Array:
    """Convolve each map by itself, place by place of the kernel."""
    numbers = weight.reshape(len(weight), -1).T[:, :, None, None]
    places = iter(zip(windows.places(), numbers, strict=True))
    cells, number = next(places)
    result: Array = padded[:, :, *cells] * number
    buffer = np.empty_like(result)
    for cells, number in places:
        result += np.multiply(padded[:, :, *cells], number, out=buffer)
    return result


OPERATIONS = {"conv": Operation(_forward, _backward, _shape, _cost)}
