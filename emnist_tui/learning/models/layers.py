"""Building blocks shared by the networks."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm
from torch.nn.modules.batchnorm import _BatchNorm


class Chain(nn.Module):
    """A network of layers applied one after another."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        """Compute the logits of images.

        Images are float32 [N, 1, 28, 28] in 0..1, logits float32 [N, 10].
        """
        logits: Tensor = self.layers(images)
        return logits


class Norm(nn.Module):
    """Batch normalization of maps, with a bias and, unless it is to save parameters, a scale.

    Its weights have the names of `nn.BatchNorm2d`, so that they load into one.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, *, scaled: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels)) if scaled else None
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, maps: Tensor) -> Tensor:
        """Normalize maps, float32 [N, C, height, width]."""
        return batch_norm(maps, self.running_mean, self.running_var, self.weight, self.bias, self.training)


def is_normalized(network: nn.Module) -> bool:
    """Return whether a network has norms, which train on several images."""
    return any(isinstance(module, Norm | _BatchNorm) for module in network.modules())


class Residual(nn.Module):
    """Layers whose output is added to their input."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, maps: Tensor) -> Tensor:
        """Add the layers' output to `maps`, of the same shape."""
        added: Tensor = maps + self.layers(maps)
        return added


class Blocks:
    """Convolutions of one style: without bias, each followed by its norm and activation."""

    def __init__(self, activation: Callable[[], nn.Module], *, scaled: bool) -> None:
        """Use this activation; the norms have a scale if `scaled`."""
        self._activation = activation
        self._scaled = scaled

    def convolution(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> list[nn.Module]:
        """Convolve all maps; the padding keeps their size but for the stride."""
        return [
            nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False),
            self.norm(outputs),
            self._activation(),
        ]

    def depthwise(self, channels: int, kernel: int = 3, *, padding: int = 1) -> list[nn.Module]:
        """Convolve each map by itself."""
        return [
            nn.Conv2d(channels, channels, kernel, padding=padding, groups=channels, bias=False),
            self.norm(channels),
            self._activation(),
        ]

    def separable(self, inputs: int, outputs: int, *, normed: bool) -> list[nn.Module]:
        """Convolve each map by itself, then mix the maps.

        With a norm between the two if `normed`.
        """
        return [
            nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False),
            *([self.norm(inputs)] if normed else []),
            *self.convolution(inputs, outputs, 1),
        ]

    def norm(self, channels: int) -> Norm:
        return Norm(channels, scaled=self._scaled)
