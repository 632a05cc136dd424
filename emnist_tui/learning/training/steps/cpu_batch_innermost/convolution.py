"""A small convolutional network's gradients on a CPU, several times as fast as autograd gets them.

At 32 images a step autograd spends its time beside the arithmetic. Here the batch is the innermost dimension of every
tensor, so that each operation runs over long rows; the four members of a pooling window are rows of one matrix product,
so that pooling is three maxima of such rows; and every tensor is written to the same memory in each step.

A convolution of kernel k and the pooling after it see, for one row of pooled outputs, k + 1 rows of the input. These
rows, each shifted by 0 to k pixels and taken in every second column, are the `band` that is multiplied:

    members [4 · O, pw · N]  =  expanded weights [4 · O, K]  ×  band [K, pw · N],    K = (k + 1) · (C · (k + 1) + 1)

In the expanded weights the kernel stands once for each of the four members, at its place in the window, among zeros.
The one more row of each k + 1 is of ones, for the bias. Bands of neighboring rows overlap in one buffer.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.models.layers import Chain
from emnist_tui.learning.training.optimizer import FlatParameters
from emnist_tui.learning.training.steps.autograd import Batch

_AT_ONCE = 64  # images that are computed together; buffers of more no longer fit the cache
_GATHERED = 512  # images that are laid out together
_PIXEL = 1 / 255
_NOTHING = -1  # in an index: no parameter, but 0


@dataclass(frozen=True)
class _Activation:
    """A monotonic function, so that it may follow the pooling that it precedes in the network."""

    apply_: Callable[[Tensor], object]
    backward: Callable[..., object]
    """Of the gradient and the output, into `grad_input`."""


_aten: Any = torch.ops.aten
_ACTIVATIONS: dict[type[nn.Module], _Activation] = {
    nn.ReLU: _Activation(torch.relu_, partial(_aten.threshold_backward.grad_input, threshold=0)),
    nn.Sigmoid: _Activation(torch.sigmoid_, _aten.sigmoid_backward.grad_input),
}


@dataclass(frozen=True)
class _Layer:
    """A convolution or linear layer, with the activation that follows."""

    of: nn.Conv2d | nn.Linear
    activation: _Activation | None


class BatchInnermostGradients:
    """Of a `Chain` of convolutions, each with activation and pooling, and then linear layers, on the CPU."""

    @staticmethod
    def can_compute(model: nn.Module) -> bool:
        return _layers_of(model) is not None

    def __init__(self, model: nn.Module, parameters: FlatParameters, split: Split) -> None:
        """Raises `ValueError` for a network that it cannot compute."""
        layers = _layers_of(model)
        if layers is None:
            raise ValueError("the network is not a chain of convolutions with pooling and linear layers")
        self._layers = layers
        self._parameters = parameters
        self._images, self._labels = split.images.flatten(1), split.labels
        self._networks: dict[int, _Network] = {}
        _, *self._shape = split.images.shape

    def batches(self, order: Tensor, batch_size: int) -> Iterator[Batch]:
        """Images are uint8 [height, 2, width / 2, N]: even columns, then odd ones."""
        height, width = self._shape
        for gathered in torch.split(order, max(1, _GATHERED // batch_size) * batch_size):
            whole = len(gathered) // batch_size * batch_size
            for indices in filter(len, (gathered[:whole], gathered[whole:])):
                size = min(batch_size, len(indices))
                images = torch.index_select(self._images, 0, indices).view(-1, size, height, width // 2, 2)
                labels = torch.index_select(self._labels, 0, indices).view(-1, size)
                yield from map(Batch, images.permute(0, 2, 4, 3, 1).contiguous(), labels)

    def compute(self, batch: Batch) -> tuple[Tensor, Tensor]:
        self._parameters.gradient.zero_()
        total = len(batch.labels)
        if total <= _AT_ONCE:
            loss, logits = self._network(total).compute(batch.images, batch.labels, total)
            return loss, logits.t()
        parts = zip(torch.split(batch.images, _AT_ONCE, dim=-1), torch.split(batch.labels, _AT_ONCE), strict=True)
        computed = [self._network(len(labels)).compute(images, labels, total) for images, labels in parts]
        losses, logits_of_parts = zip(*computed, strict=True)
        return torch.stack(losses).sum(), torch.cat(logits_of_parts, dim=1).t()

    def _network(self, images: int) -> "_Network":
        if images not in self._networks:
            self._networks[images] = _Network(self._layers, self._parameters, self._shape, images)
        return self._networks[images]


class _Network:
    """The layers, with the buffers for so many images."""

    def __init__(self, layers: Sequence[_Layer], parameters: FlatParameters, shape: Sequence[int], images: int) -> None:
        self._parameters = parameters
        self._stages: list[_Convolution | _Linear] = []
        height, width = shape
        for layer in layers:
            before = self._stages[-1] if self._stages else None
            if isinstance(layer.of, nn.Conv2d):
                assert before is None or isinstance(before, _Convolution)
                convolution = _Convolution(layer.of, layer.activation, height, width, images, before)
                self._stages.append(convolution)
                height, width = convolution.height, convolution.width
            else:
                assert before is not None
                self._stages.append(_Linear(layer.of, layer.activation, images, before))
        self._expand_parameters(layers)
        last = self._stages[-1]
        self._logits, self._logits_gradient = last.output, last.output_gradient
        self._classes = torch.arange(len(last.output)).unsqueeze(1)
        self._target = torch.empty_like(last.output)
        self._target_row = self._target.view(-1)

    def compute(self, images: Tensor, labels: Tensor, total: int) -> tuple[Tensor, Tensor]:
        """Of images as in `batches` and their labels: their part of the mean loss of `total` images, and
        log-probabilities, float32 [10, N]. Adds to the gradient.
        """
        torch.index_select(self._parameters.values, 0, self._index, out=self._expanded).mul_(self._factor)
        first, *others = self._stages
        assert isinstance(first, _Convolution)
        first.see(_pixel_windows(images, first.kernel, first.width))
        for stage in self._stages:
            stage.forward()
        log_probabilities = torch.log_softmax(self._logits, 0)

        torch.eq(labels, self._classes, out=self._target)
        loss = torch.dot(log_probabilities.view(-1), self._target_row).div_(-total)
        torch.exp(log_probabilities, out=self._logits_gradient).sub_(self._target).div_(total)
        for stage in reversed(others):
            stage.backward()
        first.backward_to_weights()
        self._parameters.gradient.index_add_(0, self._index, self._expanded_gradient.mul_(self._factor))
        return loss, log_probabilities

    def _expand_parameters(self, layers: Sequence[_Layer]) -> None:
        """Where each stage's weights come from: the index of a parameter, and what it is multiplied by."""
        indices, offset = [], 0
        for stage, layer in zip(self._stages, layers, strict=True):
            index = stage.index()
            indices.append(torch.where(index == _NOTHING, index, index + offset))
            offset += sum(parameter.numel() for parameter in layer.of.parameters())
        index = torch.cat([index.flatten() for index in indices])
        factor = (index != _NOTHING).float()
        factor[index < layers[0].of.weight.numel()] *= _PIXEL  # the first weights of all are those of pixels
        self._index, self._factor = index.clamp(min=0), factor
        self._expanded, self._expanded_gradient = torch.empty_like(factor), torch.empty_like(factor)
        sizes = [index.numel() for index in indices]
        pairs = zip(torch.split(self._expanded, sizes), torch.split(self._expanded_gradient, sizes), strict=True)
        for stage, weights in zip(self._stages, pairs, strict=True):
            stage.use(*weights)


