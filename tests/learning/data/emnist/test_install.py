"""Installations are complete or absent, and their status is reported."""

import gzip
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import filelock
import numpy as np
import pytest

from emnist_tui.learning.data.emnist import archive, idx
from emnist_tui.learning.data.emnist.archive import OFFICIAL
from emnist_tui.learning.data.emnist.install import (
    DataStatus,
    data_status,
    import_data,
    layout_root,
    read_installed,
)
from emnist_tui.runs import data_paths
from emnist_tui.runs.data_paths import data_root, raw_folder
from emnist_tui.runs.errors import EmnistTuiError
from tests.learning.conftest import TEST, TRAIN
from tests.support.emnist_files import (
    compress,
    draw_arrows,
    encode,
    encode_files,
    official_files,
    write_archive,
    write_folder,
    write_members,
)
from tests.support.project import STAND_IN

FILES = encode_files(*draw_arrows(TRAIN, 0), *draw_arrows(TEST, 1))
MEMBERS = compress(FILES)


@pytest.fixture
def official(small_archive: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the small archive, and make its members the official ones."""
    for name, file in official_files(MEMBERS).items():
        monkeypatch.setitem(OFFICIAL, name, file)
    return small_archive


def transpose(items: idx.Bytes) -> idx.Bytes:
    return items.transpose(0, 2, 1) if items.ndim == 3 else items


def installed(root: Path) -> dict[str, bytes]:
    return {name: (raw_folder(root) / name).read_bytes() for name in archive.KINDS}


def test_data_root_is_set_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMNIST_TUI_DATA", "/some/where")
    assert data_root() == Path("/some/where")
    monkeypatch.delenv("EMNIST_TUI_DATA")
    assert "emnist-tui" in str(data_root())


def test_empty_root_has_no_data(root: Path) -> None:
    assert data_status(root) == DataStatus(root, present=False)


def test_archive_is_installed(small_archive: Path, root: Path) -> None:
    status = import_data(small_archive, root)
    assert status == DataStatus(root, True, TRAIN, TEST, verified=False)
    assert status.name == "EMNIST digits (unverified copy)"
    assert installed(root) == FILES
    assert data_status(root) == status


def test_official_archive_is_verified(official: Path, root: Path) -> None:
    status = import_data(official, root)
    assert status.verified
    assert status.name == "EMNIST digits"
    sidecar = json.loads((raw_folder(root) / "emnist-digits.json").read_text())
    assert sidecar["verified"] is True
    assert sidecar["source"] == "gzip.zip"
    assert sidecar["train_images"] == TRAIN
    assert sidecar["test_images"] == TEST
    assert sidecar["sha256"] == {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}


def test_official_files_changed_later_are_unverified(official: Path, root: Path) -> None:
    import_data(official, root)
    images = raw_folder(root) / data_paths.TEST_IMAGES
    images.write_bytes(images.read_bytes()[:-1] + b"\7")
    assert data_status(root) == DataStatus(root, True, TRAIN, TEST, verified=False)


def test_one_unofficial_member_makes_the_data_unverified(official: Path, root: Path) -> None:
    write_members(official, MEMBERS | {data_paths.TEST_LABELS: gzip.compress(FILES[data_paths.TEST_LABELS], 9)})
    assert not import_data(official, root).verified


@pytest.mark.parametrize("left_behind", ["gzip.zip", "gzip"])
def test_torchvision_download_is_verified_by_its_archive(official: Path, root: Path, left_behind: str) -> None:
    raw = write_folder(raw_folder(root), FILES)
    assert not data_status(root).verified
    if left_behind == "gzip":
        write_folder(raw / "gzip", MEMBERS, ".gz")
    else:
        shutil.copy(official, raw / "gzip.zip")
    assert data_status(root).verified
    assert data_status(root).verified  # now by the sidecar
    (raw / data_paths.TEST_LABELS).write_bytes(encode(idx.LABELS, np.zeros(TEST, np.uint8)))
    assert not data_status(root).verified


@pytest.mark.parametrize("place", [".", "EMNIST/raw"])
def test_verified_root_is_a_verified_source(official: Path, root: Path, tmp_path: Path, place: str) -> None:
    import_data(official, tmp_path / "other")
    assert import_data(tmp_path / "other" / place, root).verified


def test_other_files_beside_the_digits_are_kept(small_archive: Path, root: Path) -> None:
    letters = write_folder(raw_folder(root), {"emnist-letters-train-images-idx3-ubyte": b"letters"})
    import_data(small_archive, root)
    assert (letters / "emnist-letters-train-images-idx3-ubyte").read_bytes() == b"letters"


def test_torchvision_loads_the_installed_folder(small_archive: Path, root: Path) -> None:
    try:
        from torchvision.datasets import EMNIST
    except (ImportError, OSError, RuntimeError) as error:  # built for another torch: its operators do not exist
        pytest.skip(f"torchvision cannot be imported: {error}")
    import_data(small_archive, root)
    test = EMNIST(root, split="digits", train=False)
    images, labels = draw_arrows(TEST, 1)
    np.testing.assert_array_equal(test.data.numpy().transpose(0, 2, 1), images)
    np.testing.assert_array_equal(test.targets.numpy(), labels)


def test_installed_files_are_read_as_stored(small_archive: Path, root: Path) -> None:
    import_data(small_archive, root)
    files = read_installed(root)
    assert {name: encode(kind, transpose(files[name])) for name, kind in archive.KINDS.items()} == FILES


def test_mismatched_installed_files_are_refused(small_archive: Path, root: Path) -> None:
    import_data(small_archive, root)
    (raw_folder(root) / data_paths.TEST_LABELS).write_bytes(FILES[data_paths.TRAIN_LABELS])
    with pytest.raises(EmnistTuiError, match="20 images but 40 labels"):
        read_installed(root)


@pytest.mark.parametrize("place", [".", "EMNIST/raw"])
def test_layout_root_is_found_from_either_folder(small_archive: Path, root: Path, place: str) -> None:
    assert layout_root(root / place) is None
    import_data(small_archive, root)
    assert layout_root(root / place) == root
    assert layout_root(root / "EMNIST") is None


def test_status_needs_no_torch(root: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from emnist_tui.learning.data.emnist.install import data_status;"
        f"data_status(Path({str(root)!r})); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


class TestInterrupted:
    """Interrupted imports leave the old data or the new, never both."""

    @pytest.fixture
    def newer(self, tmp_path: Path) -> Path:
        path = tmp_path / "newer.zip"
        write_archive(path, *draw_arrows(30, 2), *draw_arrows(10, 3))
        return path

    @pytest.mark.parametrize("written", range(5))
    def test_interrupted_write_keeps_the_old_data(
        self, small_archive: Path, newer: Path, root: Path, monkeypatch: pytest.MonkeyPatch, written: int
    ) -> None:
        before = import_data(small_archive, root)
        names = sorted(raw_folder(root).iterdir())
        left = iter(range(written))

        def fail_after(descriptor: int) -> None:
            if next(left, None) is None:
                raise KeyboardInterrupt

        monkeypatch.setattr("os.fsync", fail_after)
        with pytest.raises(KeyboardInterrupt):
            import_data(newer, root)
        assert data_status(root) == before
        assert installed(root) == FILES
        assert sorted(raw_folder(root).iterdir()) == names

    @pytest.mark.parametrize("moved", range(5))
    def test_interrupted_move_is_completed_with_the_new_data(
        self, small_archive: Path, newer: Path, root: Path, monkeypatch: pytest.MonkeyPatch, moved: int
    ) -> None:
        import_data(small_archive, root)
        names = sorted(raw_folder(root).iterdir())
        left = iter(range(moved))
        replace = Path.replace

        def fail_after(self: Path, target: Path) -> Path:
            if self.parent.name == ".emnist-digits.ready" and next(left, None) is None:
                raise KeyboardInterrupt
            return replace(self, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", fail_after)
            with pytest.raises(KeyboardInterrupt):
                import_data(newer, root)
        assert data_status(root) == DataStatus(root, True, 30, 10)
        assert sorted(raw_folder(root).iterdir()) == names

    def test_leftovers_of_a_killed_import_are_deleted(self, small_archive: Path, root: Path) -> None:
        write_folder(raw_folder(root) / ".emnist-digits.part", {data_paths.TEST_IMAGES: b"half"})
        import_data(small_archive, root)
        assert installed(root) == FILES
        assert not (raw_folder(root) / ".emnist-digits.part").exists()

    def test_full_disk_is_reported(self, small_archive: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.fsync", fail)
        with pytest.raises(EmnistTuiError, match=r"cannot be written to .* \(No space left on device\)"):
            import_data(small_archive, root)
        assert not data_status(root).present


def test_invalid_source_leaves_the_installation_intact(small_archive: Path, root: Path, tmp_path: Path) -> None:
    before = import_data(small_archive, root)
    small_archive.write_bytes(small_archive.read_bytes()[:5000])
    with pytest.raises(EmnistTuiError, match="incomplete zip archive"):
        import_data(small_archive, root)
    assert data_status(root) == before
    with pytest.raises(EmnistTuiError, match="incomplete zip archive"):
        import_data(small_archive, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_second_import_at_a_time_is_refused(small_archive: Path, root: Path) -> None:
    raw = write_folder(raw_folder(root), {})
    with filelock.FileLock(raw / ".emnist-digits.lock"), pytest.raises(EmnistTuiError, match="Another import"):
        import_data(small_archive, root)


def test_root_that_is_a_file_is_reported(small_archive: Path, root: Path) -> None:
    root.write_text("")
    with pytest.raises(EmnistTuiError, match="cannot be written"):
        import_data(small_archive, root)


class TestBrokenInstallation:
    """`data_status` reports problems and never raises."""

    def test_missing_file_is_a_problem(self, small_archive: Path, root: Path) -> None:
        import_data(small_archive, root)
        (raw_folder(root) / data_paths.TEST_LABELS).unlink()
        status = data_status(root)
        assert not status.present
        assert status.problem is not None
        assert f"has no {data_paths.TEST_LABELS}" in status.problem

    @pytest.mark.parametrize("name", archive.KINDS)
    def test_truncated_file_is_a_problem(self, small_archive: Path, root: Path, name: str) -> None:
        import_data(small_archive, root)
        (raw_folder(root) / name).write_bytes(FILES[name][:-1])
        status = data_status(root)
        assert status.present
        assert status.problem is not None
        assert "cut short" in status.problem
        assert name in status.problem

    @pytest.mark.parametrize("content", ["", "[1]", "{", '{"verified": true}', '{"verified": true, "sha256": 7}'])
    def test_invalid_sidecar_only_loses_the_verification(self, official: Path, root: Path, content: str) -> None:
        import_data(official, root)
        (raw_folder(root) / "emnist-digits.json").write_text(content)
        assert data_status(root) == DataStatus(root, True, TRAIN, TEST, verified=False)


@pytest.mark.slow
@pytest.mark.skipif(not STAND_IN.is_file(), reason="the stand-in archive is not beside the checkout")
def test_stand_in_is_an_unverified_copy(root: Path) -> None:
    assert import_data(STAND_IN, root) == DataStatus(root, True, 108_000, 18_000, verified=False)
