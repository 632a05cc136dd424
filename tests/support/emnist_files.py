"""Small data in the shape of the official EMNIST archive."""

import gzip
import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emnist_tui.learning.data.emnist import archive, idx
from emnist_tui.learning.data.emnist.archive import OfficialFile

Bytes = npt.NDArray[np.uint8]


def draw_arrows(count: int, seed: int = 0) -> tuple[Bytes, Bytes]:
    """Draw images that show their label and which way is up.

    Returns upright images, uint8 [count, 28, 28], and labels, uint8 [count]. Each image has a bar along the top, as
    long as the label, and noise below it on the left.
    """
    random = np.random.default_rng(seed)
    labels = (np.arange(count) % 10).astype(np.uint8)
    images = np.zeros((count, 28, 28), np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2, : 2 * label + 2] = 255
    images[:, 10:20, 2:8] = random.integers(0, 256, (count, 10, 6), dtype=np.uint8)
    return images, labels


def encode_files(train_images: Bytes, train_labels: Bytes, test_images: Bytes, test_labels: Bytes) -> dict[str, bytes]:
    """Encode the four plain files, by name, from upright images."""
    items = (train_images, train_labels, test_images, test_labels)
    return {name: encode(kind, array) for (name, kind), array in zip(archive.KINDS.items(), items, strict=True)}


def encode(kind: idx.Kind, items: Bytes) -> bytes:
    """Encode one plain IDX file."""
    return kind.header(len(items)) + (items.transpose(0, 2, 1) if kind is idx.IMAGES else items).tobytes()


def compress(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Compress plain files into .gz members, by plain name."""
    return {name: gzip.compress(content, 1, mtime=0) for name, content in files.items()}


def write_archive(
    path: Path, train_images: Bytes, train_labels: Bytes, test_images: Bytes, test_labels: Bytes
) -> dict[str, bytes]:
    """Write a zip of gzip/emnist-digits-*.gz; returns the .gz members by plain name."""
    members = compress(encode_files(train_images, train_labels, test_images, test_labels))
    write_members(path, members)
    return members


def write_members(path: Path, members: Mapping[str, bytes]) -> None:
    """Write a zip of .gz members, by plain name."""
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(f"gzip/{name}.gz", content)


def write_folder(folder: Path, files: Mapping[str, bytes], suffix: str = "") -> Path:
    """Write files into a folder, and return the folder.

    Their names are followed by `suffix`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}{suffix}").write_bytes(content)
    return folder


def official_files(members: Mapping[str, bytes]) -> dict[str, OfficialFile]:
    """Describe .gz members as official ones, for `archive.OFFICIAL`."""
    return {name: OfficialFile(len(content), hashlib.sha256(content).hexdigest()) for name, content in members.items()}
