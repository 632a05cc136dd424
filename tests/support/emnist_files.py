"""Small data in the shape of the official EMNIST archive."""

import gzip
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emnist_tui.learning.data.emnist import archive, idx

Bytes = npt.NDArray[np.uint8]


def draw_arrows(count: int, seed: int = 0) -> tuple[Bytes, Bytes]:
    """Upright images, uint8 [count, 28, 28], and labels, uint8 [count]: each image tells its label and which way is up.

    A bar along the top, as long as the label, and noise below it on the left.
    """
    random = np.random.default_rng(seed)
    labels = (np.arange(count) % 10).astype(np.uint8)
    images = np.zeros((count, 28, 28), np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2, : 2 * label + 2] = 255
    images[:, 10:20, 2:8] = random.integers(0, 256, (count, 10, 6), dtype=np.uint8)
    return images, labels


def encode_files(train_images: Bytes, train_labels: Bytes, test_images: Bytes, test_labels: Bytes) -> dict[str, bytes]:
    """The four plain files by name, from upright images: in the files they are transposed."""
    items = (train_images, train_labels, test_images, test_labels)
    return {name: encode(kind, array) for (name, kind), array in zip(archive.KINDS.items(), items, strict=True)}


def encode(kind: idx.Kind, items: Bytes) -> bytes:
    """One plain IDX file."""
    return kind.header(len(items)) + (items.transpose(0, 2, 1) if kind is idx.IMAGES else items).tobytes()


def write_archive(
    path: Path, train_images: Bytes, train_labels: Bytes, test_images: Bytes, test_labels: Bytes
) -> dict[str, bytes]:
    """Writes a zip of gzip/emnist-digits-*.gz; returns the .gz members by plain name."""
    files = encode_files(train_images, train_labels, test_images, test_labels)
    members = {name: gzip.compress(content, 1, mtime=0) for name, content in files.items()}
    write_members(path, members)
    return members


def write_members(path: Path, members: dict[str, bytes]) -> None:
    """Writes a zip of the given .gz members, by plain name."""
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(f"gzip/{name}.gz", content)
