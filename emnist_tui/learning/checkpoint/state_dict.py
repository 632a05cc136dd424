"""Weights from a file, matched to a model by key or shape."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from emnist_tui.learning.checkpoint.choice import choose
from emnist_tui.learning.checkpoint.own_network import StateDict, trained_names
from emnist_tui.learning.checkpoint.refusals import HOW_TO_SAVE, foreign_class, listed
from emnist_tui.learning.checkpoint.weight_sets import Entries, Search, TooManyEntriesError
from emnist_tui.learning.models.registry import build_model
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.models import MODELS

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class Match:
    """Weights of a file that fit a model."""

    model: str
    weights: StateDict
    """Weights under the model's own keys."""
    key: str
    """Dotted key of the weights in the file; empty for the file's content itself."""
    other_keys: tuple[str, ...]
    """Keys of other values in the file that fit as well."""


def match_model(subject: object, content: object, key: str | None = None) -> Match:
    """Match foreign weights to a model by shape.

    `subject` names the file in error messages. The weights are anywhere in `content`; of several sets, `key` chooses,
    or their names do, see `choose`. Raises `UsageError` if neither decides, `EmnistTuiError` if none fits.
    """
    models = model_shapes()

    def weights(tensors: Entries) -> Entries | None:
        return next(filter(None, (_weights(tensors, shapes) for shapes in models.values())), None)

    try:
        search = Search(content, weights)
    except TooManyEntriesError:
        raise EmnistTuiError(f"{subject} holds too many entries to search; {HOW_TO_SAVE}.") from None
    if search.foreign and key is None:
        raise foreign_class(subject, search.foreign[0])
    if not search.sets:
        raise _no_match(subject, content, search.largest, models)
    used, chosen, others = choose(subject, search.sets, key, is_complete=not search.largest)
    model = next(model for model, shapes in models.items() if _weights(chosen.tensors, shapes))
    return Match(model, _checked(subject, _assign(subject, model, chosen.tensors, models[model])), used, others)


def model_shapes() -> dict[str, Shapes]:
    """Return the shape of each weight, by model and key.

    Draws no random numbers.
    """
    with torch.device("meta"):
        models = {name: build_model(name) for name in MODELS}
    return {
        name: {key: tuple(value.shape) for key, value in model.state_dict().items()} for name, model in models.items()
    }


def trained_weights(model: str) -> tuple[str, ...]:
    """Return the keys of a model's trained weights.

    These are all but the statistics of its norms.
    """
    with torch.device("meta"):
        return trained_names(build_model(model))


def fit_model(subject: object, entries: object, model: str) -> StateDict:
    """Match weights to `model` by its own keys and shapes.

    Raises `EmnistTuiError` if they do not match.
    """
    shapes = model_shapes()[model]
    weights = entries if isinstance(entries, dict) else {}
    if weights.keys() != shapes.keys() or not all(isinstance(value, Tensor) for value in weights.values()):
        raise _mismatch(subject, model, f"weights named {listed(shapes)}", listed(map(str, weights)) or "none")
    for key, expected in shapes.items():
        if tuple(weights[key].shape) != expected:
            raise _mismatch(subject, model, f"{_size(expected)} for {key}", _size(weights[key].shape))
    return _checked(subject, {key: weights[key] for key in shapes})


def _weights(tensors: Entries, shapes: Shapes) -> Entries | None:
    """Pick a model's weights out of tensors, in their order.

    Returns None if other tensors remain, or a shape is missing. Counters and single numbers, such as
    `num_batches_tracked` or a loss, are no weights.
    """
    expected = sorted(shapes.values())
    left = {name: tensor for name, tensor in tensors.items() if tensor.dim()}
    if sorted(tuple(tensor.shape) for tensor in left.values()) == expected:
        return left
    left = {name: tensor for name, tensor in left.items() if not _is_extra(name, tensor, expected)}
    return left if sorted(tuple(tensor.shape) for tensor in left.values()) == expected else None


def _is_extra(name: str, tensor: Tensor, expected: list[tuple[int, ...]]) -> bool:
    if not tensor.is_floating_point() and not tensor.is_complex():
        return tuple(tensor.shape) not in expected
    return tensor.numel() == 0 or (tensor.numel() == 1 and name.rpartition(".")[2] not in ("weight", "bias"))


