"""Claims: one owner at a time, and when it counts as dead."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from emnist_tui.runs.sweeps import claims
from emnist_tui.runs.sweeps.claims import Claim, is_abandoned, is_process, newest_claim, take
from emnist_tui.runs.sweeps.folder import SweepFolder
from tests.support.sweep_folders import NOBODY, make_sweep, make_worker, put_worker

NOW = 1_800_000_000.0


@pytest.fixture
def sweep(tmp_path: Path) -> SweepFolder:
    return make_sweep(tmp_path / "sweep")


@pytest.fixture
def folder(sweep: SweepFolder) -> Path:
    path = sweep.trial(1).path
    path.mkdir()
    return path


def test_a_folder_without_claims_has_no_owner(folder: Path) -> None:
    (folder / "claim-notes.json").touch()
    assert newest_claim(folder) is None


def test_each_claim_follows_the_one_before(folder: Path) -> None:
    first = take(folder, make_worker(1))
    assert first
    assert first.is_newest()
    second = take(folder, make_worker(2), first)
    assert second
    assert second.is_newest()
    assert not first.is_newest()
    newest = newest_claim(folder)
    assert newest == second
    assert newest.worker == make_worker(2).id


def test_of_many_who_claim_at_once_one_succeeds(folder: Path) -> None:
    barrier, taken = threading.Barrier(8), []

    def try_it(number: int) -> None:
        barrier.wait()
        if claim := take(folder, make_worker(number)):
            taken.append(claim)

    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [newest_claim(folder)] == taken


def test_a_claim_that_a_full_disk_refuses_is_withdrawn(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("emnist_tui.runs.sweeps.claims.os.fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        take(folder, make_worker(1))
    assert newest_claim(folder) is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"worker": "../x", "host": "h", "pid": 1}', '{"worker": 5}'])
def test_a_damaged_claim_has_no_worker_and_is_abandoned_by_its_age(
    sweep: SweepFolder, folder: Path, content: str
) -> None:
    path = folder / "claim-001.json"
    path.write_text(content)
    os.utime(path, (NOW, NOW))
    claim = newest_claim(folder)
    assert claim == Claim(folder, 1, made=NOW)
    assert not is_abandoned(claim, sweep, NOW + 59)
    assert is_abandoned(claim, sweep, NOW + 61)


def test_a_dead_process_of_this_machine_abandons_at_once(sweep: SweepFolder, folder: Path) -> None:
    worker = make_worker(pid=NOBODY)
    os.utime(put_worker(sweep, worker), (NOW, NOW))
    claim = take(folder, worker)
    assert claim
    assert is_abandoned(claim, sweep, NOW)


def test_a_living_worker_keeps_its_claim(sweep: SweepFolder, folder: Path) -> None:
    worker = make_worker()
    os.utime(put_worker(sweep, worker), (NOW, NOW))
    claim = take(folder, worker)
    assert claim
    assert not is_abandoned(claim, sweep, NOW + 59)


def test_a_worker_in_another_container_is_dead_only_once_it_is_silent(
    sweep: SweepFolder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Containers may share the host's name, but see none of each other's processes."""
    worker = make_worker(1, pid=NOBODY)
    put_worker(sweep, worker)
    os.utime(sweep.workers / f"{worker.id}.json", (NOW, NOW))
    claim = take(folder, worker)
    assert claim
    assert is_abandoned(claim, sweep, NOW)
    monkeypatch.setattr(claims, "_processes", lambda: "of another container")
    assert not is_abandoned(claim, sweep, NOW + 59)
    assert is_abandoned(claim, sweep, NOW + 61)


@pytest.mark.parametrize(("silent", "abandoned"), [(59, False), (61, True)])
def test_a_worker_elsewhere_abandons_by_silence(
    sweep: SweepFolder, folder: Path, silent: float, abandoned: bool
) -> None:
    """Whatever the clock of this machine says: both times are the file system's."""
    worker = make_worker(host="elsewhere", pid=NOBODY)
    os.utime(put_worker(sweep, worker), (NOW, NOW))
    claim = take(folder, worker)
    assert claim
    assert is_abandoned(claim, sweep, NOW + silent) is abandoned


def test_a_worker_that_has_ended_abandons_at_once(sweep: SweepFolder, folder: Path) -> None:
    worker = make_worker(host="elsewhere", state="ended")
    os.utime(put_worker(sweep, worker), (NOW, NOW))
    claim = take(folder, worker)
    assert claim
    assert is_abandoned(claim, sweep, NOW)


def test_a_claim_without_a_record_is_abandoned_by_its_age(sweep: SweepFolder, folder: Path) -> None:
    claim = take(folder, make_worker(host="elsewhere"))
    assert claim
    assert not is_abandoned(claim, sweep, claim.made + 59)
    assert is_abandoned(claim, sweep, claim.made + 61)


def test_the_content_names_the_worker(folder: Path) -> None:
    worker = make_worker()
    take(folder, worker)
    content = json.loads((folder / "claim-001.json").read_text())
    assert (content["worker"], content["host"], content["pid"]) == (worker.id, worker.host, worker.pid)


def test_a_process_that_is_not_reaped_is_none() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    if sys.platform == "linux":
        assert not is_process(process.pid)
    process.wait()
    assert not is_process(process.pid)
    assert is_process(os.getpid())
    assert not is_process(0)
