"""Weights from a file, matched to a model by key or shape."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from emnist_tui.learning.models.registry import MODELS
from emnist_tui.runs.errors import EmnistTuiError, UsageError

StateDict = dict[str, Tensor]

HOW_TO_SAVE = "save one with `torch.save(model.state_dict(), path)`"
"""Advice at the end of an error message."""

_MOST_LISTED = 8
"""Shapes or keys of a file that an error message lists."""


class UnknownKeyError(UsageError):
    """A key that names no weights of the file."""


def match_model(path: Path, content: dict[Any, Any], key: str | None = None) -> tuple[str, StateDict, str]:
    """Match a foreign `state_dict` to a model by shape.

    Its weights must have the shapes of the model's weights, in the same order; keys do not matter. The `state_dict` is
    `content` itself or one of its values, the one under `key` if given. Returns the model's name, the weights under the
    model's own keys, and the key in use, empty for `content` itself. Raises `UnknownKeyError` if there are no weights
    under `key`, `EmnistTuiError` if no model matches.
    """
    found = {"": content, **{str(name): entries for name, entries in content.items()}}
    candidates = {name: entries for name, entries in found.items() if _weights(entries)}
    if not candidates:
        raise EmnistTuiError(f"{path} holds no weights; {HOW_TO_SAVE}.")
    if key is not None and key not in candidates:
        raise UnknownKeyError(
            f"{path} has no weights under {key!r}; choose one of: {_listed(filter(None, candidates))}."
        )
    models = model_shapes()
    for name, entries in candidates.items() if key is None else [(key, candidates[key])]:
        weights = _weights(entries)
        for model, shapes in models.items():
            if [tuple(weight.shape) for weight in weights] == list(shapes.values()):
                return model, _checked(path, dict(zip(shapes, weights, strict=True))), name
    expected = " or ".join(_listed(map(_size, shapes.values())) for shapes in models.values())
    found = _listed(_size(weight.shape) for weight in _weights(next(iter(candidates.values()))))
    raise _mismatch(path, " or ".join(models), expected, found)


def model_shapes() -> dict[str, dict[str, tuple[int, ...]]]:
    """Return the shape of each weight, by model and key.

    Draws no random numbers.
    """
    with torch.device("meta"):
        models = {name: build() for name, build in MODELS.items()}
    return {
        name: {key: tuple(value.shape) for key, value in model.state_dict().items()} for name, model in models.items()
    }


def fit_model(path: Path, entries: object, model: str) -> StateDict:
    """Match weights to `model` by its own keys and shapes.

    Raises `EmnistTuiError` if they do not match.
    """
    shapes = model_shapes()[model]
    if not isinstance(entries, dict) or entries.keys() != shapes.keys() or len(_weights(entries)) != len(shapes):
        keys = _listed(map(str, entries)) if isinstance(entries, dict) else ""
        raise _mismatch(path, model, f"weights named {_listed(shapes)}", keys or "none")
    for key, expected in shapes.items():
        if tuple(entries[key].shape) != expected:
            raise _mismatch(path, model, f"{_size(expected)} for {key}", _size(entries[key].shape))
    return _checked(path, {key: entries[key] for key in shapes})


def _weights(entries: object) -> list[Tensor]:
    if not isinstance(entries, Mapping):
        return []
    return [value for value in entries.values() if isinstance(value, Tensor)]


def _checked(path: Path, weights: StateDict) -> StateDict:
    """Convert weights to float32; raises `EmnistTuiError` unless every value is finite.

    Their shapes are known to be a model's by now, so this is fast.
    """
    for key, weight in weights.items():
        if weight.layout != torch.strided or weight.device.type != "cpu" or not weight.is_floating_point():
            raise EmnistTuiError(
                f"{path} holds weights that are not plain floating-point tensors ({key}); {HOW_TO_SAVE}."
            )
    converted = {key: weight.detach().to(torch.float32, copy=True) for key, weight in weights.items()}
    for key, weight in converted.items():
        if not weight.isfinite().all():
            raise EmnistTuiError(
                f"{path} holds weights that are not finite numbers ({key}); choose an earlier checkpoint."
            )
    return converted


def _mismatch(path: Path, model: str, expected: str, found: str) -> EmnistTuiError:
    return EmnistTuiError(
        f"{path} does not match the {model} model: expected {expected}, found {found}; choose another checkpoint."
    )


def _listed(items: Iterable[str]) -> str:
    """List the first items on one line of bounded length.

    They may come from a hostile file.
    """
    first = [" ".join(item[:60].split()) for item in islice(items, _MOST_LISTED + 1)]
    return ", ".join([*first[:_MOST_LISTED], "…"] if len(first) > _MOST_LISTED else first)


def _size(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape)) or "a number"
