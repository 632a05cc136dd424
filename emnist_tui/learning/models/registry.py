"""Networks of the table of models, and of one's own files."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pkgutil import resolve_name
from typing import cast

from torch import nn

from emnist_tui.learning.models.user_file import UserNetwork
from emnist_tui.runs.models import require_model
from emnist_tui.runs.network_files import NetworkFile
from emnist_tui.runs.network_sources import NetworkSource


@dataclass(frozen=True)
class Definition:
    """A network's class or function, loaded."""

    build: Callable[[], nn.Module]
    """Builds a freshly initialized network on the CPU."""
    source: NetworkSource | None = None
    """File of a network of one's own."""


def load_definition(name: str) -> Definition:
    """Load a model of the table, or a network of one's own.

    The file of the latter is run. Raises `UsageError` for a name that is not in `MODELS`, and for a file that cannot
    be.
    """
    if file := NetworkFile.parse(name):
        own = UserNetwork(file)
        return Definition(own.build, own.source)
    return Definition(partial(build_model, name))


def build_model(name: str) -> nn.Module:
    """Build a freshly initialized model of the table on the CPU.

    It never runs a file, whatever the name. Raises `UsageError` for a name that is not in `MODELS`.
    """
    return cast(nn.Module, resolve_name(require_model(name).network)())


def count_parameters(model: nn.Module) -> int:
    """Count the trainable parameters of a network."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
