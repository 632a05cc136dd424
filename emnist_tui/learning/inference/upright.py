"""Weights of a network turned, so that it takes upright images."""

import torch
from torch import nn

from emnist_tui.learning.inference.input_format import Orientation
from emnist_tui.learning.inference.recognition import orient
from emnist_tui.runs.task import SIDE


def turn_upright(layers: nn.Sequential, trained_on: Orientation) -> None:
    """Turn kernels, and the columns of the linear layer after them.

    The columns are flattened maps [C, rows, columns]. The layers then compute the same of upright images.
    """
    upright = trained_on.inverse
    values = torch.zeros(1, 1, SIDE, SIDE)
    flattened: torch.Size | None = None
    with torch.no_grad():
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
