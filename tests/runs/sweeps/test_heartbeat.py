"""Heartbeat: a worker's record, its freshness and its end."""

import os
import threading
from pathlib import Path

import pytest

from emnist_tui.runs.sweeps import heartbeat
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.heartbeat import Heartbeat, new_worker
from emnist_tui.runs.sweeps.worker import Worker, WorkerFiles, read_worker
from tests.support.sweep_folders import make_sweep


@pytest.fixture
def sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SweepFolder:
    monkeypatch.setattr(heartbeat, "_LOOK_EVERY", 0.005)
    monkeypatch.setattr(heartbeat, "BEAT", 0.0)
    return make_sweep(tmp_path / "sweep")


def record(sweep: SweepFolder, beat: Heartbeat) -> Worker:
    worker = read_worker(sweep.workers / f"{beat.worker.id}.json")
    assert worker is not None
    return worker


def test_the_record_follows_the_worker_to_its_end(sweep: SweepFolder) -> None:
    beat = Heartbeat(sweep, lambda: None)
    beat.start()
    assert record(sweep, beat) == beat.worker
    beat.update(state="working", trial=7)
    assert (record(sweep, beat).state, record(sweep, beat).trial) == ("working", 7)
    beat.stop()
    assert (record(sweep, beat).state, record(sweep, beat).trial) == ("ended", None)
    assert [path.name for path in sweep.workers.iterdir()] == [f"{beat.worker.id}.json"]


def test_the_record_is_touched_as_a_sign_of_life(sweep: SweepFolder) -> None:
    looked = threading.Semaphore(0)
    beat = Heartbeat(sweep, looked.release)
    beat.start()
    path = sweep.workers / f"{beat.worker.id}.json"
    os.utime(path, (1.0, 1.0))
    for _ in range(2):  # the first look may precede the change
        assert looked.acquire(timeout=60)
    assert looked.acquire(timeout=60)
    assert path.stat().st_mtime > 1.0
    (shown,) = WorkerFiles(sweep).refresh(10)
    assert shown.is_alive
    beat.stop()


def test_a_full_disk_takes_signs_of_life_and_the_record_later(
    sweep: SweepFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    beat = Heartbeat(sweep, lambda: None)
    beat.update(state="working")
    path = sweep.workers / f"{beat.worker.id}.json"

    def refuse(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(heartbeat, "replace_text", refuse)
        os.utime(path, (1.0, 1.0))
        beat.update(trial=3)
        assert path.stat().st_mtime > 1.0
        assert record(sweep, beat).trial is None
    beat.update(done=1)
    assert record(sweep, beat).trial == 3


def test_every_worker_has_an_id_of_its_own_that_names_its_process() -> None:
    one, other = new_worker(), new_worker()
    assert one.id != other.id
    assert str(os.getpid()) in one.id


def test_a_host_may_have_any_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emnist_tui.runs.sweeps.heartbeat.socket.gethostname", lambda: "../ö/x")
    worker = new_worker()
    assert worker.host == "../ö/x"
    assert "/" not in worker.id
