"""Networks, recipes and machines that the fused kernels are for."""

from torch import nn

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.training.steps.cpu_batch_innermost.plan import plan_layers
from emnist_tui.runs.config import TrainConfig

LARGEST_BATCH = 8_192
"""Images of a batch; the memory of the kernels then takes 226 MB."""


def can_fuse(model: nn.Module, config: TrainConfig) -> bool:
    """Return whether the kernels compute a network's step by a recipe.

    They compute the baseline's layers, all trained, and Adam without decay, smoothing, augmentation, averaging or
    clipping, at any learning rate. `plan_layers`, of the way for the CPU, checks what the anatomy does not tell:
    strides, padding and the like, and that no parameter is frozen or tied.
    """
    extras = config.weight_decay, config.label_smoothing, config.augmentation, config.ema, config.clip_norm
    is_plain = config.optimizer == "adam" and not any(extras) and config.batch_size <= LARGEST_BATCH
    return is_plain and plan_layers(model) is not None and _anatomy(model) == _anatomy(Baseline())


def explain_unusable(split: Split, batch_size: int) -> str | None:
    """Check the kernels on this machine; explain why they are useless.

    Returns None if they work. Compiling takes about ten seconds once, then Triton's cache has them. See
    `self_check.explain_difference`.
    """
    try:
        from emnist_tui.learning.training.steps.cuda_fused.self_check import explain_difference
    except Exception as error:  # of kinds that differ by Triton's version and what is broken
        return f"Triton cannot be imported ({error})."
    return explain_difference(split, batch_size)


def _anatomy(model: nn.Module) -> list[object]:
    """List a chain's layers by kind, and its parameters by shape."""
    assert isinstance(model.layers, nn.Sequential)
    kinds: list[object] = [type(layer) for layer in model.layers]
    return kinds + [(parameter.shape, parameter.dtype) for parameter in model.parameters()]
