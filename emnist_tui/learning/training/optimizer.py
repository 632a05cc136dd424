"""A network's parameters, and the optimizer that adjusts them, as single vectors: one call for all of them."""

import torch
from torch import Tensor, nn

from emnist_tui.learning.checkpoint.format import OptimizerState
from emnist_tui.learning.checkpoint.rng_state import copied

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8  # torch.optim.Adam's defaults


class FlatParameters:
    """The parameters of a network, which from now on are views of one vector, and so are their gradients."""

    def __init__(self, model: nn.Module) -> None:
        """The network must stay on its device."""
        parameters = list(model.parameters())
        self._shapes = [parameter.shape for parameter in parameters]
        self.values = torch.cat([parameter.detach().flatten() for parameter in parameters])
        """float32 [P], in the order of `model.parameters()`."""
        self.gradient = torch.zeros_like(self.values)
        """float32 [P]."""
        for parameter, value, gradient in zip(
            parameters, self.split(self.values), self.split(self.gradient), strict=True
        ):
            parameter.data = value
            parameter.grad = gradient

    def split(self, vector: Tensor) -> list[Tensor]:
        """Views of a vector [P], one shaped as each parameter."""
        parts = torch.split(vector, [shape.numel() for shape in self._shapes])
        return [part.view(shape) for part, shape in zip(parts, self._shapes, strict=True)]


class FlatAdam:
    """`torch.optim.Adam(fused=True)` of the one vector, bit for bit, without the Python around its kernel.

    At batch 32 that Python takes seven times as long as the kernel, and a tenth of a whole step.
    """

    def __init__(self, parameters: FlatParameters, learning_rate: float, diverged: Tensor) -> None:
        """While `diverged`, a float32 scalar on the parameters' device, is 1, a step changes nothing."""
        self._parameters = parameters
        self._learning_rate = learning_rate
        self._diverged = diverged
        self._step = torch.zeros((), device=diverged.device)
        self._mean = torch.zeros_like(parameters.values)
        self._square = torch.zeros_like(parameters.values)

    def step(self) -> None:
        self._step.add_(1).sub_(self._diverged)
        torch._fused_adam_(
            [self._parameters.values],
            [self._parameters.gradient],
            [self._mean],
            [self._square],
            [],
            [self._step],
            lr=self._learning_rate,
            beta1=_BETA1,
            beta2=_BETA2,
            weight_decay=0.0,
            eps=_EPSILON,
            amsgrad=False,
            maximize=False,
            found_inf=self._diverged,
        )

    def state(self) -> OptimizerState:
        """A copy, as torch's own optimizer keeps it: by the parameter's number."""
        means, squares = self._parameters.split(self._mean), self._parameters.split(self._square)
        return {
            number: copied({"step": self._step, "exp_avg": mean, "exp_avg_sq": square})
            for number, (mean, square) in enumerate(zip(means, squares, strict=True))
        }

    def restore(self, state: OptimizerState) -> None:
        """Goes on from what `state` returned, or from nothing where it is empty."""
        for number, entries in state.items():
            self._step.copy_(entries["step"])
            self._parameters.split(self._mean)[number].copy_(entries["exp_avg"])
            self._parameters.split(self._square)[number].copy_(entries["exp_avg_sq"])
