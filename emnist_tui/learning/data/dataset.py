"""Training and test images as tensors."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch

from emnist_tui.learning.data.emnist import archive, idx
from emnist_tui.learning.data.emnist.install import DataStatus, data_status, layout_root, read_installed
from emnist_tui.learning.data.synthetic import generator
from emnist_tui.runs import data_paths
from emnist_tui.runs.atomic_files import replacing
from emnist_tui.runs.data_paths import data_root
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.official_archive import OFFICIAL_URL
from emnist_tui.runs.task import CLASSES, SIDE
from emnist_tui.runs.user_paths import typed_path

SYNTHETIC_NAME = data_paths.SYNTHETIC
SYNTHETIC_TRAIN = 60_000
SYNTHETIC_TEST = 10_000
_TRAIN_SEED, _TEST_SEED = 1, 2

OnPhase = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Split:
    """Images and their labels."""

    images: torch.Tensor
    """Images, uint8 [N, 28, 28], upright, contiguous, 255 is ink."""
    labels: torch.Tensor
    """Labels, int64 [N], 0 to 9."""

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, indices: torch.Tensor) -> Self:
        """Select the images at `indices`, int64 [M]."""
        return type(self)(self.images[indices], self.labels[indices])

    def to(self, device: torch.device | str) -> Self:
        return type(self)(self.images.to(device), self.labels.to(device))


@dataclass(frozen=True, eq=False)
class Dataset:
    """Train and test split of a run."""

    name: str
    """Name shown beside the dataset's numbers."""
    train: Split
    test: Split
    fingerprint: str
    """16 hex digits of the sha256 of both splits: equal if and only if the data is."""


def load_dataset(source: str, *, on_phase: OnPhase | None = None) -> Dataset:
    """Load a dataset by name or path.

    `source` is `auto`, `emnist`, `synthetic`, or the path of an archive or a folder. `auto` is the installed EMNIST
    digits, or else the synthetic ones (see `notice`). `on_phase` is called with descriptions of slow steps, such as
    "reading EMNIST digits". Raises `UsageError` if the path does not exist, `EmnistTuiError` if the data is not
    installed or damaged.
    """
    report = on_phase or (lambda _: None)
    if source == "synthetic":
        return _load_synthetic(report)
    if source not in ("auto", "emnist"):
        return _load_path(typed_path(source), report)
    status = data_status(data_root())
    if status.present or status.problem:
        return _load_layout(status, report)
    if source == "emnist":
        raise EmnistTuiError(_describe_missing(status))
    return _load_synthetic(report)


def resolve_auto(source: str, name: str) -> str:
    """Return the source that loads the data of this name again.

    `auto` may mean other data by now.
    """
    if source != "auto":
        return source
    return "synthetic" if name == SYNTHETIC_NAME else "emnist"


def notice(source: str, dataset: Dataset) -> str | None:
    """Return the notice that `auto` chose synthetic digits; None otherwise."""
    if source != "auto" or dataset.name != SYNTHETIC_NAME:
        return None
    return (
        "The EMNIST digits are not installed, so this uses synthetic digits: "
        "get the real ones with `emnist-tui data download`."
    )


def hold_out(split: Split, count: int, seed: int) -> tuple[Split, Split]:
    """Shuffle a split by `seed` and hold out `count` images.

    Returns the train split and the validation split. Raises `UsageError` unless both get at least one image.
    """
    if not 0 < count < len(split):
        raise UsageError(
            f"{count:,} images cannot be held out of {len(split):,}: choose a validation from 1 to {len(split) - 1:,}."
        )
    order = torch.randperm(len(split), generator=torch.Generator().manual_seed(seed)).to(split.labels.device)
    return split[order[:-count]], split[order[-count:]]


def fingerprint(train: Split, test: Split) -> str:
    """Hash the shapes and contents of both splits.

    Returns the first 16 hex digits of the sha256.
    """
    digest = hashlib.sha256()
    for tensor in (train.images, train.labels, test.images, test.labels):
        digest.update(repr(tuple(tensor.shape)).encode())
        digest.update(tensor.cpu().contiguous().numpy().data)
    return digest.hexdigest()[:16]


