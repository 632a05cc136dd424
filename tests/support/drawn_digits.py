"""Drawn digits, whose pixels tell which way is up, as files of several kinds."""

from functools import cache
from pathlib import Path

import numpy as np

from emnist_tui.learning.data.emnist import archive, idx
from emnist_tui.learning.data.synthetic.generator import draw_digits
from tests.support.emnist_files import Bytes

TRAIN, TEST = 300, 100
"""Images of the two splits."""


@cache
def upright_arrays() -> dict[str, Bytes]:
    """Return images, upright, and labels, by the files' plain names."""
    return dict(zip(archive.KINDS, (*draw_digits(TRAIN, 3), *draw_digits(TEST, 4)), strict=True))


def encoded(*, upright: bool) -> dict[str, bytes]:
    """Encode the four plain files, upright as MNIST's or transposed as EMNIST's."""
    return {
        name: kind.header(len(items)) + (items if upright or kind is idx.LABELS else items.transpose(0, 2, 1)).tobytes()
        for (name, kind), items in zip(archive.KINDS.items(), upright_arrays().values(), strict=True)
    }


def named(contents: dict[str, bytes], names: tuple[str, str, str, str]) -> dict[str, bytes]:
    """Return the contents by other names, in the order of train and test, images and labels."""
    return dict(zip(names, contents.values(), strict=True))


def write_files(folder: Path, files: dict[str, bytes]) -> Path:
    """Write files at paths below a folder, and return the folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def assert_stored_transposed(files: dict[str, idx.Bytes]) -> None:
    """Assert that files were read as `upright_arrays`, stored as EMNIST stores them."""
    for name, items in upright_arrays().items():
        expected = items.transpose(0, 2, 1) if items.ndim == 3 else items
        np.testing.assert_array_equal(files[name], expected)