class _Convolution:
    """Convolution, 2×2 maximum, activation."""

    def __init__(
        self,
        layer: nn.Conv2d,
        activation: _Activation | None,
        height: int,
        width: int,
        images: int,
        before: "_Convolution | None",
    ) -> None:
        """`height` and `width` are the input's."""
        kernel, channels, out = layer.kernel_size[0], layer.in_channels, layer.out_channels
        assert activation is not None
        self._channels, self._out = channels, out
        self.kernel = kernel
        self.height, self.width = (height - kernel + 1) // 2, (width - kernel + 1) // 2
        """Of the output."""
        rows, span, half = 2 * self.height + kernel - 1, channels * (kernel + 1) + 1, (kernel + 1) // 2
        length, pooled = self.width * images, out * self.width * images

        seen = torch.ones(rows, span, length)
        self._seen = seen[:, :-1].view(rows, channels, half, 2, self.width, images)
        self._bands = seen.as_strided((self.height, (kernel + 1) * span, length), (2 * span * length, length, 1))
        self._bands_t = self._bands.transpose(1, 2)

        # Gradients take the place of what they are the gradients of: the fewer bytes, the more of them in the cache.
        self._members = torch.empty(self.height, 4 * out, length)
        self._left, self._right = self._members.view(self.height, 2, 2, pooled).unbind(2)
        self._wider = torch.empty(self.height, 2, pooled)
        self._upper, self._lower = self._wider.unbind(1)
        self._largest = torch.empty(self.height, pooled)
        self._largest_gradient = torch.empty_like(self._largest)
        self.output: Tensor = self._largest.view(self.height, out, self.width, images)
        """float32 [height, O, width, N], after the activation."""
        self.output_gradient: Tensor = torch.zeros_like(self.output)
        """Whoever takes the output as its input leaves the gradient here."""
        self._activate = partial(activation.apply_, self._largest)
        self._activate_backward = partial(
            activation.backward,
            self.output_gradient.view_as(self._largest),
            self._largest,
            grad_input=self._largest_gradient,
        )

        self._input: Tensor | None = None
        if before is not None:
            self._input = _windows(before.output, kernel, rows, self.width)
            self._input_gradient = before.output_gradient
            self._band_gradients = torch.empty_like(self._bands, memory_format=torch.contiguous_format)
            self._overlaps = self._overlaps_of(half, span, images)

    def _overlaps_of(self, half: int, span: int, images: int) -> list[tuple[Tensor, Tensor]]:
        """Parts of the input's gradient, and of the bands' gradients what is to be added there."""
        channels, (row, channel, column, _) = self._channels, self._input_gradient.stride()
        bands = self._band_gradients.view(self.height, half, 2, span, self.width, images)[:, :, :, :-1]
        shifted = bands.view(self.height, half, 2, channels, half, 2, self.width, images)
        size = (self.height, 2, channels, 2, self.width, images)
        strides = (2 * row, row, channel, column, 2 * column, 1)
        return [
            (
                self._input_gradient.as_strided(size, strides, 2 * down * row + 2 * right * column),
                shifted[:, down, :, :, right],
            )
            for down in range(half)
            for right in range(half)
        ]

    def index(self) -> Tensor:
        """The parameter that each expanded weight is, int64 [2, 2, O, k + 1, C · (k + 1) + 1]."""
        k, channels, out = self.kernel, self._channels, self._out
        weights = torch.arange(out * channels * k * k).view(out, channels, k, k)
        index = torch.full((2, 2, out, k + 1, channels * (k + 1) + 1), _NOTHING)
        for down in range(2):
            for right in range(2):
                window = index[down, right, :, :, :-1].view(out, k + 1, channels, k + 1)
                window[:, down : down + k, :, right : right + k] = weights.transpose(1, 2)
        index[:, :, :, 0, -1] = torch.arange(out) + weights.numel()
        return index

    def use(self, weights: Tensor, gradient: Tensor) -> None:
        """Weights as `index` has them, and where their gradient goes."""
        shape = (4 * self._out, -1)
        weights = weights.view(shape)
        self._weights = weights.expand(self.height, *weights.shape)
        self._weights_t = weights.t().expand(self.height, *weights.t().shape)
        self._gradient = gradient.view(shape)
        self._gradient_of_rows = torch.empty_like(self._weights, memory_format=torch.contiguous_format)

    def see(self, windows: Tensor) -> None:
        self._seen.copy_(windows)

    def forward(self) -> None:
        if self._input is not None:
            self.see(self._input)
        torch.bmm(self._weights, self._bands, out=self._members)
        torch.maximum(self._left, self._right, out=self._wider)
        torch.maximum(self._upper, self._lower, out=self._largest)
        self._activate()

    def backward(self) -> None:
        """The gradients of weights and input, of the output's."""
        self.backward_to_weights()
        torch.bmm(self._weights_t, self._members, out=self._band_gradients)
        self._input_gradient.zero_()
        for part, addend in self._overlaps:
            part.add_(addend)

    def backward_to_weights(self) -> None:
        """Where members are equal, as on blank paper, the first has been the largest, as in torch's own pooling."""
        largest = self._largest_gradient
        self._activate_backward()
        torch.ge(self._upper, self._lower, out=self._upper).mul_(largest)
        torch.sub(largest, self._upper, out=self._lower)
        torch.ge(self._left, self._right, out=self._left).mul_(self._wider)
        torch.sub(self._wider, self._left, out=self._right)
        torch.bmm(self._members, self._bands_t, out=self._gradient_of_rows)
        torch.sum(self._gradient_of_rows, 0, out=self._gradient)


