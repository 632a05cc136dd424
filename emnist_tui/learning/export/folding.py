"""Weights rewritten for the program's own input.

A scaling is folded into the first layer's weights, an orientation into all kernels and into the linear layer that
follows them. Both are exact except for rounding, which the export checks.
"""

from copy import deepcopy

import torch
from torch import nn

from emnist_tui.learning.inference.input_format import PLAIN, InputFormat, Orientation, Scaling
from emnist_tui.learning.inference.recognition import orient
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.task import SIDE


def fold_input(layers: nn.Sequential, trained_on: InputFormat) -> nn.Sequential:
    """Rewrite layers that were trained on another input.

    They then take upright ink of 0 to 1. The layers are copied unless nothing is to be done. Raises `EmnistTuiError` if
    they cannot be rewritten exactly.
    """
    if trained_on == PLAIN:
        return layers
    folded = deepcopy(layers)
    with torch.no_grad():
        _turn(folded, trained_on.orientation.inverse)
        _rescale(folded, trained_on.scaling)
    return folded


def _turn(layers: nn.Sequential, upright: Orientation) -> None:
    """Turn kernels, and the columns of the linear layer after them.

    The columns are flattened maps [C, rows, columns].
    """
    values = torch.zeros(1, 1, SIDE, SIDE)
    flattened: torch.Size | None = None
    for layer in layers:
        for part in layer.modules():
            if isinstance(part, nn.Conv2d):
                part.weight.copy_(orient(part.weight, upright))
        if isinstance(layer, nn.Flatten):
            flattened = values.shape[1:]
        elif isinstance(layer, nn.Linear) and flattened:
            turned = orient(layer.weight.view(-1, *flattened), upright)
            layer.weight.copy_(turned.reshape(layer.weight.shape))
            flattened = None
        values = layer(values)


def _rescale(layers: nn.Sequential, scaling: Scaling) -> None:
    first = next((layer for layer in layers if not isinstance(layer, nn.Flatten)), None)
    is_padded = isinstance(first, nn.Conv2d) and first.padding not in ((0, 0), "valid")
    if not isinstance(first, nn.Conv2d | nn.Linear) or (scaling.offset and (is_padded or first.bias is None)):
        raise EmnistTuiError(
            f"The input {scaling} cannot be folded into the first layer, {first}; scale the images in your own program."
        )
    weight = first.weight.double()
    if first.bias is not None:
        first.bias.copy_(first.bias.double() + scaling.offset * weight.flatten(1).sum(1))
    first.weight.copy_(weight * scaling.factor)
