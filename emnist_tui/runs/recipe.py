"""Comparison of a configuration with the recipe of its model."""

from dataclasses import replace
from typing import Any

from emnist_tui.runs.config import TrainConfig, valid_recipe
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.models import resolve_model
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
_DEFAULTS = TrainConfig().to_json()
COMPARED = (*RECIPE, "validation", "patience")
"""Fields that count as a difference from the recipe; the others belong to one run or machine."""


def explain_bad_model(text: str) -> str | None:
    """Explain, as a sentence, why a model cannot be trained.

    Its text names none, or a file whose recipe is invalid.
    """
    try:
        valid_recipe(resolve_model(text))
    except UsageError as error:
        return str(error)
    return None


def recipe_values(model: str) -> dict[str, Any]:
    """Return the values of `RECIPE`'s fields by a model's recipe.

    What else a file's recipe names is among them. They are the documented ones where none can be read.
    """
    try:
        chosen = valid_recipe(model)
    except UsageError:
        chosen = {}
    return {**{name: _DEFAULTS[name] for name in RECIPE}, **chosen}


def differences(config: TrainConfig) -> dict[str, Any]:
    """Return the values of a configuration that differ from its model's recipe."""
    recipe = {**_DEFAULTS, **recipe_values(config.model)}
    changed = {name: value for name, value in config.to_json().items() if name in COMPARED and value != recipe[name]}
    if warmup_of(config) == warmup_of(replace(config, warmup=recipe["warmup"])):
        changed.pop("warmup", None)
    return changed
