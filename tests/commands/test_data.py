"""`emnist-tui data status` and `data import`, and data that is unusable."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from emnist_tui.runs.folder import RunFolder
from tests.support.call import Call, check_refused
from tests.support.emnist_files import draw_arrows, encode_files, write_archive, write_members
from tests.support.files import read_tree
from tests.support.trained_run import NAME, TEST, TRAIN, train_arguments


def test_imported_data_is_used(call: Call, root: Path, archive: Path) -> None:
    before = call("data", "status", "--json")
    assert (before.code, before.err) == (0, "")
    assert before.json["present"] is False
    assert "emnist-tui data download" in call("data", "status").out
    imported = call("data", "import", archive, "--json")
    assert imported.code == 0
    expected = {
        "root": str(root.parent / "data"),
        "present": True,
        "train_images": TRAIN,
        "test_images": TEST,
        "verified": False,
        "problem": None,
        "name": NAME,
    }
    assert imported.json == expected
    assert call("data", "status", "--json").json == expected
    assert f"{TRAIN} train and {TEST} test images" in call("data", "import", archive).out
    assert f"{TRAIN} train and {TEST} test images" in call("data", "status").out
    assert call(*train_arguments("auto", root, "--epochs", 1, "--name", "run")).code == 0
    assert json.loads((root / "run/run.json").read_text())["data"] == NAME


def test_failed_import_keeps_the_installed_data(call: Call, root: Path, archive: Path) -> None:
    assert call("data", "import", archive).code == 0
    before = read_tree(root.parent / "data")
    _half_archive(Path("half.zip"))
    check_refused(call("data", "import", "half.zip"), 1, "half.zip")
    assert read_tree(root.parent / "data") == before


def _folder(path: Path, files: dict[str, bytes]) -> None:
    path.mkdir()
    for name, content in files.items():
        (path / name).write_bytes(content)


def _small_files() -> dict[str, bytes]:
    return encode_files(*draw_arrows(40, 0), *draw_arrows(20, 1))


def _one_missing(path: Path) -> None:
    _folder(path, dict(list(_small_files().items())[:3]))


def _cut_short(path: Path) -> None:
    _folder(path, {name: content[:-1] for name, content in _small_files().items()})


def _swapped(path: Path) -> None:
    files = _small_files()
    _folder(path, dict(zip(files, reversed(list(files.values())), strict=True)))


def _installed_cut_short(path: Path) -> None:
    (path / "EMNIST").mkdir(parents=True)
    _folder(path / "EMNIST/raw", {name: content[:-1] for name, content in _small_files().items()})


def _empty_folder(path: Path) -> None:
    path.mkdir()


def _text_file(path: Path) -> None:
    path.write_text("<html>404</html>")


def _half_archive(path: Path) -> None:
    write_archive(path, *draw_arrows(40, 0), *draw_arrows(20, 1))
    path.write_bytes(path.read_bytes()[:1000])


def _foreign_archive(path: Path) -> None:
    write_members(path, {"letters": b"none"})


def _damaged_archive(path: Path) -> None:
    members = write_archive(path, *draw_arrows(40, 0), *draw_arrows(20, 1))
    write_members(path, {name: content[:-20] for name, content in members.items()})


@pytest.mark.parametrize(
    "write",
    [
        _one_missing,
        _cut_short,
        _swapped,
        _installed_cut_short,
        _empty_folder,
        _text_file,
        _half_archive,
        _foreign_archive,
        _damaged_archive,
    ],
)
def test_unusable_data_is_refused(
    call: Call, root: Path, copied: RunFolder, write: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "given"
    write(path)
    before = read_tree(tmp_path)
    check_refused(call(*train_arguments(path, root)), 1, "given")
    check_refused(call("evaluate", "first", "--data", path), 1, "given")
    check_refused(call("data", "import", path), 1, "given")
    assert read_tree(tmp_path) == before
    assert [run.name for run in root.iterdir()] == ["first"]
