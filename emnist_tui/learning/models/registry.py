"""Trainable networks by name."""

from collections.abc import Callable

from torch import nn

from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.runs.errors import UsageError

MODELS: dict[str, Callable[[], nn.Module]] = {"baseline": Baseline}


def build_model(name: str) -> nn.Module:
    """Build a freshly initialized network on the CPU.

    Raises `UsageError` for a name that is not in `MODELS`.
    """
    if name not in MODELS:
        raise UsageError(f"There is no model {name!r}; choose one of: {', '.join(MODELS)}.")
    return MODELS[name]()


def count_parameters(model: nn.Module) -> int:
    """Count the trainable parameters of a network."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
