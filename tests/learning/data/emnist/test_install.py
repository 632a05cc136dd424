"""Installing the EMNIST digits and knowing what is installed."""

import contextlib
import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import filelock
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emnist_tui.learning.data.emnist import archive, idx, install
from emnist_tui.learning.data.emnist.archive import OFFICIAL, OfficialFile
from emnist_tui.learning.data.emnist.install import DataStatus, data_status, import_data
from emnist_tui.runs import data_paths
from emnist_tui.runs.data_paths import data_root, raw_folder
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from tests.learning.conftest import TEST, TRAIN
from tests.support.emnist_files import draw_arrows, encode, encode_files, write_archive, write_members
from tests.support.project import STAND_IN

FILES = encode_files(*draw_arrows(TRAIN, 0), *draw_arrows(TEST, 1))
MEMBERS = {name: gzip.compress(content, 1, mtime=0) for name, content in FILES.items()}


@pytest.fixture
def official(small_archive: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small archive, when its members are the official ones."""
    for name, content in MEMBERS.items():
        monkeypatch.setitem(OFFICIAL, name, OfficialFile(len(content), hashlib.sha256(content).hexdigest()))
    return small_archive


def write_folder(folder: Path, files: dict[str, bytes], suffix: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}{suffix}").write_bytes(content)
    return folder


def installed(root: Path) -> dict[str, bytes]:
    return {name: (raw_folder(root) / name).read_bytes() for name in archive.KINDS}


def problem_of(path: Path, root: Path) -> str:
    """The one sentence that importing `path` fails with; nothing is installed then."""
    with pytest.raises(EmnistTuiError) as caught:
        import_data(path, root)
    message = str(caught.value)
    assert str(path) in message
    assert message.endswith(".")
    assert "\n" not in message
    assert not data_status(root).present
    return message


def test_the_root_is_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMNIST_TUI_DATA", "/some/where")
    assert data_root() == Path("/some/where")
    monkeypatch.delenv("EMNIST_TUI_DATA")
    assert "emnist-tui" in str(data_root())


def test_nothing_installed(root: Path) -> None:
    assert data_status(root) == DataStatus(root, present=False)


def test_an_archive_is_installed(small_archive: Path, root: Path) -> None:
    status = import_data(small_archive, root)
    assert status == DataStatus(root, True, TRAIN, TEST, verified=False)
    assert status.name == "EMNIST digits (unverified copy)"
    assert installed(root) == FILES
    assert data_status(root) == status


def test_the_official_archive_is_verified(official: Path, root: Path) -> None:
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


def test_one_unofficial_member_is_enough_to_be_unverified(official: Path, root: Path) -> None:
    write_members(official, MEMBERS | {data_paths.TEST_LABELS: gzip.compress(FILES[data_paths.TEST_LABELS], 9)})
    assert not import_data(official, root).verified


@pytest.mark.parametrize("left_behind", ["gzip.zip", "gzip"])
def test_what_torchvision_downloaded_is_verified_by_its_archive(official: Path, root: Path, left_behind: str) -> None:
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


@pytest.mark.parametrize("place", [".", "gzip", "EMNIST/raw/gzip"])
def test_a_folder_of_compressed_files(official: Path, root: Path, tmp_path: Path, place: str) -> None:
    folder = tmp_path / "folder"
    write_folder(folder / place, MEMBERS, ".gz")
    assert import_data(folder, root).verified
    assert installed(root) == FILES


@pytest.mark.parametrize("place", [".", "gzip", "EMNIST/raw"])
def test_a_folder_of_plain_files(official: Path, root: Path, tmp_path: Path, place: str) -> None:
    folder = tmp_path / "folder"
    write_folder(folder / place, FILES)
    assert not import_data(folder, root).verified
    assert installed(root) == FILES


@pytest.mark.parametrize("place", [".", "EMNIST/raw"])
def test_a_verified_root_is_a_verified_source(official: Path, root: Path, tmp_path: Path, place: str) -> None:
    import_data(official, tmp_path / "other")
    assert import_data(tmp_path / "other" / place, root).verified


def test_members_at_any_depth(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "deep.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name, content in MEMBERS.items():
            file.writestr(f"../../a/b/{name}.gz", content)
            file.writestr(f"__MACOSX/a/._{name}.gz", b"other")
    import_data(path, root)
    assert installed(root) == FILES


def test_other_files_beside_the_digits_stay(small_archive: Path, root: Path) -> None:
    letters = write_folder(raw_folder(root), {"emnist-letters-train-images-idx3-ubyte": b"letters"})
    import_data(small_archive, root)
    assert (letters / "emnist-letters-train-images-idx3-ubyte").read_bytes() == b"letters"


def test_torchvision_loads_what_was_imported(small_archive: Path, root: Path) -> None:
    import_data(small_archive, root)
    test = install.torchvision_emnist()(root, split="digits", train=False)
    images, labels = draw_arrows(TEST, 1)
    np.testing.assert_array_equal(test.data.numpy().transpose(0, 2, 1), images)
    np.testing.assert_array_equal(test.targets.numpy(), labels)


def test_knowing_the_status_needs_no_torch(root: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from emnist_tui.learning.data.emnist.install import data_status;"
        f"data_status(Path({str(root)!r})); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


class TestInterrupted:
    """The old data or the new, never half of each."""

    @pytest.fixture
    def newer(self, tmp_path: Path) -> Path:
        path = tmp_path / "newer.zip"
        write_archive(path, *draw_arrows(30, 2), *draw_arrows(10, 3))
        return path

    @pytest.mark.parametrize("written", range(5))
    def test_while_writing(
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
    def test_while_moving_into_place(
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

    def test_what_a_killed_import_left_is_cleared(self, small_archive: Path, root: Path) -> None:
        write_folder(raw_folder(root) / ".emnist-digits.part", {data_paths.TEST_IMAGES: b"half"})
        import_data(small_archive, root)
        assert installed(root) == FILES
        assert not (raw_folder(root) / ".emnist-digits.part").exists()

    def test_a_full_disk(self, small_archive: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.fsync", fail)
        with pytest.raises(EmnistTuiError, match=r"cannot be written to .* \(No space left on device\)"):
            import_data(small_archive, root)
        assert not data_status(root).present


class TestBadSource:
    """One sentence each, and nothing installed."""

    def test_nothing_there(self, tmp_path: Path, root: Path) -> None:
        with pytest.raises(UsageError, match="There is no file or folder"):
            import_data(tmp_path / "missing.zip", root)

    def test_a_web_page_served_as_archive(self, tmp_path: Path, root: Path) -> None:
        path = tmp_path / "gzip.zip"
        path.write_text("\n<!DOCTYPE html><html><title>404</title></html>")
        assert "web page" in problem_of(path, root)

    def test_an_archive_cut_short(self, small_archive: Path, root: Path) -> None:
        small_archive.write_bytes(small_archive.read_bytes()[:5000])
        assert "incomplete zip archive" in problem_of(small_archive, root)

    def test_no_archive(self, tmp_path: Path, root: Path) -> None:
        path = tmp_path / "gzip.zip"
        path.write_bytes(b"")
        assert "not a zip archive" in problem_of(path, root)

    def test_a_member_missing(self, tmp_path: Path, root: Path) -> None:
        path = tmp_path / "gzip.zip"
        write_members(path, {name: content for name, content in MEMBERS.items() if name != data_paths.TEST_LABELS})
        assert f"has no {data_paths.TEST_LABELS}" in problem_of(path, root)

    def test_an_empty_folder(self, tmp_path: Path, root: Path) -> None:
        (tmp_path / "folder").mkdir()
        assert "has none of the EMNIST digits files" in problem_of(tmp_path / "folder", root)

    def test_a_member_twice(self, tmp_path: Path, root: Path) -> None:
        path = tmp_path / "gzip.zip"
        with zipfile.ZipFile(path, "w") as file:
            for place in "ab":
                file.writestr(f"{place}/{data_paths.TEST_LABELS}.gz", b"")
        assert "twice" in problem_of(path, root)

    def test_what_a_message_quotes_is_bounded(self, small_archive: Path, root: Path) -> None:
        """zipfile's own message quotes a name as long as the local header claims."""
        content = bytearray(small_archive.read_bytes())
        content[26:28] = b"\xff\x0f"
        small_archive.write_bytes(content)
        assert len(problem_of(small_archive, root).removeprefix(str(small_archive))) < 300

    def test_a_password(self, small_archive: Path, root: Path) -> None:
        content = bytearray(small_archive.read_bytes())
        content[content.index(b"PK\1\2") + 8] |= 1
        small_archive.write_bytes(content)
        assert "password" in problem_of(small_archive, root)

    def test_an_unknown_compression_method(self, small_archive: Path, root: Path) -> None:
        content = bytearray(small_archive.read_bytes())
        content[content.index(b"PK\1\2") + 10] = 97
        small_archive.write_bytes(content)
        assert "damaged" in problem_of(small_archive, root)

    def test_a_corrupt_member(self, small_archive: Path, root: Path) -> None:
        content = bytearray(small_archive.read_bytes())
        content[200] ^= 255
        small_archive.write_bytes(content)
        assert "damaged" in problem_of(small_archive, root)

    @pytest.mark.parametrize(
        ("name", "content", "problem"),
        [
            (data_paths.TRAIN_IMAGES, FILES[data_paths.TEST_IMAGES], "20 images but 40 labels"),
            (data_paths.TRAIN_IMAGES, FILES[data_paths.TRAIN_LABELS], "does not hold images"),
            (data_paths.TRAIN_IMAGES, idx.IMAGES.header(1_000_000), "cut short"),
            (data_paths.TEST_LABELS, idx.LABELS.header(TEST) + bytes([10] * TEST), "label 10"),
        ],
    )
    def test_a_broken_file(self, tmp_path: Path, root: Path, name: str, content: bytes, problem: str) -> None:
        path = tmp_path / "gzip.zip"
        write_members(path, MEMBERS | {name: gzip.compress(content)})
        assert problem in problem_of(path, root)

    @given(places=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=4))
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
    def test_changed_bytes_give_digits_or_one_sentence(
        self, small_archive: Path, places: list[tuple[float, int]]
    ) -> None:
        content = bytearray(small_archive.read_bytes())
        for place, change in places:
            content[int(place * len(content))] ^= change
        changed = small_archive.with_name("changed.zip")
        changed.write_bytes(content)
        with contextlib.suppress(EmnistTuiError):
            archive.read_digits(changed)

    def test_an_import_beside_another(self, small_archive: Path, root: Path) -> None:
        raw = write_folder(raw_folder(root), {})
        with filelock.FileLock(raw / ".emnist-digits.lock"), pytest.raises(EmnistTuiError, match="Another import"):
            import_data(small_archive, root)

    def test_a_root_that_is_a_file(self, small_archive: Path, root: Path) -> None:
        root.write_text("")
        with pytest.raises(EmnistTuiError, match="cannot be written"):
            import_data(small_archive, root)


