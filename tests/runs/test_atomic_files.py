"""Atomic replacement of files."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emnist_tui.runs.atomic_files import remove_unfinished, replace_text, replacing


def permissions(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture
def set_umask() -> Iterator[Callable[[int], int]]:
    before = os.umask(0o022)
    os.umask(before)
    yield os.umask
    os.umask(before)


def test_the_file_is_replaced_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with replacing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
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


@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077, 0o027])
def test_a_new_file_has_the_permissions_that_the_umask_leaves(
    tmp_path: Path, umask: int, set_umask: Callable[[int], object]
) -> None:
    set_umask(umask)
    replace_text(tmp_path / "file", "new")
    assert permissions(tmp_path / "file") == 0o666 & ~umask


@pytest.mark.parametrize("umask", [0o022, 0o077])
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o664, 0o444])
def test_a_replaced_file_keeps_its_permissions_and_is_never_more_readable(
    tmp_path: Path, mode: int, umask: int, set_umask: Callable[[int], object]
) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(mode)
    set_umask(umask)
    with replacing(path) as file:
        file.write(b"secret")
        (unfinished,) = tmp_path.glob(".*")
        assert permissions(unfinished) & ~mode == 0
    assert (path.read_text(), permissions(path)) == ("secret", mode)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
def test_root_leaves_a_file_to_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o600)
    os.chown(path, 65534, 65534)
    replace_text(path, "new")
    status = path.stat()
    assert (status.st_uid, status.st_gid, permissions(path)) == (65534, 65534, 0o600)


def test_a_file_system_without_modes_or_sync_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CIFS, FAT and the drives of WSL refuse chmod and chown, some in user space refuse fsync."""

    def refuse(number: int) -> Callable[..., None]:
        def refused(*_: object, **__: object) -> None:
            raise OSError(number, os.strerror(number))

        return refused

    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o666)
    monkeypatch.setattr(os, "chmod", refuse(errno.EPERM))
    monkeypatch.setattr(os, "chown", refuse(errno.EPERM))
    monkeypatch.setattr(os, "fsync", refuse(errno.EINVAL))
    replace_text(path, "new")
    replace_text(tmp_path / "other", "new")
    assert path.read_text() == (tmp_path / "other").read_text() == "new"


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_a_sync_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match=os.strerror(number)):
        replace_text(path, "new")
    assert [path.read_text(), *tmp_path.iterdir()] == ["old", path]


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
