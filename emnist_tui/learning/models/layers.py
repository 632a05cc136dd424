"""Building blocks shared by the networks."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm, mish
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
    """Batch normalization of maps, with a bias and perhaps a scale.

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


class _TrainedMish(torch.autograd.Function):
    """Mish by one exponential, differentiable once.

    It is x (1 - 2 / (n + 2)) with n = eˣ (eˣ + 2). torch's own takes a logarithm and a hyperbolic tangent as well, and
    half the time of a step of `Compact` on a CPU.
    """

    @staticmethod
    def forward(ctx: Any, maps: Tensor) -> Tensor:
        power = maps.clamp(max=20).exp_()  # beyond 20 Mish is its input
        short = (power + 2).mul_(power).add_(2).reciprocal_().mul_(2)  # 1 - tanh(softplus(x))
        ctx.save_for_backward(maps, power, short)
        return maps * (1 - short)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        maps, power, short = ctx.saved_tensors
        slope = (power + 1).mul_(power).mul_(short).mul_(short).mul_(maps)
        gradient: Tensor = slope.add_(1).sub_(short).mul_(gradients[0])
        return gradient


class Mish(nn.Mish):
    """Mish (Misra, 2019), faster in training on a CPU."""

    def forward(self, maps: Tensor) -> Tensor:
        """Apply x tanh(softplus(x)) to each value."""
        if not torch.jit.is_scripting() and maps.requires_grad and maps.device.type == "cpu":  # type: ignore[attr-defined]
            trained: Tensor = _TrainedMish.apply(maps)  # type: ignore[no-untyped-call]
            return trained
        return mish(maps)


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
    """Convolutions without bias, each followed by a norm and an activation."""

    def __init__(self, activation: Callable[[], nn.Module], *, scaled: bool) -> None:
        """Use this activation; the norms have a scale if `scaled`."""
        self._activation = activation
        self._scaled = scaled

    def convolution(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> list[nn.Module]:
        """Convolve all maps; the padding keeps their size except for the stride."""
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
