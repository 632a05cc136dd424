"""Weights from a file, fitted to a model: by the model's own keys, or by order and shape."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from emnist_tui.learning.models.registry import MODELS
from emnist_tui.runs.errors import EmnistTuiError

StateDict = dict[str, Tensor]

HOW_TO_SAVE = "save one with `torch.save(model.state_dict(), path)`"
"""What to do, at the end of a sentence."""


def match_model(path: Path, content: dict[Any, Any]) -> tuple[str, StateDict]:
    """The model that somebody's `state_dict` is of, and its weights by the model's keys.

    The `state_dict` is `content` itself or one level down in it. Raises `EmnistTuiError` when it fits no model.
    """
    found = [entries for entries in (content, *content.values()) if _weights(entries)]
    if not found:
        raise EmnistTuiError(f"{path} holds no weights; {HOW_TO_SAVE}.")
    for entries in found:
        for model, shapes in model_shapes().items():
            weights = _weights(entries)
            if [tuple(weight.shape) for weight in weights] == list(shapes.values()):
                return model, _sound(path, dict(zip(shapes, weights, strict=True)))
    sizes = ", ".join(_size(weight.shape) for weight in _weights(found[0])[:8])
    raise EmnistTuiError(
        f"{path} fits none of the models {', '.join(MODELS)} (its weights are {sizes}); choose a checkpoint of one."
    )


def model_shapes() -> dict[str, dict[str, tuple[int, ...]]]:
    """The shapes of each model's weights, by the model's name and their keys; draws no random numbers."""
    with torch.device("meta"):
        models = {name: build() for name, build in MODELS.items()}
    return {
        name: {key: tuple(value.shape) for key, value in model.state_dict().items()} for name, model in models.items()
    }


def _weights(entries: object) -> list[Tensor]:
    if not isinstance(entries, Mapping):
        return []
    return [value for value in entries.values() if isinstance(value, Tensor)]


def fit_model(path: Path, entries: object, model: str) -> StateDict:
    """The weights by the model's own keys, checked against its shapes. Raises `EmnistTuiError` when they do not fit."""
    shapes = model_shapes()[model]
    if not isinstance(entries, dict) or entries.keys() != shapes.keys() or len(_weights(entries)) != len(shapes):
        raise EmnistTuiError(f"{path} does not hold the weights of the model {model}; choose another checkpoint.")
    for key, expected in shapes.items():
        if tuple(entries[key].shape) != expected:
            raise EmnistTuiError(
                f"{path} does not fit the model {model} ({key} is {_size(entries[key].shape)}, "
                f"not {_size(expected)}); choose another checkpoint."
            )
    return _sound(path, {key: entries[key] for key in shapes})


def _sound(path: Path, weights: StateDict) -> StateDict:
    """The weights as float32, every one of them a number. Their shapes are known by now, so this is quick."""
    for key, weight in weights.items():
        if weight.layout != torch.strided or weight.device.type != "cpu" or not weight.is_floating_point():
            raise EmnistTuiError(f"{path} is not of plain floating-point weights ({key}); {HOW_TO_SAVE}.")
    converted = {key: weight.detach().to(torch.float32, copy=True) for key, weight in weights.items()}
    for key, weight in converted.items():
        if not weight.isfinite().all():
            raise EmnistTuiError(
                f"{path} holds weights that are not finite numbers ({key}); choose an earlier checkpoint."
            )
    return converted


def _size(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape)) or "a number"
