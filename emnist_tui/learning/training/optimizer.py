"""Optimizers on all parameters of a network as one vector."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from emnist_tui.learning.checkpoint.format import OptimizerState
from emnist_tui.learning.checkpoint.rng_state import copied
from emnist_tui.runs.config import TrainConfig

_EPSILON = 1e-8
_ADAM = 0.9, 0.999  # torch.optim.Adam's betas
_ADAMW = 0.9, 0.99  # a shorter memory of the squares suits runs of few epochs
_MOMENTUM = 0.9


class FlatParameters:
    """One vector of a network's trainable parameters, and one of their gradients.

    The network's own parameters and gradients become views of these vectors; a parameter that is tied to several layers
    is there once, a frozen one is left alone.
    """

    def __init__(self, model: nn.Module, *, channels_last: bool = False) -> None:
        """Flatten the parameters of `model`, which must stay on its device.

        With `channels_last` the kernels of convolutions lie in memory as [O, H, W, I], by which a CPU computes
        networks of many channels 1.4 times as fast.
        """
        parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self._shapes = [parameter.shape for parameter in parameters]
        self.channels_last = channels_last
        self._is_last = [channels_last and parameter.dim() == 4 for parameter in parameters]
        self.values = torch.cat(
            [
                (parameter.permute(0, 2, 3, 1) if is_last else parameter).detach().flatten()
                for parameter, is_last in zip(parameters, self._is_last, strict=True)
            ]
        )
        """float32 [P], in the order of the trainable `model.parameters()`."""
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
        return [
            part.view(shape[0], *shape[2:], shape[1]).permute(0, 3, 1, 2) if is_last else part.view(shape)
            for part, shape, is_last in zip(parts, self._shapes, self._is_last, strict=True)
        ]

    def is_matrix(self) -> Tensor:
        """Mark the weights of kernels and matrices by 1, others by 0.

        Returns float32 [P].
        """
        marks = torch.zeros_like(self.values)
        for mark in self.split(marks):
            mark.fill_(float(mark.dim() > 1))
        return marks


class FlatOptimizer(ABC):
    """An optimizer of torch on one vector, without its Python overhead.

    The results are equal bit for bit without weight decay. At batch size 32 that overhead takes seven times as long as
    the kernel, and a tenth of a whole step.
    """

    def __init__(self, parameters: FlatParameters, config: TrainConfig, diverged: Tensor) -> None:
        """Start with zero moments.

        `diverged` is a float32 scalar on the parameters' device; while it is 1, `step` leaves the moments.
        """
        self._parameters = parameters
        self._diverged = diverged
        self._clip_norm = config.clip_norm
        self._weight_decay = config.weight_decay
        self._is_decoupled = config.optimizer == "adamw"
        self._decayed = parameters.is_matrix() if config.weight_decay else None
        self._buffers: dict[str, Tensor] = {}
        """Vectors [P] and scalars by torch's name."""

    def step(self, learning_rate: float) -> None:
        """Update the parameters from their gradient."""
        values, gradient = self._parameters.values, self._parameters.gradient
        if self._clip_norm:
            gradient.mul_((self._clip_norm / (gradient.norm() + 1e-6)).clamp(max=1))
        if self._decayed is not None:
            if self._is_decoupled:
                values.addcmul_(values, self._decayed, value=-learning_rate * self._weight_decay)
            else:
                gradient.addcmul_(values, self._decayed, value=self._weight_decay)
        self._update(values, gradient, learning_rate)

    @abstractmethod
    def _update(self, values: Tensor, gradient: Tensor, learning_rate: float) -> None: ...

    def state(self) -> OptimizerState:
        """Copy the state as torch's own optimizer keeps it, by parameter number."""
        parts = {
            name: self._parameters.split(buffer) if buffer.dim() else None for name, buffer in self._buffers.items()
        }
        count = len(self._parameters.split(self._parameters.values))
        return {
            number: copied(
                {name: self._buffers[name] if split is None else split[number] for name, split in parts.items()}
            )
            for number in range(count)
        }

    def restore(self, state: OptimizerState) -> None:
        """Restore what `state` returned; an empty state changes nothing."""
        for number, entries in state.items():
            for name, buffer in self._buffers.items():
                part = self._parameters.split(buffer)[number] if buffer.dim() else buffer
                part.copy_(entries[name])


class FlatAdam(FlatOptimizer):
    """`torch.optim.Adam`, or AdamW with its decoupled decay."""

    def __init__(self, parameters: FlatParameters, config: TrainConfig, diverged: Tensor) -> None:
        super().__init__(parameters, config, diverged)
        self._betas = _ADAMW if config.optimizer == "adamw" else _ADAM
        self._step = torch.zeros((), device=diverged.device)
        self._mean = torch.zeros_like(parameters.values)
        self._square = torch.zeros_like(parameters.values)
        self._buffers = {"step": self._step, "exp_avg": self._mean, "exp_avg_sq": self._square}

    def _update(self, values: Tensor, gradient: Tensor, learning_rate: float) -> None:
        self._step.add_(1).sub_(self._diverged)
        torch._fused_adam_(
            [values],
            [gradient],
            [self._mean],
            [self._square],
            [],
            [self._step],
            lr=learning_rate,
            beta1=self._betas[0],
            beta2=self._betas[1],
            weight_decay=0.0,
            eps=_EPSILON,
            amsgrad=False,
            maximize=False,
            found_inf=self._diverged,
        )


class FlatSgd(FlatOptimizer):
    """`torch.optim.SGD` with momentum."""

    def __init__(self, parameters: FlatParameters, config: TrainConfig, diverged: Tensor) -> None:
        super().__init__(parameters, config, diverged)
        self._momentum = torch.zeros_like(parameters.values)
        self._buffers = {"momentum_buffer": self._momentum}

    def _update(self, values: Tensor, gradient: Tensor, learning_rate: float) -> None:
        torch._fused_sgd_(
            [values],
            [gradient],
            [self._momentum],
            weight_decay=0.0,
            momentum=_MOMENTUM,
            lr=learning_rate,
            dampening=0.0,
            nesterov=False,
            maximize=False,
            is_first_step=False,
            found_inf=self._diverged,
        )


def make_optimizer(parameters: FlatParameters, config: TrainConfig, diverged: Tensor) -> FlatOptimizer:
    """Make the optimizer of a recipe; see `FlatOptimizer`."""
    kind = FlatSgd if config.optimizer == "sgd" else FlatAdam
    return kind(parameters, config, diverged)
