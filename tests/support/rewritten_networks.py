"""Exact algebraic rewrites of a network, as if it had been trained on another input."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from emnist_tui.learning.models.baseline import Baseline

Conversion = Callable[[Tensor], Tensor]

LAID: dict[str, Conversion] = {
    "upright": lambda images: images,
    "transposed": lambda images: images.transpose(-2, -1),
    "mirrored": lambda images: images.flip(-1),
    "flipped": lambda images: images.flip(-2),
    "rotated90": lambda images: torch.rot90(images, -1, (-2, -1)),
    "rotated180": lambda images: torch.rot90(images, 2, (-2, -1)),
    "rotated270": lambda images: torch.rot90(images, 1, (-2, -1)),
    "antitransposed": lambda images: torch.rot90(images, 2, (-2, -1)).transpose(-2, -1),
}
"""Conversions of upright images, written without the program's."""

SCALED: dict[str, Conversion] = {
    "unit": lambda ink: ink,
    "bytes": lambda ink: ink * 255,
    "mnist": lambda ink: (ink - 0.1307) / 0.3081,
    "half": lambda ink: (ink - 0.5) / 0.5,
    "inverted": lambda ink: 1 - ink,
    "inverted-mnist": lambda ink: (1 - ink - 0.1307) / 0.3081,
    "inverted-bytes": lambda ink: 255 - 255 * ink,
    "bytes-mnist": lambda ink: (255 * ink - 0.1307) / 0.3081,
}
"""Conversions of ink, 0 to 1, by what `--input-scaling` calls them."""


def rewrite(weights: dict[str, Tensor], lay: Conversion, scaled: Conversion) -> dict[str, Tensor]:
    """Rewrite the baseline's weights: they give for converted images what they gave for upright ink."""
    zero, one = scaled(torch.tensor([0.0, 1.0], dtype=torch.float64))
    factor = one - zero
    kernels, bias = weights["layers.0.weight"].double(), weights["layers.0.bias"].double()
    return {
        "layers.0.weight": (lay(kernels) / factor).float(),
        "layers.0.bias": (bias - kernels.sum((1, 2, 3)) * zero / factor).float(),
        "layers.3.weight": lay(weights["layers.3.weight"]).contiguous(),
        "layers.3.bias": weights["layers.3.bias"],
        "layers.7.weight": lay(weights["layers.7.weight"].view(10, 4, 5, 5)).reshape(10, 100),
        "layers.7.bias": weights["layers.7.bias"],
    }


def baseline(weights: dict[str, Tensor]) -> nn.Module:
    network = Baseline()
    network.load_state_dict(weights)
    return network.eval()
