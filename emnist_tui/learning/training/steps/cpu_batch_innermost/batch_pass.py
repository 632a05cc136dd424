"""The batch-innermost pass: batches, chunks and the way through all stages."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.training.optimizer import FlatParameters
from emnist_tui.learning.training.steps.batch_pass import Batch
from emnist_tui.learning.training.steps.cpu_batch_innermost.convolution import Convolution, pixel_windows
from emnist_tui.learning.training.steps.cpu_batch_innermost.linear import Linear
from emnist_tui.learning.training.steps.cpu_batch_innermost.plan import NO_PARAMETER, Layer, plan_layers

_CHUNK = 64  # images that are computed together; buffers of more no longer fit the cache
_GATHERED = 512  # images that are laid out together
_PIXEL = 1 / 255


class BatchInnermostPass:
    """Forward and backward pass of a small CNN on the CPU.

    `plan_layers` defines the supported networks.
    """

    name = "batch innermost"

    @staticmethod
    def can_compute(model: nn.Module) -> bool:
        """Return whether `plan_layers` supports the network."""
        return plan_layers(model) is not None

    def __init__(self, model: nn.Module, parameters: FlatParameters, split: Split) -> None:
        """Plan the layers; raise `ValueError` for an unsupported network."""
        layers = plan_layers(model)
        if layers is None:
            raise ValueError("the network is not a chain of convolutions with pooling and linear layers")
        self._layers = layers
        self._parameters = parameters
        self._images, self._labels = split.images.flatten(1), split.labels
        self._networks: dict[int, _Network] = {}
        _, *self._shape = split.images.shape

    def batches(self, order: Tensor, batch_size: int, distortions: Tensor | None = None) -> Iterator[Batch]:
        """Yield batches with even and odd columns apart.

        The images are uint8 [height, 2, width / 2, N]. Raises `ValueError` for distortions.
        """
        if distortions is not None:
            raise ValueError("this step distorts no images")
        height, width = self._shape
        for gathered in torch.split(order, max(1, _GATHERED // batch_size) * batch_size):
            whole = len(gathered) // batch_size * batch_size
            for indices in filter(len, (gathered[:whole], gathered[whole:])):
                size = min(batch_size, len(indices))
                images = torch.index_select(self._images, 0, indices).view(-1, size, height, width // 2, 2)
                labels = torch.index_select(self._labels, 0, indices).view(-1, size)
                yield from map(Batch, images.permute(0, 2, 4, 3, 1).contiguous(), labels)

    def forward_backward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Compute a batch's loss and log-probabilities, and write the gradient."""
        self._parameters.gradient.zero_()
        total = len(batch.labels)
        if total <= _CHUNK:
            loss, logits = self._network(total).forward_backward(batch.images, batch.labels, total)
            return loss, logits.t()
        chunks = zip(torch.split(batch.images, _CHUNK, dim=-1), torch.split(batch.labels, _CHUNK), strict=True)
        computed = [self._network(len(labels)).forward_backward(images, labels, total) for images, labels in chunks]
        losses, logits_of_chunks = zip(*computed, strict=True)
        return torch.stack(losses).sum(), torch.cat(logits_of_chunks, dim=1).t()

    def _network(self, images: int) -> "_Network":
        if images not in self._networks:
            self._networks[images] = _Network(self._layers, self._parameters, self._shape, images)
        return self._networks[images]


class _Network:
    """Stages of a network, with buffers for a number of images."""

    def __init__(self, layers: Sequence[Layer], parameters: FlatParameters, shape: Sequence[int], images: int) -> None:
        self._parameters = parameters
        self._stages: list[Convolution | Linear] = []
        height, width = shape
        for layer in layers:
            previous = self._stages[-1] if self._stages else None
            if isinstance(layer.module, nn.Conv2d):
                assert previous is None or isinstance(previous, Convolution)
                convolution = Convolution(layer.module, layer.activation, height, width, images, previous)
                self._stages.append(convolution)
                height, width = convolution.height, convolution.width
            else:
                assert previous is not None
                self._stages.append(Linear(layer.module, layer.activation, images, previous))
        self._expand_parameters(layers)
        last = self._stages[-1]
        self._logits, self._logits_gradient = last.output, last.output_gradient
        self._classes = torch.arange(len(last.output)).unsqueeze(1)
        self._target = torch.empty_like(last.output)
        self._target_row = self._target.view(-1)

    def forward_backward(self, images: Tensor, labels: Tensor, total: int) -> tuple[Tensor, Tensor]:
        """Compute a chunk's loss and log-probabilities, and add to the gradient.

        The images are laid out as in `batches`. The loss is the chunk's share of the mean loss of `total` images; the
        log-probabilities are float32 [10, N].
        """
        torch.index_select(self._parameters.values, 0, self._index, out=self._expanded).mul_(self._factor)
        first, *others = self._stages
        assert isinstance(first, Convolution)
        first.load(pixel_windows(images, first.kernel, first.width))
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

    def _expand_parameters(self, layers: Sequence[Layer]) -> None:
        """Map every stage's weights to parameters.

        `_index` holds the parameter of each expanded weight, `_factor` what it is multiplied by: 0 for none, 1 / 255
        for the weights of pixels, else 1.
        """
        indices, offset = [], 0
        for stage, layer in zip(self._stages, layers, strict=True):
            index = stage.parameter_index()
            indices.append(torch.where(index == NO_PARAMETER, index, index + offset))
            offset += sum(parameter.numel() for parameter in layer.module.parameters())
        index = torch.cat([index.flatten() for index in indices])
        factor = (index != NO_PARAMETER).float()
        factor[index < layers[0].module.weight.numel()] *= _PIXEL  # the first parameters are the weights of pixels
        self._index, self._factor = index.clamp(min=0), factor
        self._expanded, self._expanded_gradient = torch.empty_like(factor), torch.empty_like(factor)
        sizes = [index.numel() for index in indices]
        pairs = zip(torch.split(self._expanded, sizes), torch.split(self._expanded_gradient, sizes), strict=True)
        for stage, buffers in zip(self._stages, pairs, strict=True):
            stage.bind(*buffers)
