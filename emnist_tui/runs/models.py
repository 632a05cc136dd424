"""Trainable networks by name: what is known of each without torch.

A network of one's own is named by its file instead, as `path/to/file.py:Name`; see `runs.network_sources`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.network_files import NetworkFile


@dataclass(frozen=True)
class Model:
    """A network that comes with the program."""

    network: str
    """Its class, as `module:name`."""
    summary: str
    parameters: int
    """Number of trainable parameters."""
    accuracy: float
    """Test accuracy that its recipe reaches, 0 to 1: the mean of five seeds in `emnist-tui help networks`."""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `TrainConfig` that differ from their defaults."""


MODELS = {
    "baseline": Model(
        "emnist_tui.learning.models.baseline:Baseline", "two small convolutions, the documented recipe", 1_138, 0.97351
    ),
    "compact": Model(
        "emnist_tui.learning.models.compact:Compact",
        "depthwise convolutions, about as small as the baseline",
        1_267,
        0.99357,
        {
            "epochs": 40,
            "batch_size": 128,
            "optimizer": "adamw",
            "learning_rate": 0.03,
            "schedule": "one-cycle",
            "weight_decay": 1e-4,
            "augmentation": 0.5,
            "ema": 0.999,
        },
    ),
    "accurate": Model(
        "emnist_tui.learning.models.accurate:Accurate",
        "residual depthwise convolutions, the most accurate",
        29_958,
        0.99737,
        {
            "epochs": 12,
            "batch_size": 128,
            "optimizer": "adamw",
            "learning_rate": 0.01,
            "schedule": "one-cycle",
            "weight_decay": 0.02,
            "augmentation": 1.0,
            "ema": 0.999,
        },
    ),
}


def require_model(name: str) -> Model:
    """Return the entry of a model. Raises `UsageError` if there is none."""
    if name not in MODELS:
        raise UsageError(
            f"There is no model {name!r}; choose one of: {', '.join(MODELS)}, or name your own as path/to/file.py:Name."
        )
    return MODELS[name]


def resolve_model(text: str) -> str:
    """Return what `TrainConfig` calls the model that a user named.

    That is a name, or a file by its absolute path and the network in it. Raises `UsageError` if there is neither.
    """
    if names_file(text):
        from emnist_tui.runs.network_sources import find_network  # here, since few runs need it

        return str(find_network(text))
    require_model(text)
    return text


def names_file(text: str) -> bool:
    """Return whether a user who named this model means a file."""
    return "/" in text or ".py" in text


def recipe_of(model: str) -> Mapping[str, Any]:
    """Return the fields of `TrainConfig` that a model's recipe sets.

    There are none for an unknown model. Raises `UsageError` for a file without a readable recipe.
    """
    if file := NetworkFile.parse(model):
        from emnist_tui.runs.network_sources import NetworkSource

        return NetworkSource.read(file).recipe
    return MODELS[model].recipe if model in MODELS else {}


def model_label(model: str) -> str:
    """Return the model of a `TrainConfig` as lists and events name it."""
    file = NetworkFile.parse(model)
    return file.label if file else model