def _dataset(name: str, train: Split, test: Split) -> Dataset:
    return Dataset(name, train, test, fingerprint(train, test))


def _load_path(path: Path, report: OnPhase) -> Dataset:
    if (root := layout_root(path)) and not (status := data_status(root)).problem:
        return _load_layout(status, report)
    report(f"reading {path}")
    stored = archive.read_digits(path)
    return _stored_dataset(stored.name, stored.files)


def _load_layout(status: DataStatus, report: OnPhase) -> Dataset:
    """Load an installation in torchvision's layout.

    Raises `EmnistTuiError` if it is damaged.
    """
    if status.problem:
        raise EmnistTuiError(status.problem)
    report(f"reading {status.name}")
    return _stored_dataset(status.name, read_installed(status.root))


def _stored_dataset(name: str, files: dict[str, idx.Bytes]) -> Dataset:
    """Create a dataset from arrays as stored, by the files' plain names."""
    tensors = {file: torch.from_numpy(items) for file, items in files.items()}
    return _dataset(
        name,
        _upright(tensors[data_paths.TRAIN_IMAGES], tensors[data_paths.TRAIN_LABELS]),
        _upright(tensors[data_paths.TEST_IMAGES], tensors[data_paths.TEST_LABELS]),
    )


def _upright(images: torch.Tensor, labels: torch.Tensor) -> Split:
    """Transpose a file's images, which are stored by column."""
    return Split(images.transpose(1, 2).contiguous(), labels.long())


def _describe_missing(status: DataStatus) -> str:
    return (
        f"The EMNIST digits are not in {status.root}: `emnist-tui data download` fetches them, or get "
        f"{OFFICIAL_URL} and run `emnist-tui data import PATH`."
    )


def _load_synthetic(report: OnPhase) -> Dataset:
    """Load the cached synthetic digits, or draw and cache them.

    The cache is in the data root.
    """
    cache = data_root() / "synthetic" / f"v{generator.VERSION}.npz"
    report(f"reading {SYNTHETIC_NAME}")
    arrays = _read_drawn(cache)
    if arrays is None:
        arrays = _draw(report)
        _write_drawn(cache, arrays)
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    return _dataset(
        SYNTHETIC_NAME,
        Split(tensors["train_images"], tensors["train_labels"].long()),
        Split(tensors["test_images"], tensors["test_labels"].long()),
    )


def _draw(report: OnPhase) -> dict[str, idx.Bytes]:
    report(f"drawing {SYNTHETIC_TRAIN:,} {SYNTHETIC_NAME}")
    train_images, train_labels = generator.draw_digits(SYNTHETIC_TRAIN, _TRAIN_SEED)
    report(f"drawing {SYNTHETIC_TEST:,} {SYNTHETIC_NAME} to test on")
    test_images, test_labels = generator.draw_digits(SYNTHETIC_TEST, _TEST_SEED)
    return {
        "train_images": train_images,
        "train_labels": train_labels,
        "test_images": test_images,
        "test_labels": test_labels,
    }


def _read_drawn(cache: Path) -> dict[str, idx.Bytes] | None:
    """Read the cached arrays; None if they are missing or invalid."""
    image = (SIDE, SIDE)
    shapes = {
        "train_images": (SYNTHETIC_TRAIN, *image),
        "train_labels": (SYNTHETIC_TRAIN,),
        "test_images": (SYNTHETIC_TEST, *image),
        "test_labels": (SYNTHETIC_TEST,),
    }
    try:
        with idx.user_errors(str(cache)), cache.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays: dict[str, idx.Bytes] = {name: stored[name] for name in shapes}
    except (EmnistTuiError, KeyError, TypeError, MemoryError):
        return None
    valid = all(arrays[name].dtype == np.uint8 and arrays[name].shape == shape for name, shape in shapes.items())
    in_range = valid and all(arrays[name].max() < CLASSES for name in ("train_labels", "test_labels"))
    return arrays if in_range else None


def _write_drawn(cache: Path, arrays: dict[str, idx.Bytes]) -> None:
    with suppress(OSError):  # drawn again next time
        cache.parent.mkdir(parents=True, exist_ok=True)
        with replacing(cache) as file:
            np.savez(file, allow_pickle=False, **arrays)
