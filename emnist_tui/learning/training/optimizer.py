"""Adam on all parameters of a network as one vector."""

import torch
from torch import Tensor, nn

from emnist_tui.learning.checkpoint.format import OptimizerState
from emnist_tui.learning.checkpoint.rng_state import copied

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8  # torch.optim.Adam's defaults


class FlatParameters:
    """One vector of a network's parameters, and one of their gradients.

    The network's own parameters and gradients become views of these vectors.
    """

    def __init__(self, model: nn.Module) -> None:
        """Flatten the parameters of `model`, which must stay on its device."""
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
        """Return views of a vector [P] in the parameters' shapes."""
        parts = torch.split(vector, [shape.numel() for shape in self._shapes])
        return [part.view(shape) for part, shape in zip(parts, self._shapes, strict=True)]


class FlatAdam:
    """`torch.optim.Adam(fused=True)` on one vector, without its Python overhead.

    The results are equal bit for bit. At batch size 32 that overhead takes seven times as long as the kernel, and a
    tenth of a whole step.
    """

    def __init__(self, parameters: FlatParameters, learning_rate: float, diverged: Tensor) -> None:
        """Start with zero moments.

        `diverged` is a float32 scalar on the parameters' device; while it is 1, `step` changes nothing.
        """
        self._parameters = parameters
        self._learning_rate = learning_rate
        self._diverged = diverged
        self._step = torch.zeros((), device=diverged.device)
        self._mean = torch.zeros_like(parameters.values)
        self._square = torch.zeros_like(parameters.values)

    def step(self) -> None:
        """Update the parameters from their gradient."""
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
        """Copy the state as torch's own optimizer keeps it, by parameter number."""
        means, squares = self._parameters.split(self._mean), self._parameters.split(self._square)
        return {
            number: copied({"step": self._step, "exp_avg": mean, "exp_avg_sq": square})
            for number, (mean, square) in enumerate(zip(means, squares, strict=True))
        }

    def restore(self, state: OptimizerState) -> None:
        """Restore what `state` returned; an empty state changes nothing."""
        for number, entries in state.items():
            self._step.copy_(entries["step"])
            self._parameters.split(self._mean)[number].copy_(entries["exp_avg"])
            self._parameters.split(self._square)[number].copy_(entries["exp_avg_sq"])
