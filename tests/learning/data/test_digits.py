"""Digits are loaded as arrays, without torch and without a second copy."""

import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from emnist_tui.learning.data import digits
from emnist_tui.learning.data.dataset import load_dataset
from emnist_tui.learning.data.digits import fingerprint, load_digits, resolve_auto
from emnist_tui.learning.data.emnist.install import import_data
from emnist_tui.learning.data.synthetic import generator
from emnist_tui.runs import data_paths
from tests.learning.conftest import TEST, TRAIN
from tests.support.emnist_files import draw_arrows, write_archive

UNVERIFIED = "EMNIST digits (unverified copy)"


@pytest.mark.parametrize("installed", [True, False])
def test_arrays_are_upright_and_of_the_documented_types(small_archive: Path, root: Path, installed: bool) -> None:
    if installed:
        import_data(small_archive, root)
    phases: list[str] = []
    loaded = load_digits("emnist" if installed else str(small_archive), phases.append)
    assert phases == [f"reading {loaded.name}" if installed else f"reading {small_archive}"]
    pairs = ((loaded.train_images, loaded.train_labels), (loaded.test_images, loaded.test_labels))
    for (images, labels), count, seed in zip(pairs, (TRAIN, TEST), (0, 1), strict=True):
        expected = draw_arrows(count, seed)
        np.testing.assert_array_equal(images, expected[0])
        np.testing.assert_array_equal(labels, expected[1])
        assert images.flags.c_contiguous
        assert images.dtype == np.uint8
        assert labels.dtype == np.int64


def test_dataset_shares_fingerprint_and_memory_with_the_arrays(
    small_archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_digits(str(small_archive), lambda _: None)
    monkeypatch.setattr(digits, "load_digits", lambda *_: loaded)
    dataset = load_dataset(str(small_archive))
    assert dataset.fingerprint == loaded.fingerprint
    assert dataset.train.images.data_ptr() == loaded.train_images.ctypes.data
    assert dataset.test.labels.data_ptr() == loaded.test_labels.ctypes.data


@pytest.mark.parametrize("upright", [True, False])
def test_no_second_copy_of_the_images_is_made(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch, upright: bool
) -> None:
    """Also not of upright files, which are transposed twice."""
    images, labels = draw_arrows(20_000)
    path = tmp_path / "large.zip"
    write_archive(path, images, labels, *draw_arrows(10))
    monkeypatch.setattr("emnist_tui.learning.data.emnist.orientation.are_upright", lambda *_: upright)
    tracemalloc.start()
    try:
        load_digits(str(path), lambda _: None)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.6 * images.nbytes


def test_cached_images_in_another_order_are_drawn_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator, "draw_digits", lambda count, seed: draw_arrows(count, seed))
    monkeypatch.setattr(digits, "SYNTHETIC_TRAIN", 60)
    monkeypatch.setattr(digits, "SYNTHETIC_TEST", 10)
    drawn = load_digits("synthetic", lambda _: None)
    cache = root / "synthetic" / f"v{generator.VERSION}.npz"
    with np.load(cache) as stored:
        arrays = dict(stored)
    np.savez(cache, allow_pickle=False, **(arrays | {"train_images": np.asfortranarray(arrays["train_images"])}))
    again = load_digits("synthetic", lambda _: None)
    assert again.train_images.flags.c_contiguous
    assert again.fingerprint == drawn.fingerprint


def test_cache_that_a_killed_process_left_unfinished_is_deleted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator, "draw_digits", lambda count, seed: draw_arrows(count, seed))
    monkeypatch.setattr(digits, "SYNTHETIC_TRAIN", 60)
    monkeypatch.setattr(digits, "SYNTHETIC_TEST", 10)
    folder = root / "synthetic"
    folder.mkdir(parents=True)
    (folder / f".v{generator.VERSION}.npz.0123abcd.tmp").write_bytes(b"half")
    load_digits("synthetic", lambda _: None)
    assert [path.name for path in folder.iterdir()] == [f"v{generator.VERSION}.npz"]


def test_fingerprint_depends_on_shape_order_and_every_value() -> None:
    zeros, ones = np.zeros((4, 6), np.uint8), np.ones(4, np.int64)
    prints = [fingerprint(zeros, ones), fingerprint(ones, zeros), fingerprint(zeros.reshape(6, 4), ones)]
    zeros[3, 5] = 1
    prints.append(fingerprint(zeros, ones))
    assert len(set(prints)) == 4
    assert {len(bytes.fromhex(each)) for each in prints} == {8}


def test_loading_digits_needs_no_torch(small_archive: Path, root: Path) -> None:
    import_data(small_archive, root)
    assert data_paths.has_digits(root)
    script = (
        "import sys; from emnist_tui.learning.data.digits import load_digits; load_digits('emnist', print);"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize(
    ("source", "name", "resolved"),
    [
        ("auto", "synthetic digits", "synthetic"),
        ("auto", UNVERIFIED, "emnist"),
        ("emnist", "synthetic digits", "emnist"),
        ("some/path", UNVERIFIED, "some/path"),
    ],
)
def test_auto_is_resolved_by_the_name_of_the_data(source: str, name: str, resolved: str) -> None:
    assert resolve_auto(source, name) == resolved