def _assign(subject: object, model: str, tensors: Entries, shapes: Shapes) -> StateDict:
    """Assign tensors of a model's shapes to its keys.

    The model's own keys decide, else its order, else the shapes. Raises `EmnistTuiError` if equal shapes remain.
    """
    names = _by_prefix(tensors, shapes) or _by_suffix(tensors, shapes)
    if names and all(tuple(tensors[name].shape) == shapes[own] for own, name in names.items()):
        return {own: tensors[name] for own, name in names.items()}
    in_order = dict(zip(shapes, tensors, strict=True))
    if all(tuple(tensors[name].shape) == shapes[own] for own, name in in_order.items()) and _agree(in_order):
        return {own: tensors[name] for own, name in in_order.items()}
    by_shape = {tuple(tensor.shape): tensor for tensor in tensors.values()}
    if len(by_shape) < len(shapes):
        raise EmnistTuiError(
            f"{subject} holds weights of equal shapes in another order than the {model} model, under other names; "
            f"rename them to {listed(shapes)}."
        )
    return {own: by_shape[shape] for own, shape in shapes.items()}


def _by_prefix(tensors: Entries, shapes: Shapes) -> dict[str, str] | None:
    """Name the tensor of each key where only one prefix differs.

    Either the names have it, or the model's keys. It does not change their sorted order.
    """
    own, names = sorted(shapes), sorted(tensors)
    for longer, shorter in ((names, own), (own, names)):
        prefix = longer[0].removesuffix(shorter[0])
        if longer == [f"{prefix}{name}" for name in shorter]:
            return dict(zip(own, names, strict=True))
    return None


def _by_suffix(tensors: Entries, shapes: Shapes) -> dict[str, str] | None:
    """Name the only tensor that fits each key, where prefixes differ."""
    found: dict[str, str] = {}
    for own in shapes:
        names = [name for name in tensors if f".{name}".endswith(f".{own}") or own.endswith(f".{name}")]
        if len(names) != 1:
            return None
        found[own] = names[0]
    return found if len(set(found.values())) == len(shapes) else None


def _agree(names: dict[str, str]) -> bool:
    """Return whether no name contradicts its key, such as bias and weight."""
    last = {own: own.rpartition(".")[2] for own in names}
    return all((end := name.rpartition(".")[2]) == last[own] or end not in last.values() for own, name in names.items())


def _no_match(subject: object, content: object, largest: Entries, models: dict[str, Shapes]) -> EmnistTuiError:
    if not largest:
        only = "" if isinstance(content, dict | list | tuple) else f", only a {type(content).__name__}"
        return EmnistTuiError(f"{subject} holds no weights{only}; {HOW_TO_SAVE}.")
    found = Counter(tuple(tensor.shape) for tensor in largest.values())

    def common(model: str) -> int:
        return (found & Counter(models[model].values())).total()

    model = max(models, key=common)  # the first of several
    expected = listed(map(_size, models[model].values()))
    return _mismatch(subject, model, expected, listed(_size(tensor.shape) for tensor in largest.values()))


def _checked(subject: object, weights: StateDict) -> StateDict:
    """Convert weights to float32; raises `EmnistTuiError` unless every value is finite.

    Their shapes are known to be a model's by now, so this is fast.
    """
    for key, weight in weights.items():
        if weight.layout != torch.strided or weight.device.type != "cpu" or not weight.is_floating_point():
            raise EmnistTuiError(
                f"{subject} holds weights that are not plain floating-point tensors ({key}); {HOW_TO_SAVE}."
            )
    converted = {key: weight.detach().to(torch.float32, copy=True) for key, weight in weights.items()}
    for key, weight in converted.items():
        if not weight.isfinite().all():
            raise EmnistTuiError(
                f"{subject} holds weights that are not finite numbers ({key}); choose an earlier checkpoint."
            )
    return converted


def _mismatch(subject: object, model: str, expected: str, found: str) -> EmnistTuiError:
    return EmnistTuiError(
        f"{subject} does not match the {model} model: expected {expected}, found {found}; choose another checkpoint."
    )


def _size(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape)) or "a number"
