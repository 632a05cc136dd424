"""Archives and folders are read, or refused with one sentence."""

import ast
import contextlib
import gzip
import importlib.util
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emnist_tui.learning.data.emnist import archive, idx
from emnist_tui.learning.data.emnist.archive import OFFICIAL, StoredDigits, is_web_page, read_digits
from emnist_tui.runs import data_paths
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.official_archive import DIGITS_SIZE, OFFICIAL_URL
from tests.learning.conftest import TEST, TRAIN
from tests.support.data_server import PAGE
from tests.support.emnist_files import (
    compress,
    draw_arrows,
    encode_files,
    official_files,
    write_folder,
    write_members,
)

FILES = encode_files(*draw_arrows(TRAIN, 0), *draw_arrows(TEST, 1))
MEMBERS = compress(FILES)


@pytest.fixture
def official(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the small archive's members the official ones."""
    for name, file in official_files(MEMBERS).items():
        monkeypatch.setitem(OFFICIAL, name, file)


def contents(stored: StoredDigits) -> dict[str, bytes]:
    """Encode what was read as plain files."""
    return {name: archive.KINDS[name].header(len(items)) + items.tobytes() for name, items in stored.files.items()}


def problem_of(path: Path) -> str:
    """Return the one sentence that reading `path` fails with."""
    with pytest.raises(EmnistTuiError) as caught:
        read_digits(path)
    message = str(caught.value)
    assert str(path) in message
    assert message.endswith(".")
    assert "\n" not in message
    return message


def test_official_url_is_that_of_torchvision() -> None:
    """Read torchvision's source, as its import fails beside some torch builds."""
    package = importlib.util.find_spec("torchvision")
    assert package is not None
    assert package.origin is not None
    module = ast.parse((Path(package.origin).parent / "datasets" / "mnist.py").read_text())
    (emnist,) = [node for node in module.body if isinstance(node, ast.ClassDef) and node.name == "EMNIST"]
    (url,) = [
        node.value for node in emnist.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "url"
    ]
    assert ast.literal_eval(url) == OFFICIAL_URL


def test_the_sizes_shown_before_a_download_are_those_of_the_members() -> None:
    assert sum(official.size for official in OFFICIAL.values()) == DIGITS_SIZE


class TestSources:
    def test_archive_is_read_as_stored(self, small_archive: Path, official: None) -> None:
        stored = read_digits(small_archive)
        assert stored.official
        assert contents(stored) == FILES
        np.testing.assert_array_equal(stored.files[data_paths.TEST_IMAGES], draw_arrows(TEST, 1)[0].transpose(0, 2, 1))

    @pytest.mark.parametrize("place", [".", "gzip", "EMNIST/raw/gzip"])
    def test_folder_of_compressed_files_is_verified(self, official: None, tmp_path: Path, place: str) -> None:
        write_folder(tmp_path / "folder" / place, MEMBERS, ".gz")
        stored = read_digits(tmp_path / "folder")
        assert stored.official
        assert contents(stored) == FILES

    @pytest.mark.parametrize("place", [".", "gzip", "EMNIST/raw"])
    def test_folder_of_plain_files_is_unverified(self, official: None, tmp_path: Path, place: str) -> None:
        write_folder(tmp_path / "folder" / place, FILES)
        stored = read_digits(tmp_path / "folder")
        assert not stored.official
        assert contents(stored) == FILES

    def test_members_are_found_at_any_depth(self, tmp_path: Path) -> None:
        path = tmp_path / "deep.zip"
        with zipfile.ZipFile(path, "w") as file:
            for name, content in MEMBERS.items():
                file.writestr(f"../../a/b/{name}.gz", content)
                file.writestr(f"__MACOSX/a/._{name}.gz", b"other")
        assert contents(read_digits(path)) == FILES


class TestRefused:
    def test_missing_path_is_wrong_use(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="There is no file or folder"):
            read_digits(tmp_path / "missing.zip")

    def test_web_page_is_recognized(self, tmp_path: Path) -> None:
        path = tmp_path / "gzip.zip"
        path.write_text("\n<!DOCTYPE html><html><title>404</title></html>")
        assert "web page" in problem_of(path)

    def test_truncated_archive_is_recognized(self, small_archive: Path) -> None:
        small_archive.write_bytes(small_archive.read_bytes()[:5000])
        assert "incomplete zip archive" in problem_of(small_archive)

    def test_empty_file_is_not_an_archive(self, tmp_path: Path) -> None:
        path = tmp_path / "gzip.zip"
        path.write_bytes(b"")
        assert "not a zip archive" in problem_of(path)

    def test_missing_member_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "gzip.zip"
        write_members(path, {name: content for name, content in MEMBERS.items() if name != data_paths.TEST_LABELS})
        assert f"has no {data_paths.TEST_LABELS}" in problem_of(path)

    def test_empty_folder_has_no_files(self, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()
        assert "has none of the EMNIST digits files" in problem_of(tmp_path / "folder")

    def test_duplicate_member_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "gzip.zip"
        with zipfile.ZipFile(path, "w") as file:
            for folder in "ab":
                file.writestr(f"{folder}/{data_paths.TEST_LABELS}.gz", b"")
        assert "twice" in problem_of(path)

    def test_quotes_from_the_file_are_bounded(self, small_archive: Path) -> None:
        """Messages of zipfile quote names as long as the header claims."""
        content = bytearray(small_archive.read_bytes())
        content[26:28] = b"\xff\x0f"
        small_archive.write_bytes(content)
        assert len(problem_of(small_archive).removeprefix(str(small_archive))) < 300

    def test_encrypted_archive_is_refused(self, small_archive: Path) -> None:
        content = bytearray(small_archive.read_bytes())
        content[content.index(b"PK\1\2") + 8] |= 1
        small_archive.write_bytes(content)
        assert "password" in problem_of(small_archive)

    def test_unknown_compression_method_is_refused(self, small_archive: Path) -> None:
        content = bytearray(small_archive.read_bytes())
        content[content.index(b"PK\1\2") + 10] = 97
        small_archive.write_bytes(content)
        assert "damaged" in problem_of(small_archive)

    def test_corrupt_member_is_refused(self, small_archive: Path) -> None:
        content = bytearray(small_archive.read_bytes())
        content[200] ^= 255
        small_archive.write_bytes(content)
        assert "damaged" in problem_of(small_archive)

    @pytest.mark.parametrize(
        ("name", "content", "problem"),
        [
            (data_paths.TRAIN_IMAGES, FILES[data_paths.TEST_IMAGES], "20 images but 40 labels"),
            (data_paths.TRAIN_IMAGES, FILES[data_paths.TRAIN_LABELS], "does not hold images"),
            (data_paths.TRAIN_IMAGES, idx.IMAGES.header(1_000_000), "cut short"),
            (data_paths.TEST_LABELS, idx.LABELS.header(TEST) + bytes([10] * TEST), "label 10"),
        ],
    )
    def test_invalid_file_is_refused(self, tmp_path: Path, name: str, content: bytes, problem: str) -> None:
        path = tmp_path / "gzip.zip"
        write_members(path, MEMBERS | {name: gzip.compress(content)})
        assert problem in problem_of(path)

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
            read_digits(changed)


@pytest.mark.parametrize(
    ("start", "expected"), [(PAGE, True), (b"\r\n <?XML ", True), (b"<head>", True), (b"PK\3\4", False), (b"", False)]
)
def test_web_pages_are_recognized_by_their_start(start: bytes, expected: bool) -> None:
    assert is_web_page(start) == expected
