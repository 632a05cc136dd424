"""Networks of tests in the table of models."""

from torch import nn

from emnist_tui.learning.models.registry import count_parameters
from emnist_tui.runs.models import Model


def entry(network: type[nn.Module]) -> Model:
    """Return an entry of the table for a class of a test module."""
    return Model(f"{network.__module__}:{network.__qualname__}", "of a test", count_parameters(network()), 0.5)
