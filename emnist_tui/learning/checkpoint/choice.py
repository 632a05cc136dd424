"""Choice among several sets of weights in one file."""

import hashlib
import re
from collections.abc import Sequence

import torch

from emnist_tui.learning.checkpoint.refusals import listed
from emnist_tui.learning.checkpoint.weight_sets import Entries, WeightSet
from emnist_tui.runs.errors import UsageError

_FILLERS = {
    *("state", "dict", "sd", "model", "models", "net", "network", "nn", "module", "weight", "weights"),
    *("param", "params", "parameter", "parameters", "checkpoint", "ckpt", "my", "the"),
}
"""Words that say no more than that these are weights."""
_RANKS = (
    {"ema", "swa", "shadow", "averaged", "average", "avg"},
    {"best", "val", "validation", "acc", "accuracy", "loss"},
    {"final", "last", "latest", "trained", "finetuned"},
)
_NEVER = {
    *("init", "initial", "initialization", "initialized", "start", "starting", "untrained", "random", "pretrained"),
    *("old", "previous", "prev", "before", "original", "backup"),
}
_FIRST_EPOCH = re.compile(r"\b(epoch|step)\W*0+\b")
_UNKNOWN, _LAST = 1 + len(_RANKS), 2 + len(_RANKS)


def rank(name: str) -> int:
    """Rank a name; lower is preferred.

    In this order: plain names such as `model` and `state_dict`; averages such as `ema`; `best`; `last`; unknown names;
    and names such as `initial` or `old`.
    """
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", name).casefold().replace("_", " ")
    words = set(re.findall(r"\w+", spaced))
    telling = words - _FILLERS
    if telling & _NEVER or _FIRST_EPOCH.search(spaced):
        return _LAST
    if words and not telling:
        return 0
    return next((number for number, known in enumerate(_RANKS, 1) if telling and telling <= known), _UNKNOWN)


def choose(
    subject: object, sets: Sequence[WeightSet], key: str | None, *, is_complete: bool
) -> tuple[str, WeightSet, tuple[str, ...]]:
    """Choose one of the fitting sets, by `key` or by name.

    Returns its key, the set, and the keys of those with other values. `key` is a set's own or the start of several.
    Unless `is_complete`, the file holds other weights that do not fit, and initial weights are not chosen by default.
    Raises `UsageError` if `key` names none, or if the names do not decide.
    """
    keys = _keys(sets)
    names = [name for name in keys if key is None or name == key] or [n for n in keys if n.startswith(f"{key}.")]
    if not names:
        raise UsageError(
            f"{subject} has no weights that fit under {listed([str(key)])!r}; choose one of: "
            f"{listed(map(_shown, keys))}."
        )
    names = [name for name in names if _is_floating(keys[name])] or names
    chosen = min(names, key=lambda name: [rank(part) for part in keys[name].path])
    values = {name: _digest(found.tensors) for name, found in keys.items()}
    others = tuple(name for name in keys if values[name] != values[chosen])
    if not all(_is_preferred(keys[chosen], keys[name]) for name in names if name in others):
        raise UsageError(
            f"{subject} holds several sets of weights that fit: {listed(map(_shown, names))}; "
            "choose one with `--key NAME`."
        )
    if key is None and not is_complete and _LAST in map(rank, keys[chosen].path):
        raise UsageError(
            f"{subject} holds weights that fit only under {listed([chosen])}, which are not the trained ones by that "
            f"name; choose them with `--key {listed([chosen])}`."
        )
    return chosen, keys[chosen], others


def _is_preferred(one: WeightSet, other: WeightSet) -> bool:
    """Whether the first difference of two paths decides for `one`.

    A path that ends there is preferred.
    """
    for name, rival in zip(one.path, other.path, strict=False):
        if name != rival:
            return rank(name) < rank(rival)
    return len(one.path) < len(other.path)


def _keys(sets: Sequence[WeightSet]) -> dict[str, WeightSet]:
    """Return sets by dotted key.

    One that occurs again gets a number, such as `model#2`.
    """
    keys: dict[str, WeightSet] = {}
    for found in sets:
        key = path = ".".join(found.path)
        count = 1
        while key in keys:
            count += 1
            key = f"{path}#{count}"
        keys[key] = found
    return keys


def _is_floating(found: WeightSet) -> bool:
    return all(tensor.is_floating_point() for tensor in found.tensors.values())


def _digest(tensors: Entries) -> bytes:
    """Digest the values of a model's weights, whatever their names and order."""
    parts = []
    for tensor in tensors.values():
        plain = tensor.layout == torch.strided and tensor.device.type == "cpu"
        values = tensor.detach().resolve_conj().contiguous().view(torch.uint8).numpy().tobytes() if plain else b""
        parts.append(f"{tensor.dtype} {tuple(tensor.shape)} ".encode() + values)
    return hashlib.sha256(b"".join(sorted(parts))).digest()


def _shown(key: str) -> str:
    return key or "'' (the file itself)"
