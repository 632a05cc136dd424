"""Digits of every source as arrays, loaded without torch."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emnist_tui.learning.data.emnist import archive, idx, orientation
from emnist_tui.learning.data.emnist.install import DataStatus, data_status, layout_root, read_installed
from emnist_tui.learning.data.synthetic import generator
from emnist_tui.runs import data_paths
from emnist_tui.runs.atomic_files import remove_unfinished, replacing
from emnist_tui.runs.data_paths import data_root
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.official_archive import OFFICIAL_URL
from emnist_tui.runs.task import CLASSES, SIDE
from emnist_tui.runs.user_paths import typed_path

SYNTHETIC_NAME = data_paths.SYNTHETIC
SYNTHETIC_TRAIN = 60_000
SYNTHETIC_TEST = 10_000
_TRAIN_SEED, _TEST_SEED = 1, 2

OnPhase = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Digits:
    """Train and test images with their labels.

    Images are uint8 [N, 28, 28], upright, contiguous, 255 is ink. Labels are int64 [N], 0 to 9.
    """

    name: str
    """Name of the data, shown beside its numbers."""
    train_images: idx.Bytes
    train_labels: NDArray[np.int64]
    test_images: idx.Bytes
    test_labels: NDArray[np.int64]
    fingerprint: str
    """Fingerprint of the four arrays in this order."""


def load_digits(source: str, on_phase: OnPhase) -> Digits:
    """Load digits by name or path; see `dataset.load_dataset`."""
    if source == "synthetic":
        return _load_synthetic(on_phase)
    if source not in ("auto", "emnist"):
        return _load_path(typed_path(source), on_phase)
    status = data_status(data_root())
    if status.present or status.problem:
        return _load_layout(status, on_phase)
    if source == "emnist":
        raise EmnistTuiError(_describe_missing(status))
    return _load_synthetic(on_phase)


def resolve_auto(source: str, name: str) -> str:
    """Return the source that loads the data of this name again.

    `auto` may mean other data by now.
    """
    if source != "auto":
        return source
    return "synthetic" if name == SYNTHETIC_NAME else "emnist"


def fingerprint(*arrays: NDArray[Any]) -> str:
    """Hash the shapes and contents of contiguous arrays.

    Returns the first 16 hex digits of the sha256.
    """
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(repr(array.shape).encode())
        digest.update(array.data)
    return digest.hexdigest()[:16]


def _digits(name: str, *arrays: idx.Bytes) -> Digits:
    """Name upright images and labels, in the order of `Digits`."""
    train_images, train_labels, test_images, test_labels = arrays
    labels = train_labels.astype(np.int64), test_labels.astype(np.int64)
    fields = train_images, labels[0], test_images, labels[1]
    return Digits(name, *fields, fingerprint(*fields))


def _load_path(path: Path, report: OnPhase) -> Digits:
    if (root := layout_root(path)) and not (status := data_status(root)).problem:
        return _load_layout(status, report)
    report(f"reading {path}")
    stored = archive.read_digits(path)
    return _stored_digits(stored.name, stored.files)


def _load_layout(status: DataStatus, report: OnPhase) -> Digits:
    """Load an installation in torchvision's layout.

    Raises `EmnistTuiError` if it is damaged.
    """
    if status.problem:
        raise EmnistTuiError(status.problem)
    report(f"reading {status.name}")
    return _stored_digits(status.name, read_installed(status.root))


def _stored_digits(name: str, files: dict[str, idx.Bytes]) -> Digits:
    """Turn the images of files upright, in place."""
    for images in (data_paths.TRAIN_IMAGES, data_paths.TEST_IMAGES):
        orientation.transpose(files[images])
    return _digits(name, *(files[file] for file in data_paths.FILES))


def _describe_missing(status: DataStatus) -> str:
    return (
        f"The EMNIST digits are not in {status.root}: `emnist-tui data download` fetches them, or get "
        f"{OFFICIAL_URL} and run `emnist-tui data import PATH`."
    )


def _load_synthetic(report: OnPhase) -> Digits:
    """Load the cached synthetic digits, or draw and cache them.

    The cache is in the data root.
    """
    cache = data_root() / "synthetic" / f"v{generator.VERSION}.npz"
    report(f"reading {SYNTHETIC_NAME}")
    arrays = _read_drawn(cache)
    if arrays is None:
        arrays = _draw(report)
        _write_drawn(cache, arrays)
    return _digits(SYNTHETIC_NAME, *arrays.values())


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
    """Read the cached arrays, in the order of `Digits`.

    Returns None if they are missing or invalid.
    """
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
    valid = all(
        arrays[name].dtype == np.uint8 and arrays[name].shape == shape and arrays[name].flags.c_contiguous
        for name, shape in shapes.items()
    )
    in_range = valid and all(arrays[name].max() < CLASSES for name in ("train_labels", "test_labels"))
    return arrays if in_range else None


def _write_drawn(cache: Path, arrays: dict[str, idx.Bytes]) -> None:
    with suppress(OSError):  # drawn again next time
        cache.parent.mkdir(parents=True, exist_ok=True)
        remove_unfinished(cache.parent, cache.name)
        with replacing(cache) as file:
            np.savez(file, allow_pickle=False, **arrays)
