"""Comparison of a configuration with the recipe of its model."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.schedule import warmup_of

RECIPE = (
    "epochs",
    "batch_size",
    "learning_rate",
    "optimizer",
    "schedule",
    "warmup",
    "weight_decay",
    "label_smoothing",
    "augmentation",
    "ema",
    "clip_norm",
)
"""Fields of `TrainConfig` that a model's recipe chooses."""
COMPARED = (*RECIPE, "validation", "patience")
"""Fields that count as a difference from the recipe; the others belong to one run or machine."""


def configuration_of(model: str) -> TrainConfig:
    """Return a model with its recipe.

    It is the documented one where none can be read.
    """
    try:
        return TrainConfig.of(model=model)
    except UsageError:
        return TrainConfig()


def differences(config: TrainConfig) -> dict[str, Any]:
    """Return the values of a configuration that differ from its model's recipe."""
    recipe = configuration_of(config.model).to_json()
    changed = {name: value for name, value in config.to_json().items() if name in COMPARED and value != recipe[name]}
    if warmup_of(config) == warmup_of(replace(config, warmup=recipe["warmup"])):
        changed.pop("warmup", None)
    return changed


def spelled(values: Mapping[str, Any]) -> str:
    """Write values as words: `epochs 5, learning rate 0.003`."""
    return ", ".join(f"{name.replace('_', ' ')} {_spelled(name, value)}" for name, value in values.items())


def _spelled(name: str, value: Any) -> str:
    if value is None:
        return "automatic"
    if isinstance(value, int) and name in COMPARED:  # a seed is no quantity
        return f"{value:,}"
    return f"{value:g}".replace("e-0", "e-") if isinstance(value, float) else f"{value}"