class _Linear:
    """Linear layer, and an activation where there is one."""

    def __init__(
        self, layer: nn.Linear, activation: _Activation | None, images: int, before: "_Convolution | _Linear"
    ) -> None:
        self._before = before
        self._in, self._out = layer.in_features, layer.out_features
        self._input = before.output.view(self._in, images)
        self._input_t = self._input.t()
        self._input_gradient = before.output_gradient.view(self._in, images)
        self.output: Tensor = torch.empty(self._out, images)
        """float32 [O, N], after the activation."""
        self.output_gradient: Tensor = torch.empty_like(self.output)
        """Whoever takes the output as its input leaves the gradient here."""
        self._activation = activation

    def index(self) -> Tensor:
        """The parameter that each weight is, int64 [I · O + O]: inputs in the order in which they lie here."""
        weights = torch.arange(self._out * self._in)
        if isinstance(self._before, _Convolution):
            height, channels, width, _ = self._before.output.shape
            weights = weights.view(self._out, channels, height, width).transpose(1, 2).flatten()
        return torch.cat([weights, torch.arange(self._out) + weights.numel()])

    def use(self, weights: Tensor, gradient: Tensor) -> None:
        """Weights as `index` has them, and where their gradient goes."""
        sizes = [self._out * self._in, self._out]
        weight, bias = torch.split(weights, sizes)
        self._weight, self._bias = weight.view(self._out, self._in), bias.unsqueeze(1).expand_as(self.output)
        self._weight_t = self._weight.t()
        weight_gradient, self._bias_gradient = torch.split(gradient, sizes)
        self._weight_gradient = weight_gradient.view(self._out, self._in)

    def forward(self) -> None:
        torch.addmm(self._bias, self._weight, self._input, out=self.output)
        if self._activation:
            self._activation.apply_(self.output)

    def backward(self) -> None:
        """The gradients of weights and input, of the output's."""
        gradient = self.output_gradient
        if self._activation:
            self._activation.backward(gradient, self.output, grad_input=gradient)
        torch.mm(gradient, self._input_t, out=self._weight_gradient)
        torch.sum(gradient, 1, out=self._bias_gradient)
        torch.mm(self._weight_t, gradient, out=self._input_gradient)


