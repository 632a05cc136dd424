"""Launches of the two kernels, and the memory that they work on."""

from dataclasses import dataclass

import torch
from torch import Tensor

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.training.optimizer import ADAM_BETAS, EPSILON
from emnist_tui.learning.training.steps.cuda_fused.kernels import layout
from emnist_tui.learning.training.steps.cuda_fused.kernels.gradient import gradient_kernel
from emnist_tui.learning.training.steps.cuda_fused.kernels.update import update_kernel

_PARAMETERS = int(layout.PARAMETERS.value)
_GRADIENT_WARPS = 4
_SMALL_BATCH = 64
_SMALL_TILE = {"rows": 32, "columns": 32, "num_warps": 1}
_LARGE_TILE = {"rows": 256, "columns": 8, "num_warps": 4}
"""Sums of the update kernel. A large batch has more rows to wait for, so more programs and threads share them."""


@dataclass(frozen=True, eq=False)
class Weights:
    """Tensors that Adam changes, with all parameters in the order of `model.parameters()`."""

    values: Tensor
    """float32 [1138], which the network's own parameters are views of."""
    mean: Tensor
    """float32 [1138], first moments."""
    square: Tensor
    """float32 [1138], second moments."""
    count: Tensor
    """float32 scalar, steps taken."""


@dataclass(frozen=True, eq=False)
class Epoch:
    """Tensors that the steps of an epoch read, and their results.

    Where fewer steps remain, as after a resume, the cursor begins beyond 0; entries before it are not used.
    """

    order: Tensor
    """int64 [M], the images; a step takes the next `batch_size`, the last one what is left."""
    coefficients: Tensor
    """float32 [steps, 2]; see `coefficients.adam_coefficients`."""
    losses: Tensor
    """float32 [steps], mean cross-entropy in nats; NaN from the first that is not finite."""
    correct: Tensor
    """int64 [steps], images predicted correctly."""
    cursor: Tensor
    """int64 [1], the next step. A launch past the last step changes nothing."""
    diverged: Tensor
    """float32 scalar, 1 from the first loss on that is not finite, else 0. While it is 1, the weights stay."""


class FusedStep:
    """One optimizer step of the baseline network by two kernels."""

    def __init__(self, split: Split, weights: Weights, epoch: Epoch, batch_size: int) -> None:
        """Allocate the kernels' memory, 28 KB for each image of a batch.

        All tensors must be contiguous and on one device. Raises `ValueError` for others, and for wrong shapes or types.
        """
        self._device = weights.values.device
        steps = -(-len(epoch.order) // batch_size)
        for tensor, dtype, shape in (
            (split.images, torch.uint8, (len(split.labels), 28, 28)),
            (split.labels, torch.int64, (len(split.labels),)),
            (weights.values, torch.float32, (_PARAMETERS,)),
            (weights.mean, torch.float32, (_PARAMETERS,)),
            (weights.square, torch.float32, (_PARAMETERS,)),
            (weights.count, torch.float32, ()),
            (epoch.order, torch.int64, (len(epoch.order),)),
            (epoch.coefficients, torch.float32, (steps, 2)),
            (epoch.losses, torch.float32, (steps,)),
            (epoch.correct, torch.int64, (steps,)),
            (epoch.cursor, torch.int64, (1,)),
            (epoch.diverged, torch.float32, ()),
        ):
            self._require(tensor, dtype, shape)
        self._split, self._weights, self._epoch, self._batch_size = split, weights, epoch, batch_size

        def zeros(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
            return torch.zeros(shape, dtype=dtype, device=self._device)

        programs = batch_size * int(layout.PARTS.value)
        self._begun = zeros(1, dtype=torch.int32)
        self._begun_with = zeros(3)
        self._gradients = zeros(batch_size, int(layout.GRADIENT_ROW.value))
        self._image_losses = zeros(batch_size)
        self._image_correct = zeros(batch_size, dtype=torch.int32)
        self._floats = zeros(programs, int(layout.FLOATS.value))
        self._routes = zeros(programs, int(layout.ROUTES.value), dtype=torch.int64)
        self._tile = _SMALL_TILE if batch_size <= _SMALL_BATCH else _LARGE_TILE

    def launch(self) -> None:
        """Launch the step at the cursor, without waiting for it.

        The host passes nothing that changes, so a CUDA graph of launches can be replayed anywhere in an epoch. The
        first launch compiles the kernels, which a capture does not allow.
        """
        split, weights, epoch = self._split, self._weights, self._epoch
        sizes = self._batch_size, len(epoch.order)
        with torch.cuda.device(weights.values.get_device()):  # -1 on the CPU, which selects none
            gradient_kernel[(self._batch_size, int(layout.PARTS.value))](
                split.images,
                split.labels,
                epoch.order,
                epoch.coefficients,
                weights.values,
                epoch.cursor,
                epoch.diverged,
                self._begun,
                self._begun_with,
                self._gradients,
                self._image_losses,
                self._image_correct,
                self._floats,
                self._routes,
                *sizes,
                num_warps=_GRADIENT_WARPS,
                enable_fp_fusion=True,
            )
            update_kernel[(-(-_PARAMETERS // self._tile["columns"]),)](
                weights.values,
                weights.mean,
                weights.square,
                weights.count,
                self._begun,
                self._begun_with,
                self._gradients,
                self._image_losses,
                self._image_correct,
                epoch.losses,
                epoch.correct,
                epoch.cursor,
                epoch.diverged,
                *sizes,
                mean_weight=1 - ADAM_BETAS[0],
                square_decay=ADAM_BETAS[1],
                square_weight=1 - ADAM_BETAS[1],
                epsilon=EPSILON,
                enable_fp_fusion=True,
                **self._tile,
            )

    def _require(self, tensor: Tensor, dtype: torch.dtype, shape: tuple[int, ...]) -> None:
        is_right = tensor.dtype == dtype and tensor.shape == shape and tensor.is_contiguous()
        if not is_right or tensor.device != self._device:
            raise ValueError(
                f"expected a contiguous {dtype} tensor {list(shape)} on {self._device}, "
                f"not {tensor.dtype} {list(tensor.shape)} on {tensor.device}"
            )
