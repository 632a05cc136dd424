"""The images that a network learns from and is tested on, as tensors."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch

from emnist_tui.learning.data.emnist import archive, idx
from emnist_tui.learning.data.emnist.install import (
    OFFICIAL_NAME,
    UNVERIFIED_NAME,
    DataStatus,
    data_status,
    layout_root,
    torchvision_emnist,
)
from emnist_tui.learning.data.synthetic import generator
from emnist_tui.runs import data_paths
from emnist_tui.runs.atomic_files import replacing
from emnist_tui.runs.data_paths import data_root, expand_user
from emnist_tui.runs.errors import EmnistTuiError, UsageError

SYNTHETIC_NAME = "synthetic digits"
SYNTHETIC_TRAIN = 60_000
SYNTHETIC_TEST = 10_000
_TRAIN_SEED, _TEST_SEED = 1, 2

OnPhase = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Split:
    """Images and their labels."""

    images: torch.Tensor
    """uint8 [N, 28, 28], upright, contiguous, 255 is ink."""
    labels: torch.Tensor
    """int64 [N], 0 to 9."""

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, indices: torch.Tensor) -> Self:
        """The images at `indices`, int64 [M]."""
        return type(self)(self.images[indices], self.labels[indices])

    def to(self, device: torch.device | str) -> Self:
        return type(self)(self.images.to(device), self.labels.to(device))


@dataclass(frozen=True, eq=False)
class Dataset:
    """What a run trains and is evaluated on."""

    name: str
    """As shown wherever numbers from it appear."""
    train: Split
    test: Split
    fingerprint: str
    """16 hex digits of the sha256 of both splits: equal exactly when the data is."""


def load_dataset(source: str, *, on_phase: OnPhase | None = None) -> Dataset:
    """Loads what `source` names: `auto`, `emnist`, `synthetic`, or the path of an archive or a folder.

    `auto` is the installed EMNIST digits, or else the synthetic ones (see `notice`). `on_phase` is told what takes
    time, as "reading EMNIST digits". Raises `UsageError` when there is nothing at the path, `EmnistTuiError` when the
    data is not installed or will not do.
    """
    tell = on_phase or (lambda _: None)
    if source == "synthetic":
        return _load_synthetic(tell)
    if source not in ("auto", "emnist"):
        return _load_path(expand_user(source), tell)
    status = data_status(data_root())
    if status.present or status.problem:
        return _load_layout(status, tell)
    if source == "emnist":
        raise EmnistTuiError(_explain_not_installed(status))
    return _load_synthetic(tell)


def resolve_auto(source: str, name: str) -> str:
    """The source that gives the data of this name again, where `auto` may mean other data by now."""
    if source != "auto":
        return source
    return "synthetic" if name == SYNTHETIC_NAME else "emnist"


def notice(source: str, dataset: Dataset) -> str | None:
    """What to tell a user who asked for `auto` and got synthetic digits; None otherwise."""
    if source != "auto" or dataset.name != SYNTHETIC_NAME:
        return None
    return (
        "The EMNIST digits are not installed, so this uses synthetic digits: "
        "get the real ones with `emnist-tui data download`."
    )


def hold_out(split: Split, count: int, seed: int) -> tuple[Split, Split]:
    """Shuffles `split` by `seed` and cuts it into a train split and a validation split of `count` images.

    Raises `UsageError` unless both get at least one image.
    """
    if not 0 < count < len(split):
        raise UsageError(
            f"{count:,} images cannot be held out of {len(split):,}: choose a validation from 1 to {len(split) - 1:,}."
        )
    order = torch.randperm(len(split), generator=torch.Generator().manual_seed(seed)).to(split.labels.device)
    return split[order[:-count]], split[order[-count:]]


def fingerprint(train: Split, test: Split) -> str:
    """16 hex digits of the sha256 over shapes and contents of both splits."""
    digest = hashlib.sha256()
    for tensor in (train.images, train.labels, test.images, test.labels):
        digest.update(repr(tuple(tensor.shape)).encode())
        digest.update(tensor.cpu().contiguous().numpy().data)
    return digest.hexdigest()[:16]


def _dataset(name: str, train: Split, test: Split) -> Dataset:
    return Dataset(name, train, test, fingerprint(train, test))


def _load_path(path: Path, tell: OnPhase) -> Dataset:
    if root := layout_root(path):
        return _load_layout(data_status(root), tell)
    tell(f"reading {path}")
    stored = archive.read_digits(path)
    files = {name: torch.from_numpy(items) for name, items in stored.files.items()}
    return _dataset(
        OFFICIAL_NAME if stored.official else UNVERIFIED_NAME,
        _upright(files[data_paths.TRAIN_IMAGES], files[data_paths.TRAIN_LABELS]),
        _upright(files[data_paths.TEST_IMAGES], files[data_paths.TEST_LABELS]),
    )


def _load_layout(status: DataStatus, tell: OnPhase) -> Dataset:
    """Through torchvision, which asserts where a file is not sound: so only what `data_status` found sound."""
    if status.problem:
        raise EmnistTuiError(status.problem)
    tell(f"reading {status.name}")
    emnist = torchvision_emnist()
    # torchvision would prefer files of its old format, which `data_status` has not looked at.
    raw_only = type("EMNIST", (emnist,), {"_check_legacy_exist": lambda _: False})
    try:
        train, test = (raw_only(status.root, split="digits", train=train) for train in (True, False))
    except (OSError, RuntimeError, ValueError, TypeError, AssertionError) as error:
        raise EmnistTuiError(
            f"torchvision cannot read {status.root} ({idx.short(error)}): `emnist-tui data download` puts it right."
        ) from error
    return _dataset(status.name, _upright(train.data, train.targets), _upright(test.data, test.targets))


def _upright(images: torch.Tensor, labels: torch.Tensor) -> Split:
    """From a file's images, which lie on their side mirrored."""
    return Split(images.transpose(1, 2).contiguous(), labels.long())


