"""A linear layer and its activation, batch innermost."""

import torch
from torch import Tensor, nn

from emnist_tui.learning.training.steps.cpu_batch_innermost.convolution import Convolution
from emnist_tui.learning.training.steps.cpu_batch_innermost.plan import Activation


class Linear:
    """Buffers and passes of one linear layer.

    `output` and `output_gradient` are float32 [O, N]; the input, float32 [I, N], is the previous stage's output.
    """

    def __init__(
        self, layer: nn.Linear, activation: Activation | None, images: int, previous: "Convolution | Linear"
    ) -> None:
        self._previous = previous
        self._in, self._out = layer.in_features, layer.out_features
        self._input = previous.output.view(self._in, images)
        self._input_t = self._input.t()
        self._input_gradient = previous.output_gradient.view(self._in, images)
        self.output: Tensor = torch.empty(self._out, images)
        """float32 [O, N], after the activation."""
        self.output_gradient: Tensor = torch.empty_like(self.output)
        """float32 [O, N], written by the next stage."""
        self._activation = activation

    def parameter_index(self) -> Tensor:
        """Return each weight's parameter, int64 [I · O + O].

        Inputs follow the memory order of the previous stage's output, not that of `nn.Flatten`.
        """
        weights = torch.arange(self._out * self._in)
        if isinstance(self._previous, Convolution):
            height, channels, width, _ = self._previous.output.shape
            weights = weights.view(self._out, channels, height, width).transpose(1, 2).flatten()
        return torch.cat([weights, torch.arange(self._out) + weights.numel()])

    def bind(self, weights: Tensor, gradient: Tensor) -> None:
        """Use these buffers, laid out as `parameter_index`, for weights and gradient."""
        sizes = [self._out * self._in, self._out]
        weight, bias = torch.split(weights, sizes)
        self._weight, self._bias = weight.view(self._out, self._in), bias.unsqueeze(1).expand_as(self.output)
        self._weight_t = self._weight.t()
        weight_gradient, self._bias_gradient = torch.split(gradient, sizes)
        self._weight_gradient = weight_gradient.view(self._out, self._in)

    def forward(self) -> None:
        """Compute `output` from the previous stage's output."""
        torch.addmm(self._bias, self._weight, self._input, out=self.output)
        if self._activation:
            self._activation.apply_(self.output)

    def backward(self) -> None:
        """Compute the gradients of weights and input from `output_gradient`."""
        gradient = self.output_gradient
        if self._activation:
            self._activation.backward(gradient, self.output, grad_input=gradient)
        torch.mm(gradient, self._input_t, out=self._weight_gradient)
        torch.sum(gradient, 1, out=self._bias_gradient)
        torch.mm(self._weight_t, gradient, out=self._input_gradient)