class TestBrokenInstallation:
    """`data_status` tells, and never raises."""

    def test_a_file_missing(self, small_archive: Path, root: Path) -> None:
        import_data(small_archive, root)
        (raw_folder(root) / data_paths.TEST_LABELS).unlink()
        status = data_status(root)
        assert not status.present
        assert status.problem is not None
        assert f"has no {data_paths.TEST_LABELS}" in status.problem

    @pytest.mark.parametrize("name", archive.KINDS)
    def test_a_file_cut_short(self, small_archive: Path, root: Path, name: str) -> None:
        import_data(small_archive, root)
        (raw_folder(root) / name).write_bytes(FILES[name][:-1])
        status = data_status(root)
        assert status.present
        assert status.problem is not None
        assert "cut short" in status.problem
        assert name in status.problem

    @pytest.mark.parametrize("content", ["", "[1]", "{", '{"verified": true}', '{"verified": true, "sha256": 7}'])
    def test_a_broken_sidecar_only_costs_the_verification(self, official: Path, root: Path, content: str) -> None:
        import_data(official, root)
        (raw_folder(root) / "emnist-digits.json").write_text(content)
        assert data_status(root) == DataStatus(root, True, TRAIN, TEST, verified=False)


class TestTorchvision:
    """Importing one that is broken or built for another torch, in a process of its own."""

    def find(self, package: Path, files: dict[str, str]) -> str:
        """What comes of looking for the EMNIST class of a torchvision of these modules."""
        package.mkdir()
        for name, content in files.items():
            (package / name).write_text(content)
        script = (
            f"import sys; sys.path.insert(0, {str(package.parent)!r})\n"
            "from emnist_tui.learning.data.emnist.install import torchvision_emnist\n"
            "from emnist_tui.runs.errors import EmnistTuiError\n"
            "try: print(torchvision_emnist().url)\n"
            "except EmnistTuiError as error: print(error)"
        )
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False
        )
        assert not done.stderr
        return done.stdout

    def test_missing_operators_are_no_obstacle(self, tmp_path: Path) -> None:
        needs_operators = (
            "import torch, torchvision.extension\n"
            "for name in ('one', 'two'):\n"
            "    torchvision.extension\n"
            "    torch.library.register_fake(f'torchvision::{name}')(print)\n"
        )
        files = {"__init__.py": needs_operators, "extension.py": "", "datasets.py": "class EMNIST: url = 'found'"}
        assert self.find(tmp_path / "torchvision", files) == "found\n"

    @pytest.mark.parametrize("error", ["ImportError('x')", "RuntimeError('operator torchvision::x does not exist')"])
    def test_what_cannot_be_mended_is_one_sentence(self, tmp_path: Path, error: str) -> None:
        message = self.find(tmp_path / "torchvision", {"__init__.py": f"raise {error}"})
        assert message.endswith("reinstall torch and torchvision in versions that belong together.\n")
        assert message.count("\n") == 1


@pytest.mark.slow
@pytest.mark.skipif(not STAND_IN.is_file(), reason="the stand-in archive is not beside the checkout")
def test_the_stand_in_is_an_unverified_copy(root: Path) -> None:
    assert import_data(STAND_IN, root) == DataStatus(root, True, 108_000, 18_000, verified=False)
