"""Atomic replacement of files."""

import os
from pathlib import Path

import pytest

from emnist_tui.runs.atomic_files import remove_unfinished, replace_text, replacing


def test_the_file_is_replaced_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with replacing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_in_the_block_leaves_the_old_file(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def write_half() -> None:
        with replacing(path) as file:
            file.write(b"ne")
            raise error

    with pytest.raises(error):
        write_half()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_content_is_on_disk_before_it_takes_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    synced: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda _: synced.append(path.exists()))
    replace_text(path, "größer")
    assert path.read_text(encoding="utf-8") == "größer"
    assert synced == [False, True]  # the file before the replacement, the folder after it


def test_a_missing_folder_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        replace_text(tmp_path / "missing" / "file", "text")


def test_only_unfinished_files_of_the_pattern_are_removed(tmp_path: Path) -> None:
    kept = [tmp_path / name for name in ("last.pt", ".run.json.abc.tmp", ".last.pt", "last.pt.abc.tmp")]
    unfinished = [tmp_path / name for name in (".last.pt.abc.tmp", ".best.pt.def.tmp")]
    for path in (*kept, *unfinished):
        path.touch()
    remove_unfinished(tmp_path, "*.pt")
    assert sorted(tmp_path.iterdir()) == sorted(kept)
    remove_unfinished(tmp_path / "missing", "*")
