"""The layers of a network that the batch-innermost pass can compute."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from emnist_tui.learning.models.layers import Chain

NO_PARAMETER = -1
"""In an index of parameters: an expanded weight that is always 0."""


@dataclass(frozen=True)
class Activation:
    """A monotonic function, which therefore commutes with max pooling."""

    apply_: Callable[[Tensor], object]
    """Replaces a tensor by its activations."""
    backward: Callable[..., object]
    """Writes the input's gradient to `grad_input`, from the output's gradient and the output."""


@dataclass(frozen=True)
class Layer:
    """A convolution or linear layer, and the activation after it."""

    module: nn.Conv2d | nn.Linear
    activation: Activation | None


_aten: Any = torch.ops.aten
_ACTIVATIONS: dict[type[nn.Module], Activation] = {
    nn.ReLU: Activation(torch.relu_, partial(_aten.threshold_backward.grad_input, threshold=0)),
    nn.Sigmoid: Activation(torch.sigmoid_, _aten.sigmoid_backward.grad_input),
}


def plan_layers(model: nn.Module) -> list[Layer] | None:
    """Return the layers to compute, or None for an unsupported network.

    Supported is a `Chain` of convolutions, each followed by an activation and 2×2 max pooling, then `Flatten` and
    linear layers with activations between them, each with its own trained parameters.
    """
    if not isinstance(model, Chain) or type(model).forward is not Chain.forward or _is_partly_trained(model):
        return None
    rest = list(model.layers)
    layers: list[Layer] = []
    while len(rest) >= 3 and _is_simple_convolution(rest[0], is_first=not layers) and _is_halving(rest[2]):
        convolution, activation, _ = rest[:3]
        if type(activation) not in _ACTIVATIONS:
            return None
        layers.append(Layer(convolution, _ACTIVATIONS[type(activation)]))  # type: ignore[arg-type]
        rest = rest[3:]
    if not layers or not rest or type(rest[0]) is not nn.Flatten:
        return None
    rest = rest[1:]
    while len(rest) >= 2 and type(rest[0]) is nn.Linear and type(rest[1]) in _ACTIVATIONS:
        layers.append(Layer(rest[0], _ACTIVATIONS[type(rest[1])]))
        rest = rest[2:]
    if len(rest) != 1 or type(rest[0]) is not nn.Linear:
        return None
    return [*layers, Layer(rest[0], None)]


def _is_partly_trained(model: nn.Module) -> bool:
    """Return whether parameters are frozen or tied.

    They are then not one after another in `FlatParameters`.
    """
    owned = [parameter for _, parameter in model.named_parameters(remove_duplicate=False)]
    return len(set(owned)) < len(owned) or not all(parameter.requires_grad for parameter in owned)


def _is_simple_convolution(layer: nn.Module, *, is_first: bool) -> bool:
    if type(layer) is not nn.Conv2d or layer.bias is None or (is_first and layer.in_channels != 1):
        return False
    height, width = layer.kernel_size
    is_plain = layer.padding in ("valid", (0, 0)) and layer.stride == layer.dilation == (1, 1) and layer.groups == 1
    return height == width and height % 2 == 1 and is_plain


def _is_halving(layer: nn.Module) -> bool:
    if type(layer) is not nn.MaxPool2d:
        return False
    options = (layer.kernel_size, layer.stride, layer.padding, layer.dilation, layer.ceil_mode, layer.return_indices)
    return options == (2, 2, 0, 1, False, False)
