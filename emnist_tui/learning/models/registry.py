"""Networks built by the names in the table of models."""

from pkgutil import resolve_name
from typing import cast

from torch import nn

from emnist_tui.runs.models import require_model


def build_model(name: str) -> nn.Module:
    """Build a freshly initialized network on the CPU.

    Raises `UsageError` for a name that is not in `MODELS`.
    """
    return cast(nn.Module, resolve_name(require_model(name).network)())


def count_parameters(model: nn.Module) -> int:
    """Count the trainable parameters of a network."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
