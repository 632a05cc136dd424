"""The trial.json files of a sweep: what is read again, and when."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.runs.sweeps import trial_files as module
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.trial import Trial, TrialState, read_trial
from emnist_tui.runs.sweeps.trial_files import DAMAGED, TrialFiles
from tests.support.sweep_folders import made_trials, make_sweep, make_worker, put_trial


@pytest.fixture
def sweep(tmp_path: Path) -> SweepFolder:
    return make_sweep(tmp_path / "mine", trials=5, workers=1)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the trials that are read."""
    read: list[str] = []

    def counted(path: Path) -> Trial | None:
        read.append(path.parent.name)
        return read_trial(path)

    monkeypatch.setattr(module, "read_trial", counted)
    return read


def read_all(files: TrialFiles) -> tuple[Trial, ...]:
    return files.refresh(10**6)[0]


def test_only_what_changed_is_read_again(sweep: SweepFolder, reads: list[str]) -> None:
    files = TrialFiles(sweep)
    before = read_all(files)
    assert [trial.number for trial in before] == [1, 2, 3, 4, 5]
    reads.clear()
    assert read_all(files) is before
    assert reads == []
    put_trial(sweep, replace(before[4], epoch=3))
    assert read_all(files)[4].epoch == 3
    assert reads == ["trial-0005"]
    put_trial(sweep, replace(before[4], number=6))
    assert [trial.number for trial in read_all(files)] == [1, 2, 3, 4, 5, 6]


def test_ended_trials_are_looked_at_in_turn(sweep: SweepFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ROUND", 1)
    looked: list[str] = []
    signature = module._signature

    def counted(path: str) -> int:
        looked.append(path)
        return signature(path)

    files = TrialFiles(sweep)
    before = read_all(files)
    monkeypatch.setattr(module, "_signature", counted)
    put_trial(sweep, replace(before[0], reason="changed"))
    for _ in range(4):
        looked.clear()
        read_all(files)
        assert len(looked) == 3  # runs/, one that ended, and the one that runs
    assert read_all(files)[0].reason == "changed"


def test_a_stopped_trial_that_is_resumed_is_seen_at_once(sweep: SweepFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ROUND", 0)
    (trial,) = made_trials(sweep.read_spec(), 1)
    put_trial(sweep, replace(trial, state=TrialState.STOPPED))
    files = TrialFiles(sweep)
    assert read_all(files)[0].state is TrialState.STOPPED
    put_trial(sweep, replace(trial, state=TrialState.RUNNING))
    assert read_all(files)[0].state is TrialState.RUNNING


def test_no_more_trials_are_read_than_the_budget_allows(sweep: SweepFolder) -> None:
    files = TrialFiles(sweep)
    assert (len(files.refresh(2)[0]), files.unread, files.is_complete) == (2, 3, False)
    assert (len(files.refresh(2)[0]), files.unread, files.is_complete) == (4, 1, False)
    assert files.refresh(2)[1] == 1
    assert (files.unread, files.is_complete) == (0, True)


def test_a_trial_without_a_file_has_not_begun(sweep: SweepFolder) -> None:
    sweep.trial(6).path.mkdir()
    files = TrialFiles(sweep)
    assert len(read_all(files)) == 5
    assert files.unread == 0


def damage(path: Path) -> None:
    path.write_text("{")


def replace_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replace_by_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("harm", [damage, replace_by_a_folder, replace_by_a_pipe])
def test_a_damaged_trial_is_shown_and_not_ended(sweep: SweepFolder, harm: Callable[[Path], None]) -> None:
    harm(sweep.trial(2).trial_json)
    trial = read_all(TrialFiles(sweep))[1]
    assert (trial.number, trial.state, trial.reason) == (2, TrialState.ORPHANED, DAMAGED)


def test_the_folder_tells_a_trial_its_number(sweep: SweepFolder) -> None:
    sweep.trial(9).path.mkdir()
    sweep.trial(9).trial_json.write_bytes(sweep.trial(1).trial_json.read_bytes())
    assert [trial.number for trial in read_all(TrialFiles(sweep))] == [1, 2, 3, 4, 5, 9]


def test_a_deleted_trial_is_gone(sweep: SweepFolder) -> None:
    files = TrialFiles(sweep)
    read_all(files)
    sweep.trial(2).trial_json.unlink()
    sweep.trial(2).path.rmdir()
    assert [trial.number for trial in read_all(files)] == [1, 3, 4, 5]


def test_a_trial_begun_within_a_tick_of_another_is_seen(sweep: SweepFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two changes of a folder at one time of the file system look like one."""
    clock = iter((0.0, 0.01, 0.1, 0.2))
    monkeypatch.setattr("emnist_tui.runs.sweeps.trial_files.time.monotonic", lambda: next(clock))
    files, before = TrialFiles(sweep), sweep.runs.stat()
    assert len(read_all(files)) == 5
    put_trial(sweep, replace(made_trials(sweep.read_spec(), 1)[0], number=6))
    os.utime(sweep.runs, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert len(read_all(files)) == 6


def test_a_sweep_without_the_folder_has_no_trials(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "none", workers=[make_worker()])
    sweep.runs.rmdir()
    assert read_all(TrialFiles(sweep)) == ()