def _windows(output: Tensor, kernel: int, rows: int, width: int) -> Tensor:
    """Of a tensor [height, C, width, N]: its first rows, shifted by 0 to k columns, every second column.

    [rows, C, (k + 1) / 2, 2, width, N]; what is shifted by s lies at s // 2, s % 2.
    """
    row, channel, column, image = output.stride()
    _, channels, _, images = output.shape
    return output.as_strided(
        (rows, channels, (kernel + 1) // 2, 2, width, images),
        (row, channel, 2 * column, column, 2 * column, image),
    )


def _pixel_windows(images: Tensor, kernel: int, width: int) -> Tensor:
    """As `_windows`, of images [height, 2, width / 2, N] with even and odd columns apart."""
    row, odd, column, image = images.stride()
    height, _, _, count = images.shape
    rows = (height - kernel + 1) // 2 * 2 + kernel - 1
    return images.as_strided(
        (rows, 1, (kernel + 1) // 2, 2, width, count),
        (row, 0, column, odd, column, image),
        images.storage_offset(),
    )


def _layers_of(model: nn.Module) -> list[_Layer] | None:
    """None where this cannot compute them."""
    if not isinstance(model, Chain) or type(model).forward is not Chain.forward:
        return None
    rest = list(model.layers)
    layers: list[_Layer] = []
    while len(rest) >= 3 and _is_simple_convolution(rest[0], is_first=not layers) and _is_halving(rest[2]):
        convolution, activation, _ = rest[:3]
        if type(activation) not in _ACTIVATIONS:
            return None
        layers.append(_Layer(convolution, _ACTIVATIONS[type(activation)]))  # type: ignore[arg-type]
        rest = rest[3:]
    if not layers or not rest or type(rest[0]) is not nn.Flatten:
        return None
    rest = rest[1:]
    while len(rest) >= 2 and type(rest[0]) is nn.Linear and type(rest[1]) in _ACTIVATIONS:
        layers.append(_Layer(rest[0], _ACTIVATIONS[type(rest[1])]))
        rest = rest[2:]
    if len(rest) != 1 or type(rest[0]) is not nn.Linear:
        return None
    return [*layers, _Layer(rest[0], None)]


def _is_simple_convolution(layer: nn.Module, *, is_first: bool) -> bool:
    if type(layer) is not nn.Conv2d or layer.bias is None or (is_first and layer.in_channels != 1):
        return False
    height, width = layer.kernel_size
    is_plain = layer.padding in ("valid", (0, 0)) and layer.stride == layer.dilation == (1, 1) and layer.groups == 1
    return height == width and height % 2 == 1 and is_plain


def _is_halving(layer: nn.Module) -> bool:
    if type(layer) is not nn.MaxPool2d:
        return False
    given = (layer.kernel_size, layer.stride, layer.padding, layer.dilation, layer.ceil_mode, layer.return_indices)
    return given == (2, 2, 0, 1, False, False)
