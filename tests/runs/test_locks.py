"""Locks and their holders."""

import errno
import fcntl
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from emnist_tui.runs import locks
from emnist_tui.runs.locks import HeldError, held, is_held
from tests.support.other_user import NEEDS_ROOT, public, run_as_nobody
from tests.support.process import environment

__all__ = ["public"]


@contextmanager
def holder(lock: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Hold a lock in another process."""
    code = (
        "import sys; from pathlib import Path; from emnist_tui.runs.locks import held\n"
        f"with held(Path({str(lock)!r}), 0):\n    print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process


def seen_by_nobody(lock: Path) -> str:
    return run_as_nobody(
        "from pathlib import Path; from emnist_tui.runs.locks import is_held", f"print(is_held(Path({str(lock)!r})))"
    )


def test_a_lock_is_held_until_it_is_released(tmp_path: Path) -> None:
    lock = tmp_path / "trainer.lock"
    assert is_held(lock) is False
    assert not lock.exists()
    with held(lock, 0):
        assert is_held(lock) is True
        with pytest.raises(HeldError), held(lock, 0.01):
            pass
    assert is_held(lock) is False


def test_a_place_without_a_lock_is_free(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert is_held(tmp_path / "file" / "trainer.lock") is False
    assert is_held(tmp_path / "missing" / "trainer.lock") is False


def test_a_lock_dies_with_its_holder(tmp_path: Path) -> None:
    lock = tmp_path / "trainer.lock"
    with holder(lock) as process:
        assert is_held(lock)
        process.kill()
        process.wait()
        assert is_held(lock) is False


def test_checking_a_lock_leaves_it_to_others(tmp_path: Path) -> None:
    """Two readers at the same moment do not take each other for a trainer."""
    lock = tmp_path / "trainer.lock"
    lock.touch()
    with lock.open() as reader:
        fcntl.flock(reader, fcntl.LOCK_SH)
        assert is_held(lock) is False


@NEEDS_ROOT
@pytest.mark.parametrize("mode", [0o644, 0o444, 0o604])
def test_another_user_sees_that_a_lock_is_held(public: Path, mode: int) -> None:
    lock = public / "trainer.lock"
    with holder(lock):
        lock.chmod(mode)
        assert seen_by_nobody(lock) == "True"
    assert seen_by_nobody(lock) == "False"


@NEEDS_ROOT
@pytest.mark.parametrize("is_trained", [True, False])
def test_nothing_is_claimed_about_a_lock_that_cannot_be_read(public: Path, is_trained: bool) -> None:
    lock = public / "trainer.lock"
    lock.touch(0o600)
    if is_trained:
        with holder(lock):
            assert seen_by_nobody(lock) == "None"
    assert seen_by_nobody(lock) == "None"


@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_a_lock_has_the_permissions_that_the_umask_leaves(tmp_path: Path, umask: int) -> None:
    lock = tmp_path / "trainer.lock"
    before = os.umask(umask)
    try:
        with held(lock, 0):
            assert lock.stat().st_mode & 0o777 == 0o666 & ~umask
    finally:
        os.umask(before)


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS])
def test_a_file_system_without_locks_is_locked_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    lock = tmp_path / "share" / "trainer.lock"
    lock.parent.mkdir()
    flock = fcntl.flock

    def refuse(descriptor: int, operation: int) -> None:
        if os.path.samestat(os.fstat(descriptor), lock.stat()):
            raise OSError(number, os.strerror(number))
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert is_held(lock) is False
    with held(lock, 0):
        assert is_held(lock) is True
        with pytest.raises(HeldError), held(lock, 0):
            pass
    assert is_held(lock) is False
    assert locks._substitute(lock).parent == tmp_path
