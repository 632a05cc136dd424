"""Checkpoints of networks of one's own, which never say what to run.

A checkpoint holds the text of the network's file to compare, not to run. What is run is the file that the user names.
"""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from emnist_tui.learning.checkpoint.containers import SIZE_LIMIT
from emnist_tui.learning.checkpoint.refusals import listed
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError, NetworkNeededError, UsageError
from emnist_tui.runs.network_files import NetworkFile
from emnist_tui.runs.network_sources import LARGEST, NetworkSource

StateDict = dict[str, Tensor]
_MOST_LISTED = 2  # keys in a sentence
_BESIDES = 1 << 20  # bytes of a checkpoint besides tensors and the network's file


@dataclass(frozen=True)
class OwnNetwork:
    """A network of one's own that a checkpoint was trained with."""

    source: NetworkSource
    """Its file, where it was and as it was."""
    trained: tuple[str, ...]
    """Keys of the weights that are trained, in the network's order."""

    @classmethod
    def of(cls, source: NetworkSource, network: nn.Module) -> "OwnNetwork":
        return cls(source, trained_names(network))

    def describe_change(self, model: str) -> str | None:
        """Describe how the named file differs from the recorded one.

        Returns None if it does not. Raises `UsageError` if it cannot be read.
        """
        file = NetworkFile.parse(model)
        return self.source.describe_change(NetworkSource.read(file)) if file else None

    def to_content(self) -> dict[str, Any]:
        """Return the entry of a checkpoint file."""
        file = self.source.file
        return {
            "file": str(file.path),
            "name": file.name,
            "text": self.source.text,
            "sha256": self.source.sha256,
            "trained": list(self.trained),
        }

    @classmethod
    def from_content(cls, content: Any, weights: StateDict) -> "OwnNetwork":
        """Parse the entry of a checkpoint file.

        Raises `LookupError`, `TypeError` or `ValueError` if it is invalid.
        """
        path, name, text, trained = (content[key] for key in ("file", "name", "text", "trained"))
        if not all(isinstance(each, str) for each in (path, name, text)) or len(path) > 4096 or len(name) > 200:
            raise ValueError("the network's file is not described")
        file = NetworkFile.parse(f"{path}:{name}")
        if file is None or len(text.encode(errors="replace")) > LARGEST:
            raise ValueError("the network's file is not described")
        source = NetworkSource(NetworkFile(Path(path), name), text)
        if content["sha256"] != source.sha256:
            raise ValueError("the network's file does not match its sha256")
        if not isinstance(trained, list) or len(set(trained)) != len(trained) or not set(trained) <= weights.keys():
            raise ValueError("the trained weights are not listed")
        return cls(source, tuple(trained))


def trained_names(network: nn.Module) -> tuple[str, ...]:
    """Return the keys of the trained weights; tied ones have one."""
    return tuple(name for name, parameter in network.named_parameters() if parameter.requires_grad)


def require_network(path: Path, own: OwnNetwork | None, chosen: str | None) -> None:
    """Require a network's file where one is needed, and only there.

    Raises `UsageError`. If it is missing, that is a `NetworkNeededError`, which asks for it.
    """
    if own is None and chosen:
        raise UsageError(f"{path} holds weights of a network that comes with the program; leave out --model.")
    if own and not chosen:
        recorded = str(own.source.file)
        raise NetworkNeededError(
            f"{path} holds weights of {own.source.file.name}, a network of your own, whose file is not run unless "
            f"you name it; add `--model {shlex.quote(recorded)}`.",
            recorded,
        )


def plain_weights(subject: object, entries: object) -> StateDict:
    """Copy the weights of an unknown network, whose memory is bounded.

    Raises `EmnistTuiError` unless all are plain tensors.
    """
    weights = entries if isinstance(entries, dict) else {}
    if not weights or not all(isinstance(key, str) for key in weights) or not all(map(_is_plain, weights.values())):
        raise EmnistTuiError(f"{subject} holds weights that are not plain tensors; choose another checkpoint.")
    if sum(value.nbytes for value in weights.values()) > SIZE_LIMIT:
        raise EmnistTuiError(f"{subject} holds weights of more than {SIZE_LIMIT >> 20} MB; choose another checkpoint.")
    return {key: value.detach().clone() for key, value in weights.items()}


def require_finite(subject: object, weights: StateDict, names: Iterable[str]) -> None:
    """Raise `EmnistTuiError` for trained weights that are not finite.

    Others, such as masks, may well be infinite.
    """
    for key in names:
        if not weights[key].isfinite().all():
            raise EmnistTuiError(
                f"{subject} holds weights that are not finite numbers ({listed([key])}); choose an earlier checkpoint."
            )


def restore_weights(
    subject: object, own: OwnNetwork, weights: StateDict, network: nn.Module, file: NetworkFile
) -> None:
    """Load a checkpoint's weights into the network that the user named.

    Raises `UsageError` unless keys, shapes, types and the trained weights are the network's own; a run that was to be
    resumed stays as it was.
    """
    expected = network.state_dict()
    problem = _compare(expected, weights)
    if problem is None and trained_names(network) != own.trained:
        frozen = set(own.trained) ^ set(trained_names(network))
        problem = (
            f"other weights are frozen ({listed(sorted(frozen))})" if frozen else "its layers are in another order"
        )
    if problem:
        raise UsageError(
            f"{subject} does not match {file}: {problem}; name the file as it was with --model, or train it anew."
        )
    network.load_state_dict(weights)


def require_storable(file: NetworkFile, network: nn.Module, config: TrainConfig) -> None:
    """Raise `UsageError` if checkpoints would be too large to read."""
    trained = sum(parameter.nbytes for parameter in network.parameters() if parameter.requires_grad)
    weights = sum(value.nbytes for value in network.state_dict().values())
    total = weights * (2 if config.ema else 1) + trained * (1 if config.optimizer == "sgd" else 2)
    if total + LARGEST + _BESIDES > SIZE_LIMIT:
        raise UsageError(
            f"{file} has {weights >> 20} MB of weights, and a checkpoint of its training would take {total >> 20} MB, "
            f"more than the {SIZE_LIMIT >> 20} MB that are read; make the network smaller."
        )


def _compare(expected: StateDict, found: StateDict) -> str | None:
    """Describe the first difference between a network's weights and those found."""
    missing, unknown = (
        [key for key in one if key not in other] for one, other in ((expected, found), (found, expected))
    )
    if missing or unknown:
        parts = [f"no {_some(missing)}"] * bool(missing) + [f"{_some(unknown)} instead"] * bool(unknown)
        return f"the checkpoint has {', but '.join(parts)}"
    for key, value in expected.items():
        if value.shape != found[key].shape:
            return f"{key} is {_size(value)}, in the checkpoint {_size(found[key])}"
        if value.dtype != found[key].dtype:
            return f"{key} is {value.dtype}, in the checkpoint {found[key].dtype}".replace("torch.", "")
    return None


def _some(keys: list[str]) -> str:
    """List the first keys, and how many there are besides."""
    more = len(keys) - _MOST_LISTED
    return f"{listed(keys[:_MOST_LISTED])}{f' and {more} more' if more > 0 else ''}"


def _is_plain(value: object) -> bool:
    return (
        isinstance(value, Tensor)
        and value.layout == torch.strided
        and value.device.type == "cpu"
        and not value.is_quantized
    )


def _size(weight: Tensor) -> str:
    return "×".join(map(str, weight.shape)) or "a number"
