"""Datasets are loaded as tensors from every source."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from emnist_tui.learning.data import dataset, digits
from emnist_tui.learning.data.dataset import Split, fingerprint, hold_out, load_dataset, notice
from emnist_tui.learning.data.emnist import idx
from emnist_tui.learning.data.emnist.install import import_data
from emnist_tui.learning.data.synthetic import generator
from emnist_tui.runs import data_paths
from emnist_tui.runs.data_paths import raw_folder
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from tests.learning.conftest import TEST, TRAIN
from tests.support.emnist_files import draw_arrows, write_archive

UNVERIFIED = "EMNIST digits (unverified copy)"


def make_split(count: int = 50) -> Split:
    images, labels = draw_arrows(count)
    return Split(torch.from_numpy(images), torch.from_numpy(labels).long())


def assert_is_the_small_archive(loaded: dataset.Dataset) -> None:
    """Check that images are upright, as drawn, and of the documented types."""
    for split, count, seed in ((loaded.train, TRAIN, 0), (loaded.test, TEST, 1)):
        images, labels = draw_arrows(count, seed)
        assert split.images.dtype == torch.uint8
        assert split.labels.dtype == torch.int64
        assert split.images.is_contiguous()
        np.testing.assert_array_equal(split.images.numpy(), images)
        np.testing.assert_array_equal(split.labels.numpy(), labels)


class TestSources:
    def test_installed_data_is_loaded(self, small_archive: Path, root: Path) -> None:
        import_data(small_archive, root)
        phases: list[str] = []
        for source in ("auto", "emnist"):
            loaded = load_dataset(source, on_phase=phases.append)
            assert loaded.name == UNVERIFIED
            assert notice(source, loaded) is None
            assert_is_the_small_archive(loaded)
        assert phases == [f"reading {UNVERIFIED}"] * 2

    def test_archive_is_loaded_without_installing_it(self, small_archive: Path, root: Path) -> None:
        loaded = load_dataset(str(small_archive))
        assert loaded.name == UNVERIFIED
        assert_is_the_small_archive(loaded)
        assert not root.exists()

    @pytest.mark.parametrize("place", [".", "EMNIST/raw"])
    def test_folder_in_torchvision_layout_is_loaded(self, small_archive: Path, tmp_path: Path, place: str) -> None:
        import_data(small_archive, tmp_path / "folder")
        assert_is_the_small_archive(load_dataset(str(tmp_path / "folder" / place)))

    def test_folder_of_plain_files_is_loaded(self, small_archive: Path, tmp_path: Path) -> None:
        import_data(small_archive, tmp_path / "folder")
        raw_folder(tmp_path / "folder").rename(tmp_path / "files")
        assert_is_the_small_archive(load_dataset(str(tmp_path / "files")))

    def test_every_source_of_the_same_data_gives_the_same_fingerprint(self, small_archive: Path, root: Path) -> None:
        import_data(small_archive, root)
        paths = (str(small_archive), str(root), "emnist")
        assert len({load_dataset(path).fingerprint for path in paths}) == 1

    def test_files_of_old_torchvision_versions_are_ignored(self, small_archive: Path, root: Path) -> None:
        import_data(small_archive, root)
        processed = root / "EMNIST" / "processed"
        processed.mkdir()
        for name in ("training_digits.pt", "test_digits.pt"):
            torch.save((torch.zeros(1, 28, 28, dtype=torch.uint8), torch.zeros(1, dtype=torch.int64)), processed / name)
        assert_is_the_small_archive(load_dataset("emnist"))

    def test_missing_path_is_wrong_use(self) -> None:
        for source, missing in (("sinthetic", "file or folder sinthetic"), ("~no-user/x.zip", "home folder ~no-user")):
            with pytest.raises(UsageError, match=f"There is no {missing}"):
                load_dataset(source)

    def test_missing_emnist_digits_name_both_ways_to_get_them(self, root: Path) -> None:
        ways = r"`emnist-tui data download` fetches .* https://.* run `emnist-tui data import PATH`"
        with pytest.raises(EmnistTuiError, match=ways):
            load_dataset("emnist")

    @pytest.mark.parametrize("source", ["auto", "emnist"])
    def test_damaged_data_is_not_replaced_silently(self, small_archive: Path, root: Path, source: str) -> None:
        import_data(small_archive, root)
        (raw_folder(root) / data_paths.TRAIN_IMAGES).write_bytes(b"")
        with pytest.raises(EmnistTuiError, match="cut short"):
            load_dataset(source)

    def test_files_that_change_after_the_status_check_are_refused(
        self, small_archive: Path, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        status = import_data(small_archive, root)
        (raw_folder(root) / data_paths.TRAIN_IMAGES).write_bytes(b"\0" * 64)
        monkeypatch.setattr(digits, "data_status", lambda root: status)
        with pytest.raises(EmnistTuiError, match="does not hold images in IDX format"):
            load_dataset("emnist")


class TestSynthetic:
    @pytest.fixture(autouse=True)
    def drawings(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
        """Replace drawing; returns the count and seed of every call."""
        calls: list[tuple[int, int]] = []

        def draw(count: int, seed: int) -> tuple[idx.Bytes, idx.Bytes]:
            calls.append((count, seed))
            return draw_arrows(count, seed)

        monkeypatch.setattr(generator, "draw_digits", draw)
        monkeypatch.setattr(digits, "SYNTHETIC_TRAIN", 60)
        monkeypatch.setattr(digits, "SYNTHETIC_TEST", 10)
        return calls

    @pytest.fixture
    def cache(self, root: Path) -> Path:
        return root / "synthetic" / f"v{generator.VERSION}.npz"

    def test_auto_falls_back_to_synthetic_digits_with_a_notice(self, root: Path) -> None:
        loaded = load_dataset("auto")
        assert loaded.name == "synthetic digits"
        assert "emnist-tui data download" in str(notice("auto", loaded))
        assert notice("synthetic", loaded) is None

    def test_synthetic_digits_are_drawn_once(self, root: Path, drawings: list[tuple[int, int]]) -> None:
        phases: list[str] = []
        first, second = (load_dataset("synthetic", on_phase=phases.append) for _ in range(2))
        assert drawings == [(60, 1), (10, 2)]
        assert first.fingerprint == second.fingerprint
        assert "drawing 60 synthetic digits" in phases
        assert phases[-1] == "reading synthetic digits"
        np.testing.assert_array_equal(second.train.images.numpy(), draw_arrows(60, 1)[0])
        assert second.test.labels.dtype == torch.int64

    def test_cache_of_a_single_array_is_drawn_again(self, cache: Path, drawings: list[tuple[int, int]]) -> None:
        whole = load_dataset("synthetic")
        with cache.open("wb") as file:
            np.save(file, np.zeros(60, np.uint8))
        assert load_dataset("synthetic").fingerprint == whole.fingerprint
        assert len(drawings) == 4

    @pytest.mark.parametrize("kept", [0, 10, 5_000, -40])
    def test_truncated_cache_is_drawn_again(self, cache: Path, drawings: list[tuple[int, int]], kept: int) -> None:
        whole = load_dataset("synthetic")
        cache.write_bytes(cache.read_bytes()[:kept])
        assert load_dataset("synthetic").fingerprint == whole.fingerprint
        assert load_dataset("synthetic").fingerprint == whole.fingerprint
        assert len(drawings) == 4

    @pytest.mark.parametrize(
        "change",
        [
            {"train_images": np.zeros((59, 28, 28), np.uint8)},
            {"train_images": np.zeros((60, 28, 28), np.float32)},
            {"test_labels": np.full(10, 10, np.uint8)},
            {"test_labels": np.array([None] * 10)},
        ],
    )
    def test_invalid_cache_is_drawn_again(
        self, cache: Path, drawings: list[tuple[int, int]], change: dict[str, np.ndarray]
    ) -> None:
        whole = load_dataset("synthetic")
        with np.load(cache) as stored:
            arrays = dict(stored)
        np.savez(cache, allow_pickle=True, **(arrays | change))
        assert load_dataset("synthetic").fingerprint == whole.fingerprint
        assert len(drawings) == 4

    def test_unwritable_cache_is_ignored(self, root: Path) -> None:
        root.write_text("a file, not a folder")
        assert len(load_dataset("synthetic").train) == 60


class TestHoldOut:
    def test_parts_add_up_to_the_split(self) -> None:
        split = make_split(50)
        train, validation = hold_out(split, 10, seed=3)
        assert (len(train), len(validation)) == (40, 10)
        parts = torch.cat([train.images, validation.images]).flatten(1).tolist()
        assert sorted(parts) == sorted(split.images.flatten(1).tolist())

    def test_labels_stay_with_their_images(self) -> None:
        for part in hold_out(make_split(50), 10, seed=3):
            assert torch.equal((part.images[:, 2] > 0).sum(1), 2 * part.labels + 2)

    def test_seed_determines_the_parts(self) -> None:
        first, again, other = (hold_out(make_split(), 10, seed)[1].images for seed in (0, 0, 1))
        assert torch.equal(first, again)
        assert not torch.equal(first, other)

    @pytest.mark.parametrize("count", [-1, 0, 50, 51])
    def test_empty_part_is_wrong_use(self, count: int) -> None:
        with pytest.raises(UsageError, match="held out"):
            hold_out(make_split(50), count, seed=0)


class TestFingerprint:
    def test_fingerprint_has_16_hex_digits(self) -> None:
        assert len(bytes.fromhex(fingerprint(make_split(), make_split(5)))) == 8

    @pytest.mark.parametrize("part", ["images", "labels"])
    def test_fingerprint_changes_with_one_value(self, part: str) -> None:
        before = fingerprint(make_split(), make_split(5))
        changed = make_split(5)
        getattr(changed, part)[-1] = 3
        assert fingerprint(make_split(), changed) != before

    def test_fingerprint_depends_on_the_order_of_splits(self) -> None:
        assert fingerprint(make_split(), make_split(5)) != fingerprint(make_split(5), make_split())


def test_loading_emnist_digits_needs_no_torchvision(small_archive: Path, root: Path) -> None:
    import_data(small_archive, root)
    script = (
        "import sys; from emnist_tui.learning.data.dataset import load_dataset; load_dataset('emnist');"
        "assert 'torchvision' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_split_moves_to_a_device() -> None:
    moved = make_split(5).to("meta")
    assert moved.images.device.type == moved.labels.device.type == "meta"


def test_images_are_upright(tmp_path: Path) -> None:
    """In the file, the bar is along the left side."""
    path = tmp_path / "small.zip"
    write_archive(path, *draw_arrows(10), *draw_arrows(10))
    image = load_dataset(str(path)).train.images[9]
    assert (image[2] > 0).sum() == 20
    assert (image[:, 2] > 0).sum() <= 12


@pytest.mark.slow
def test_full_synthetic_digits_are_cached(root: Path) -> None:
    drawn, cached = load_dataset("synthetic"), load_dataset("synthetic")
    assert drawn.fingerprint == cached.fingerprint
    for split, count in ((cached.train, 60_000), (cached.test, 10_000)):
        assert split.images.shape == (count, 28, 28)
        assert split.images.dtype == torch.uint8
        assert torch.bincount(split.labels).tolist() == [count // 10] * 10
