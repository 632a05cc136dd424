"""Valid IDX files are read; others end in one sentence."""

import contextlib
import gzip
import io
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emnist_tui.learning.data.emnist import idx
from emnist_tui.runs.errors import EmnistTuiError
from tests.support.emnist_files import draw_arrows, encode

IMAGES, LABELS = draw_arrows(12)
IMAGE_FILE = encode(idx.IMAGES, IMAGES)
LABEL_FILE = encode(idx.LABELS, LABELS)


def stream_of(content: bytes) -> io.BufferedReader:
    return io.BufferedReader(io.BytesIO(content))


def problem_of(content: bytes, kind: idx.Kind = idx.IMAGES) -> str:
    """Return the one sentence that reading `content` fails with."""
    with pytest.raises(EmnistTuiError) as caught:
        idx.read(stream_of(content), kind, "some-file")
    message = str(caught.value)
    assert message.startswith("some-file ")
    assert message.endswith(".")
    assert "\n" not in message
    return message


def test_images_are_read_as_stored() -> None:
    items = idx.read(stream_of(IMAGE_FILE), idx.IMAGES, "some-file")
    assert items.dtype == np.uint8
    np.testing.assert_array_equal(items, IMAGES.transpose(0, 2, 1))


def test_compressed_labels_are_read() -> None:
    items = idx.read(stream_of(gzip.compress(LABEL_FILE)), idx.LABELS, "some-file")
    np.testing.assert_array_equal(items, LABELS)


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, len(IMAGE_FILE) - 1])
def test_truncated_file_is_refused(length: int) -> None:
    assert "cut short" in problem_of(IMAGE_FILE[:length])


def test_file_with_trailing_data_is_refused() -> None:
    assert "has data after its end" in problem_of(IMAGE_FILE + b"\0")


def test_labels_are_not_read_as_images() -> None:
    assert "0x00000801, not 0x00000803" in problem_of(LABEL_FILE + IMAGE_FILE)


def test_images_of_another_size_are_refused() -> None:
    assert "32 × 32" in problem_of(struct.pack(">4I", 0x803, 1, 32, 32) + bytes(1024))


def test_empty_file_is_refused() -> None:
    assert "to hold 0 labels" in problem_of(idx.LABELS.header(0), idx.LABELS)


def test_label_above_9_is_refused() -> None:
    assert "label 10" in problem_of(idx.LABELS.header(2) + bytes([9, 10]), idx.LABELS)


def test_count_above_the_limit_is_refused() -> None:
    assert "4,294,967,295 images" in problem_of(idx.IMAGES.header(2**32 - 1))


@pytest.mark.parametrize("compressed", [False, True])
def test_memory_follows_the_content_not_the_header(compressed: bool) -> None:
    content = idx.IMAGES.header(idx.MAX_ITEMS) + bytes(1000)  # claims 784 MB
    tracemalloc.start()
    try:
        assert "cut short" in problem_of(gzip.compress(content) if compressed else content)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_decompression_stops_after_the_last_image() -> None:
    bomb = gzip.compress(IMAGE_FILE + bytes(200_000_000), 1)
    tracemalloc.start()
    try:
        assert "has data after its end" in problem_of(bomb)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_truncated_gzip_file_is_refused() -> None:
    assert "cut short" in problem_of(gzip.compress(IMAGE_FILE)[:-20])


def test_gzip_file_with_a_wrong_checksum_is_refused() -> None:
    content = bytearray(gzip.compress(IMAGE_FILE))
    content[-8] ^= 1
    assert "damaged" in problem_of(bytes(content))


def test_file_compressed_twice_is_read() -> None:
    items = idx.read(stream_of(gzip.compress(gzip.compress(LABEL_FILE))), idx.LABELS, "some-file")
    np.testing.assert_array_equal(items, LABELS)


@given(st.integers(0, len(LABEL_FILE) - 1), st.integers(1, 255), st.booleans())
def test_changed_byte_gives_labels_or_one_sentence(place: int, change: int, compressed: bool) -> None:
    content = bytearray(gzip.compress(LABEL_FILE, mtime=0) if compressed else LABEL_FILE)
    content[place] ^= change
    with contextlib.suppress(EmnistTuiError):
        labels = idx.read(stream_of(bytes(content)), idx.LABELS, "some-file")
        assert labels.max() <= 9


def test_items_are_counted_without_reading_them(tmp_path: Path) -> None:
    path = tmp_path / "images"
    path.write_bytes(IMAGE_FILE)
    assert idx.count_items(path, idx.IMAGES) == len(IMAGES)
    path.write_bytes(IMAGE_FILE[:-1])
    with pytest.raises(EmnistTuiError, match="cut short"):
        idx.count_items(path, idx.IMAGES)


def test_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(EmnistTuiError, match="cannot be read"):
        idx.count_items(tmp_path / "missing", idx.IMAGES)


def test_each_image_needs_a_label() -> None:
    idx.check_pair(3, 3, "some-split")
    with pytest.raises(EmnistTuiError, match="3 images but 2 labels"):
        idx.check_pair(3, 2, "some-split")
