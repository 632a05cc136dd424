"""Weights of this program's checkpoints, read without torch.

It takes milliseconds where torch takes seconds to load. What is unusual in any way is refused and left to
`learning.checkpoint`, which knows many other files and says what is wrong with a damaged one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emnist_tui.runs.checkpoint_file.archive import StoredArchive
from emnist_tui.runs.checkpoint_file.refusal import UnusualFileError
from emnist_tui.runs.checkpoint_file.unpickler import StoredTensor, unpickle
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.models import MODELS
from emnist_tui.runs.network_files import NetworkFile
from emnist_tui.runs.small_files import read_small

_MOST_BYTES = 64 << 20
_MOST_AXES = 8
_MOST_COUNT = 1 << 53
_VERSION = 1


@dataclass(frozen=True, eq=False)
class PlainCheckpoint:
    """A checkpoint's network and weights, and the run that it belongs to."""

    model: str
    """Name of the model in `MODELS`, or the label of a network of one's own."""
    weights: Mapping[str, NDArray[np.float32]]
    """Weights that evaluations use, finite, by key in the state dict; counters are left out."""
    network: str | None
    """Recorded file of a network of one's own, as `/path/to/file.py:Name`, which is not run."""
    epoch: int | None
    """Epoch of the last batch; None for weights without a run."""
    step: int | None
    """Optimizer steps of the run so far."""
    data: str | None
    """Name of the data that it was trained on."""
    fingerprint: str | None
    """Fingerprint of that data."""
    config: TrainConfig | None


def read_plain(path: Path) -> PlainCheckpoint:
    """Read a checkpoint of this program.

    Raises `UnusualFileError` for any other file, which torch may yet be able to read, and `OSError`.
    """
    archive = StoredArchive(read_small(path, _MOST_BYTES))
    pickles = [name for name in archive.sizes if name.count("/") == 1 and name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise UnusualFileError("it is no checkpoint of this program")
    root = pickles[0].removesuffix("data.pkl")
    if f"{root}byteorder" in archive.sizes and bytes(archive.read(f"{root}byteorder")) != b"little":
        raise UnusualFileError("it was saved on another kind of machine")
    content = unpickle(archive.read(pickles[0]))
    if not isinstance(content, dict) or content.get("emnist_tui_format") != _VERSION:
        raise UnusualFileError("it is no checkpoint of this program")
    try:
        return _parse(content, archive, root)
    except (LookupError, TypeError, ValueError, AttributeError, UsageError) as error:
        reason = error if isinstance(error, UnusualFileError) else "an entry is not as usual"
        raise UnusualFileError(str(reason)) from None


def _parse(content: dict[Any, Any], archive: StoredArchive, root: str) -> PlainCheckpoint:
    network = _network(content["network"]) if "network" in content else None
    model = network.label if network else _text(content["model"])
    if network is None and model not in MODELS:
        raise UnusualFileError("its model is unknown")
    entries = {key: each for key, each in _entries(content["state_dict"]).items() if each.storage.dtype.kind == "f"}
    if sum(each.storage.count for each in entries.values()) > _MOST_BYTES // 4:
        raise UnusualFileError("its weights are too large")
    weights = {key: _read(each, archive, root) for key, each in entries.items()}
    if not all(np.isfinite(weight).all() for weight in weights.values()):
        raise UnusualFileError("its weights are not finite")
    recorded = str(network) if network else None
    if "progress" not in content:
        return PlainCheckpoint(model, weights, recorded, None, None, None, None, None)
    progress, config = content["progress"], TrainConfig.from_json(_plain(content["config"]))
    epoch, step = _count(progress["epoch"]), _count(progress["step"])
    data, fingerprint = _text(content["data"]), _text(content["fingerprint"])
    return PlainCheckpoint(model, weights, recorded, epoch, step, data, fingerprint, config)


def _entries(state_dict: Any) -> dict[str, StoredTensor]:
    if not isinstance(state_dict, dict) or not state_dict:
        raise UnusualFileError("it holds no weights")
    if not all(isinstance(key, str) and isinstance(value, StoredTensor) for key, value in state_dict.items()):
        raise UnusualFileError("its weights are not plain tensors")
    return state_dict


def _read(tensor: StoredTensor, archive: StoredArchive, root: str) -> NDArray[np.float32]:
    """Read a tensor, whose view of its memory is checked first."""
    storage, shape, strides = tensor.storage, tensor.shape, tensor.strides
    for sizes in (shape, strides, (tensor.offset,)):
        if not isinstance(sizes, tuple) or len(sizes) > _MOST_AXES or not all(map(_is_count, sizes)):
            raise UnusualFileError("a tensor has an unusual shape")
    last = tensor.offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    if 0 in shape or last >= storage.count or prod(shape) > storage.count:
        raise UnusualFileError("a tensor has not the size of its data")
    name = f"{root}data/{storage.key}"
    if archive.sizes.get(name) != storage.count * storage.dtype.itemsize:
        raise UnusualFileError("a tensor has not the size of its data")
    values = np.frombuffer(archive.read(name), storage.dtype)[tensor.offset :]
    width = storage.dtype.itemsize
    view = np.lib.stride_tricks.as_strided(values, shape, [stride * width for stride in strides], writeable=False)
    with np.errstate(over="ignore"):  # infinite values are refused
        return np.array(view, np.float32)


def _network(entry: Any) -> NetworkFile:
    path, name = _text(entry["file"]), _text(entry["name"])
    file = NetworkFile.parse(f"{path}:{name}")
    if file is None or len(path) > 4096 or len(name) > 200:
        raise UnusualFileError("the network's file is not described")
    return file


def _plain(values: Any) -> dict[str, Any]:
    """Return a dictionary that has no nested values.

    They may take forever to print.
    """
    if not isinstance(values, dict) or any(isinstance(value, dict | list | tuple) for value in values.values()):
        raise TypeError
    return values


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _count(value: Any) -> int:
    if not _is_count(value):
        raise ValueError
    return int(value)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < _MOST_COUNT
