"""Trainable networks by name: what is known of each without torch.

A network of one's own is named by its file instead, as `path/to/file.py:Name`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emnist_tui.runs.errors import UsageError


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
        "emnist_tui.learning.models.baseline:Baseline", "two small convolutions, the documented recipe", 1_138, 0.975
    ),
    "compact": Model(
        "emnist_tui.learning.models.compact:Compact",
        "depthwise convolutions, as small as the baseline",
        1_267,
        0.993,
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
        0.997,
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
        raise UsageError(f"There is no model {name!r}; choose one of: {', '.join(MODELS)}.")
    return MODELS[name]