def _explain_not_installed(status: DataStatus) -> str:
    source = torchvision_emnist().url
    return (
        f"The EMNIST digits are not in {status.root}: `emnist-tui data download` fetches them, or get {source} "
        "and run `emnist-tui data import PATH`."
    )


def _load_synthetic(tell: OnPhase) -> Dataset:
    """Drawn once, then read from the cache in the data root."""
    cache = data_root() / "synthetic" / f"v{generator.VERSION}.npz"
    tell(f"reading {SYNTHETIC_NAME}")
    arrays = _read_drawn(cache)
    if arrays is None:
        arrays = _draw(tell)
        _write_drawn(cache, arrays)
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    return _dataset(
        SYNTHETIC_NAME,
        Split(tensors["train_images"], tensors["train_labels"].long()),
        Split(tensors["test_images"], tensors["test_labels"].long()),
    )


def _draw(tell: OnPhase) -> dict[str, idx.Bytes]:
    tell(f"drawing {SYNTHETIC_TRAIN:,} {SYNTHETIC_NAME}")
    train_images, train_labels = generator.draw_digits(SYNTHETIC_TRAIN, _TRAIN_SEED)
    tell(f"drawing {SYNTHETIC_TEST:,} {SYNTHETIC_NAME} to test on")
    test_images, test_labels = generator.draw_digits(SYNTHETIC_TEST, _TEST_SEED)
    return {
        "train_images": train_images,
        "train_labels": train_labels,
        "test_images": test_images,
        "test_labels": test_labels,
    }


def _read_drawn(cache: Path) -> dict[str, idx.Bytes] | None:
    """The cached arrays; None when the cache is missing, damaged or not what `_draw` returns."""
    image = (idx.SIDE, idx.SIDE)
    shapes = {
        "train_images": (SYNTHETIC_TRAIN, *image),
        "train_labels": (SYNTHETIC_TRAIN,),
        "test_images": (SYNTHETIC_TEST, *image),
        "test_labels": (SYNTHETIC_TEST,),
    }
    try:
        with idx.explained(str(cache)), cache.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays: dict[str, idx.Bytes] = {name: stored[name] for name in shapes}
    except (EmnistTuiError, KeyError, TypeError, MemoryError):
        return None
    sound = all(arrays[name].dtype == np.uint8 and arrays[name].shape == shape for name, shape in shapes.items())
    in_range = sound and all(arrays[name].max() < idx.CLASSES for name in ("train_labels", "test_labels"))
    return arrays if in_range else None


def _write_drawn(cache: Path, arrays: dict[str, idx.Bytes]) -> None:
    with suppress(OSError):  # drawn again next time
        cache.parent.mkdir(parents=True, exist_ok=True)
        with replacing(cache) as file:
            np.savez(file, allow_pickle=False, **arrays)
