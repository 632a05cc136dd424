"""Convolution, 2×2 max pooling and activation, batch innermost.

Notation: kernel k, input channels C, output channels O, pooled height ph and width pw, N images. One row of pooled
outputs depends on k + 1 rows of the input. Every input row becomes C · (k + 1) + 1 lines of pw · N floats; the k + 1
rows of lines under a pooled row are its band, one operand of a matrix product:

    lines of one input row             bands, views that overlap (k = 3)

    channel 0,   columns 0, 2, 4, …    input row 0 | band 0
    channel 0,   columns 1, 3, 5, …    input row 1 |
    … each shift from 0 to k           input row 2 |  | band 1
    channel C-1, columns k, k + 2, …   input row 3 |  |
    ones, for the bias                 input row 4    |  | band 2
                                       …

    members             =  weights   ×  bands             K = (k + 1) · (C · (k + 1) + 1)
    [ph, 4 · O, pw · N]    [4 · O, K]   [ph, K, pw · N]

    members, the 4 of each window      row maxima            maxima
    up left   | up right    -- max -->  upper  --+
    down left | down right  -- max -->  lower  --+- max -->  [ph, O · pw · N]  -- activation, in place -->  output

The expanded weights hold the kernel four times, once for each member at its place in the window, among zeros. The
backward pass overwrites row maxima and members with their gradients, from right to left.
"""

from functools import partial

import torch
from torch import Tensor, nn

from emnist_tui.learning.training.steps.cpu_batch_innermost.plan import NO_PARAMETER, Activation


