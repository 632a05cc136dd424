"""Locks and their holders."""

import subprocess
import sys
from pathlib import Path

from filelock import FileLock

from emnist_tui.runs.locks import is_held


def test_a_lock_is_held_until_it_is_released(tmp_path: Path) -> None:
    lock = tmp_path / "trainer.lock"
    assert not is_held(lock)
    assert not lock.exists()
    with FileLock(lock):
        assert is_held(lock)
    assert not is_held(lock)


def test_a_lock_that_cannot_be_opened_counts_as_free(tmp_path: Path) -> None:
    folder = tmp_path / "trainer.lock"
    folder.mkdir()
    assert not is_held(folder)


def test_a_lock_dies_with_its_holder(tmp_path: Path) -> None:
    lock = tmp_path / "trainer.lock"
    code = (
        "import sys; from filelock import FileLock\n"
        f"with FileLock({str(lock)!r}):\n    print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert is_held(lock)
        holder.kill()
        holder.wait()
        assert not is_held(lock)
