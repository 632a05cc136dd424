"""Digits of a data set, and a kept sample of them.

The sample is drawn at random but always the same: how often a map is active needs some two thousand digits, not all.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emnist_tui.runs.atomic_files import remove_unfinished, replacing
from emnist_tui.runs.data_paths import data_root
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.small_files import read_small
from emnist_tui.runs.task import CLASSES, SIDE

SAMPLED = 2_000
_SEED = 17
_FORMAT = 1
_LARGEST = 4 << 20  # bytes


@dataclass(frozen=True, eq=False)
class Digit:
    """An image of a split and its label."""

    image: NDArray[np.uint8]
    """uint8 [28, 28], upright, 255 is ink."""
    label: int
    index: int
    """Position in the split."""
    split: str
    count: int
    """Images in the split."""
    data: str
    """Name of the data."""
    fingerprint: str
    """Fingerprint of the data."""


@dataclass(frozen=True, eq=False)
class DigitSample:
    """Test digits drawn at random, in the order of the split."""

    images: NDArray[np.uint8]
    """uint8 [N, 28, 28], upright, 255 is ink."""
    labels: NDArray[np.int64]
    """int64 [N]."""
    indices: NDArray[np.int64]
    """Positions in the test split, ascending; int64 [N]."""


def draw_sample(images: NDArray[np.uint8], labels: NDArray[np.int64]) -> DigitSample:
    """Draw the sample of a test split.

    It is all of a small one.
    """
    count = min(SAMPLED, len(labels))
    indices = np.sort(np.random.default_rng(_SEED).choice(len(labels), count, replace=False))
    return DigitSample(images[indices], labels[indices].astype(np.int64), indices.astype(np.int64))


def read_sample(fingerprint: str) -> DigitSample | None:
    """Read the kept sample of the data of this fingerprint.

    None if there is none, or it is damaged.
    """
    try:
        content = read_small(_path(fingerprint), _LARGEST)
    except (OSError, ValueError, EmnistTuiError):
        return None
    row = 9 + SIDE * SIDE
    count, rest = divmod(len(content), row)
    if rest or not 0 < count <= SAMPLED:
        return None
    indices = np.frombuffer(content[: 8 * count], "<i8").astype(np.int64)
    labels = np.frombuffer(content[8 * count : 9 * count], np.uint8).astype(np.int64)
    images = np.frombuffer(content[9 * count :], np.uint8).reshape(count, SIDE, SIDE)
    if labels.max() >= CLASSES or indices[0] < 0 or (np.diff(indices) <= 0).any():
        return None
    return DigitSample(images, labels, indices)


def keep_sample(fingerprint: str, sample: DigitSample) -> None:
    """Keep a sample for `read_sample`; raises nothing."""
    with suppress(OSError, ValueError, EmnistTuiError):  # drawn again next time
        path = _path(fingerprint)
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_unfinished(path.parent, path.name)
        with replacing(path) as file:
            file.write(sample.indices.astype("<i8").tobytes())
            file.write(sample.labels.astype(np.uint8).tobytes())
            file.write(sample.images.tobytes())


def keep_sample_of(fingerprint: str, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
    """Keep the sample of a test split, unless it is kept.

    Raises nothing.
    """
    with suppress(OSError, ValueError, EmnistTuiError):
        if not _path(fingerprint).exists():
            keep_sample(fingerprint, draw_sample(images, labels))


def _path(fingerprint: str) -> Path:
    """Return the file of a fingerprint, which may come from anywhere."""
    if len(fingerprint) != 16 or not set(fingerprint) <= set("0123456789abcdef"):
        raise ValueError("no fingerprint")
    return data_root() / "samples" / f"v{_FORMAT}-{fingerprint}.bin"