class Convolution:
    """Buffers and passes of one convolution for N images."""

    def __init__(
        self,
        layer: nn.Conv2d,
        activation: Activation | None,
        height: int,
        width: int,
        images: int,
        previous: "Convolution | None",
    ) -> None:
        """`height` and `width` are the input's, in pixels."""
        kernel, channels, out = layer.kernel_size[0], layer.in_channels, layer.out_channels
        assert activation is not None
        self._channels, self._out = channels, out
        self.kernel = kernel
        self.height, self.width = (height - kernel + 1) // 2, (width - kernel + 1) // 2
        """Size of the pooled output, in pixels."""
        rows, lines, half = 2 * self.height + kernel - 1, channels * (kernel + 1) + 1, (kernel + 1) // 2
        length, pooled = self.width * images, out * self.width * images

        buffer = torch.ones(rows, lines, length)
        self._lines = buffer[:, :-1].view(rows, channels, half, 2, self.width, images)
        self._bands = buffer.as_strided((self.height, (kernel + 1) * lines, length), (2 * lines * length, length, 1))
        self._bands_t = self._bands.transpose(1, 2)

        # Gradients overwrite the values they belong to: the fewer bytes, the more of them stay in the cache.
        self._members = torch.empty(self.height, 4 * out, length)
        self._left, self._right = self._members.view(self.height, 2, 2, pooled).unbind(2)
        self._row_maxima = torch.empty(self.height, 2, pooled)
        self._upper, self._lower = self._row_maxima.unbind(1)
        self._maxima = torch.empty(self.height, pooled)
        self._maxima_gradient = torch.empty_like(self._maxima)
        self.output: Tensor = self._maxima.view(self.height, out, self.width, images)
        """float32 [ph, O, pw, N], after the activation."""
        self.output_gradient: Tensor = torch.zeros_like(self.output)
        """float32 [ph, O, pw, N], written by the next stage."""
        self._activate = partial(activation.apply_, self._maxima)
        self._activate_backward = partial(
            activation.backward,
            self.output_gradient.view_as(self._maxima),
            self._maxima,
            grad_input=self._maxima_gradient,
        )

        self._input: Tensor | None = None
        if previous is not None:
            self._input = _windows(previous.output, kernel, rows, self.width)
            self._input_gradient = previous.output_gradient
            self._band_gradients = torch.empty_like(self._bands, memory_format=torch.contiguous_format)
            self._overlaps = self._pair_overlaps(half, lines, images)

    def _pair_overlaps(self, half: int, lines: int, images: int) -> list[tuple[Tensor, Tensor]]:
        """Pair parts of the input's gradient with the band gradients to add."""
        channels, (row, channel, column, _) = self._channels, self._input_gradient.stride()
        bands = self._band_gradients.view(self.height, half, 2, lines, self.width, images)[:, :, :, :-1]
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

    def parameter_index(self) -> Tensor:
        """Return the parameter of each expanded weight.

        Int64 [2, 2, O, k + 1, C · (k + 1) + 1]: `NO_PARAMETER` where the weight is always 0.
        """
        k, channels, out = self.kernel, self._channels, self._out
        weights = torch.arange(out * channels * k * k).view(out, channels, k, k)
        index = torch.full((2, 2, out, k + 1, channels * (k + 1) + 1), NO_PARAMETER)
        for down in range(2):
            for right in range(2):
                window = index[down, right, :, :, :-1].view(out, k + 1, channels, k + 1)
                window[:, down : down + k, :, right : right + k] = weights.transpose(1, 2)
        index[:, :, :, 0, -1] = torch.arange(out) + weights.numel()
        return index

    def bind(self, weights: Tensor, gradient: Tensor) -> None:
        """Use these buffers, laid out as `parameter_index`, for weights and gradient."""
        shape = (4 * self._out, -1)
        weights = weights.view(shape)
        self._weights = weights.expand(self.height, *weights.shape)
        self._weights_t = weights.t().expand(self.height, *weights.t().shape)
        self._gradient = gradient.view(shape)
        self._row_gradients = torch.empty_like(self._weights, memory_format=torch.contiguous_format)

    def load(self, windows: Tensor) -> None:
        """Copy input windows into the lines.

        The windows are [rows, C, (k + 1) / 2, 2, pw, N].
        """
        self._lines.copy_(windows)

    def forward(self) -> None:
        """Compute `output` from the previous stage's output or the loaded pixels."""
        if self._input is not None:
            self.load(self._input)
        torch.bmm(self._weights, self._bands, out=self._members)
        torch.maximum(self._left, self._right, out=self._row_maxima)
        torch.maximum(self._upper, self._lower, out=self._maxima)
        self._activate()

    def backward(self) -> None:
        """Compute the gradients of weights and input from `output_gradient`."""
        self.backward_to_weights()
        torch.bmm(self._weights_t, self._members, out=self._band_gradients)
        self._input_gradient.zero_()
        for part, addend in self._overlaps:
            part.add_(addend)

    def backward_to_weights(self) -> None:
        """Compute the gradient of the weights only.

        Among equal members, as on blank paper, the first is the maximum, as in torch's own pooling.
        """
        gradient = self._maxima_gradient
        self._activate_backward()
        torch.ge(self._upper, self._lower, out=self._upper).mul_(gradient)
        torch.sub(gradient, self._upper, out=self._lower)
        torch.ge(self._left, self._right, out=self._left).mul_(self._row_maxima)
        torch.sub(self._row_maxima, self._left, out=self._right)
        torch.bmm(self._members, self._bands_t, out=self._row_gradients)
        torch.sum(self._row_gradients, 0, out=self._gradient)


def _windows(output: Tensor, kernel: int, rows: int, width: int) -> Tensor:
    """View a tensor as shifted windows of every second column.

    From [height, C, width, N] to [rows, C, (k + 1) / 2, 2, width, N], of the first `rows` rows; the shift s, from 0 to
    k, is at [s // 2, s % 2].
    """
    row, channel, column, image = output.stride()
    _, channels, _, images = output.shape
    return output.as_strided(
        (rows, channels, (kernel + 1) // 2, 2, width, images),
        (row, channel, 2 * column, column, 2 * column, image),
    )


def pixel_windows(images: Tensor, kernel: int, width: int) -> Tensor:
    """View pixels as the windows that `Convolution.load` takes.

    From uint8 [height, 2, width / 2, N], with even and odd columns apart, to [rows, 1, (k + 1) / 2, 2, width, N].
    """
    row, odd, column, image = images.stride()
    height, _, _, count = images.shape
    rows = (height - kernel + 1) // 2 * 2 + kernel - 1
    return images.as_strided(
        (rows, 1, (kernel + 1) // 2, 2, width, count),
        (row, 0, column, odd, column, image),
        images.storage_offset(),
    )
