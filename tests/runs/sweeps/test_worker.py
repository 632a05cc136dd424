"""Records of workers: silence, death and hostile files."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emnist_tui.runs.sweeps import worker as module
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.worker import Worker, WorkerFiles, is_running, read_worker
from tests.support.sweep_folders import NOBODY, make_sweep, make_worker, put_worker


@pytest.fixture
def sweep(tmp_path: Path) -> SweepFolder:
    return make_sweep(tmp_path / "mine")


def test_a_record_survives_its_file(sweep: SweepFolder) -> None:
    worker = make_worker(3, trial=7)
    assert read_worker(put_worker(sweep, worker)) == worker


def test_a_worker_lives_while_it_shows_a_sign_of_life(sweep: SweepFolder) -> None:
    for number, silent in enumerate((0.0, 50.0, 70.0), 1):
        put_worker(sweep, make_worker(number, host="elsewhere", silent=silent))
    put_worker(sweep, make_worker(4, host="elsewhere", state="ended"))
    found = sorted(WorkerFiles(sweep).refresh(9), key=lambda worker: worker.id)
    assert [worker.is_alive for worker in found] == [True, True, False, False]
    assert found[1].silent == pytest.approx(50, abs=5)


def test_a_process_that_is_no_more_is_dead_at_once_on_its_own_host(sweep: SweepFolder) -> None:
    put_worker(sweep, make_worker(1, pid=NOBODY, silent=11.0))
    put_worker(sweep, make_worker(2, pid=NOBODY, silent=11.0, host="elsewhere"))
    put_worker(sweep, make_worker(3, silent=11.0))
    alive = {worker.id.rpartition("-")[2]: worker.is_alive for worker in WorkerFiles(sweep).refresh(9)}
    assert alive == {"0001": False, "0002": True, "0003": True}


def test_processes_are_told_apart() -> None:
    assert is_running(os.getpid())
    assert is_running(1)
    assert not is_running(NOBODY)


def test_only_changed_records_are_read_again(sweep: SweepFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(path: Path) -> Worker | None:
        read.append(path.stem)
        return read_worker(path)

    monkeypatch.setattr(module, "read_worker", counted)
    first, second = make_worker(1), make_worker(2)
    for worker in (first, second):
        put_worker(sweep, worker)
    files = WorkerFiles(sweep)
    assert len(files.refresh(9)) == 2
    read.clear()
    assert len(files.refresh(9)) == 2
    assert read == []
    put_worker(sweep, replace(second, done=9))
    assert {worker.done for worker in files.refresh(9)} == {1, 9}
    assert read == [second.id]
    (sweep.workers / f"{first.id}.json").unlink()
    assert [worker.id for worker in files.refresh(9)] == [second.id]


def test_no_more_records_are_read_than_the_budget_allows(sweep: SweepFolder) -> None:
    for number in range(1, 6):
        put_worker(sweep, make_worker(number))
    files = WorkerFiles(sweep)
    assert (len(files.refresh(2)), files.is_complete) == (2, False)
    assert (len(files.refresh(2)), files.is_complete) == (4, False)
    assert (len(files.refresh(2)), files.is_complete) == (5, True)


@pytest.mark.parametrize(
    "change",
    [
        {"host": 3},
        {"host": None},
        {"pid": "1"},
        {"pid": True},
        {"pid": 10**30},
        {"pid": -1},
        {"state": "asleep"},
        {"state": []},
        {"trial": "7"},
        {"trial": 0},
        {"done": -1},
        {"began": float("nan")},
        {"began": "now"},
    ],
    ids=str,
)
def test_hostile_records_are_no_workers(sweep: SweepFolder, change: dict[str, Any]) -> None:
    path = put_worker(sweep, make_worker())
    path.write_text(json.dumps({**make_worker().to_json(), **change}))
    assert WorkerFiles(sweep).refresh(9) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"[" * 10_000, b"x" * 100_000])
def test_damaged_records_are_no_workers(sweep: SweepFolder, content: bytes) -> None:
    put_worker(sweep, make_worker()).write_bytes(content)
    (sweep.workers / "[red]x.json").write_text(json.dumps(make_worker().to_json()))
    os.mkfifo(sweep.workers / "pipe.json")
    assert WorkerFiles(sweep).refresh(9) == []


def test_the_file_tells_whose_record_it_is(sweep: SweepFolder) -> None:
    path = put_worker(sweep, make_worker())
    path.write_text(json.dumps({**make_worker().to_json(), "id": "other"}))
    assert [worker.id for worker in WorkerFiles(sweep).refresh(9)] == [path.stem]


def test_a_sweep_without_the_folder_has_no_workers(sweep: SweepFolder) -> None:
    sweep.workers.rmdir()
    assert WorkerFiles(sweep).refresh(9) == []
