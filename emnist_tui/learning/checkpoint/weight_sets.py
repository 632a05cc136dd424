"""Sets of weights anywhere in a file's content."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from emnist_tui.learning.checkpoint.stand_ins import SCRIPT, StandIn, array_tensor

Entries = dict[str, Tensor]

MOST_ENTRIES = 1_000_000
"""Largest number of entries that are searched: lists may contain each other many times over."""
_DEEPEST = 16
"""Deepest nesting that is searched."""
_MOST_TENSORS = 1000
"""Tensors beneath one entry that are collected: more than any model has."""
_NAMES = str | bytes | int | float | None
"""Types of a mapping's keys that name an entry."""
_NO_WEIGHTS = re.compile(r"optim|exp_avg|momentum_buffer|square_avg|gradient|^grads?$|^opt$|^opt_state$")
"""Names of entries with the shapes of the weights that are none: Adam's moments, gradients."""
_BESIDE_A_NETWORK = re.compile(r"loss|criterion|metric|optim")
"""Names of modules that a training class holds beside its network."""


class TooManyEntriesError(ValueError):
    """A file of more entries than can be searched."""


@dataclass(frozen=True)
class WeightSet:
    """Tensors of a file that belong together."""

    path: tuple[str, ...]
    """Keys and indices that lead to it; empty for the file's content itself."""
    tensors: Entries
    """Weights by name, in the order of the file, without counters and single numbers beside them."""


class Search:
    """Search for the sets of weights that fit a model."""

    def __init__(self, content: object, weights: Callable[[Entries], Entries | None]) -> None:
        """Search a file's content.

        `weights` picks a model's weights out of tensors, or returns None if they do not fit. Raises
        `TooManyEntriesError`, and `ValueError` or `TypeError` for an invalid numpy array.
        """
        self.sets: list[WeightSet] = []
        """Sets that fit, in the order of the file."""
        self.largest: Entries = {}
        """Largest group of tensors that does not fit."""
        self.foreign: list[str] = []
        """Classes of objects that hold tensors and are not searched."""
        self._weights = weights
        self._left = MOST_ENTRIES
        if isinstance(content, StandIn):
            self.foreign.append(type(content).name)
        else:
            self._visit(content, ())

    def _visit(self, node: object, path: tuple[str, ...]) -> Entries:
        """Collect the sets beneath `node`.

        Returns all tensors beneath it by dotted name.
        """
        if len(path) > _DEEPEST:
            return {}
        found = len(self.sets)
        tensors: Entries = {}
        containers: dict[str, object] = {}
        for name, value in self._entries(node):
            while name in tensors or name in containers:
                name = f"{name}#{len(tensors) + len(containers)}"
            if isinstance(value, Tensor):
                tensors[name] = value
            elif (tensor := array_tensor(value)) is not None:
                tensors[name] = tensor
            elif _is_container(value):
                containers[name] = value
            elif isinstance(value, StandIn) and self._holds_tensors(value):
                self.foreign.append(type(value).name)
        self._add_group(tensors, path)
        beneath = tensors
        for name, child in containers.items():
            for inner, tensor in self._visit(child, (*path, name)).items():
                if len(beneath) < _MOST_TENSORS:
                    beneath[f"{name}.{inner}"] = tensor
        if containers and len(self.sets) == found:
            self._add(beneath, path)
        return beneath

    def _add(self, tensors: Entries, path: tuple[str, ...]) -> bool:
        """Add tensors as a set if they fit; return whether they do."""
        if weights := self._weights(tensors):
            self.sets.append(WeightSet(path, weights))
        return bool(weights)

    def _entries(self, node: object) -> Iterator[tuple[str, object]]:
        """Iterate over a container's entries that may hold weights, by name."""
        if isinstance(node, StandIn):
            node = node.state
        if isinstance(node, Mapping):
            items = [] if {"state", "param_groups"} <= node.keys() else list(node.items())
        else:
            items = list(enumerate(node)) if isinstance(node, list | tuple) else []
        self._left -= len(items)
        if self._left < 0:
            raise TooManyEntriesError
        for key, value in items:
            parts = key if isinstance(key, tuple) else (key,)
            name = ".".join(str(part)[:200] for part in parts[:_DEEPEST] if isinstance(part, _NAMES))
            if not _NO_WEIGHTS.search(name.casefold()):
                yield name, value

    def _holds_tensors(self, stand_in: StandIn) -> bool:
        """Whether an object of a foreign class, but an optimizer, holds tensors."""
        if type(stand_in).name.startswith("torch.optim."):
            return False
        waiting: list[tuple[Any, int]] = [((stand_in.arguments, stand_in.state), 0)]
        while waiting:
            node, depth = waiting.pop()
            if isinstance(node, Tensor) or array_tensor(node) is not None:
                return True
            if isinstance(node, StandIn):
                node = (node.arguments, node.state)
            items = list(node.values()) if isinstance(node, Mapping) else node
            if isinstance(items, list | tuple) and depth < 2 * _DEEPEST:
                self._left -= len(items)
                if self._left < 0:
                    raise TooManyEntriesError
                waiting += [(item, depth + 1) for item in items]
        return False

    def _add_group(self, tensors: Entries, path: tuple[str, ...]) -> None:
        """Add a container's own tensors, whole or split by prefix."""
        if not self._add(tensors, path):
            self.sets += self._split(tensors, path)
            self.largest = max(self.largest, dict(tensors), key=len)

    def _split(self, tensors: Entries, path: tuple[str, ...]) -> list[WeightSet]:
        """Split tensors by the prefixes of their names.

        A prefix is the first part of a dotted name, such as `model` or `ema`. Every part must fit, or hold
        only counters and single numbers: one that fits beside one that does not is a piece of a larger network.
        """
        groups: dict[str, Entries] = {}
        for name, tensor in tensors.items():
            first, _, rest = name.partition(".")
            if rest and not _BESIDE_A_NETWORK.search(first.casefold()):
                groups.setdefault(first, {})[rest] = tensor
            elif not rest and _may_be_weights(tensor):
                return []
        sets: list[WeightSet] = []
        for first, group in groups.items():
            inner = (*path, first)
            if weights := self._weights(group):
                sets.append(WeightSet(inner, weights))
            elif len(inner) < _DEEPEST and (parts := self._split(group, inner)):
                sets += parts
            elif any(map(_may_be_weights, group.values())):
                return []
        return sets


def _is_container(value: object) -> bool:
    return isinstance(value, Mapping | list | tuple) or (
        isinstance(value, StandIn) and type(value).name.startswith(SCRIPT)
    )


def _may_be_weights(tensor: Tensor) -> bool:
    """Whether a tensor is more than a counter or a single number."""
    return tensor.is_floating_point() and tensor.numel() > 1
