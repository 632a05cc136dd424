"""The run that trains while another is open."""

from collections.abc import Callable
from pathlib import Path

import pytest

from emnist_tui.runs.control import Desired, ask_for
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.record import RunState
from emnist_tui.tui.session import training_watch
from emnist_tui.tui.session.training_watch import TrainingRun, TrainingWatch
from tests.support.scripted_runs import write_run
from tests.support.terminal import live_run


@pytest.fixture
def always_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_watch, "_LOOK_EVERY", 0.0)


@pytest.mark.usefixtures("always_due")
def test_the_run_that_trains_is_found_and_its_end_is_noticed(tmp_path: Path) -> None:
    opened = write_run(tmp_path, "opened").path.absolute()
    write_run(tmp_path, "finished")
    watch = TrainingWatch(tmp_path)
    with live_run(tmp_path, "live") as (folder, _):
        watch.poll(opened)
        assert watch.found == TrainingRun(folder.path, RunState.TRAINING)
        ask_for(folder.control, Desired.PAUSE)
        watch.poll(opened)
        assert watch.found == TrainingRun(folder.path, RunState.PAUSED)
    watch.poll(opened)
    assert watch.found is None


@pytest.mark.usefixtures("always_due")
def test_the_open_run_is_not_named_though_it_trains(tmp_path: Path) -> None:
    watch = TrainingWatch(tmp_path)
    with live_run(tmp_path, "a") as (first, _):
        watch.poll(first.path.absolute())
        assert watch.found is None
        with live_run(tmp_path, "b") as (second, _):
            watch.poll(first.path.absolute())
            assert watch.found
            assert watch.found.path == second.path


def test_the_directory_is_read_every_two_seconds_and_when_another_run_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        write_run(tmp_path, f"run-{number}", epochs=0)
    looked: list[Path] = []
    is_training: Callable[[RunFolder], bool | None] = RunFolder.is_training

    def count(folder: RunFolder) -> bool | None:
        looked.append(folder.path)
        return is_training(folder)

    monkeypatch.setattr(RunFolder, "is_training", count)
    watch = TrainingWatch(tmp_path)
    for _ in range(20):
        watch.poll(None)
    assert len(looked) == 5
    watch.poll(tmp_path / "run-0")
    assert len(looked) == 10


def test_a_missing_directory_trains_nothing(tmp_path: Path) -> None:
    watch = TrainingWatch(tmp_path / "none")
    watch.poll(None)
    assert watch.found is None


def test_many_folders_are_looked_at_in_several_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_watch, "_AT_ONCE", 2)
    for number in range(5):
        write_run(tmp_path, f"run-{number}", epochs=0)
    watch = TrainingWatch(tmp_path)
    with live_run(tmp_path, "live") as (folder, _):
        calls = 0
        while watch.found is None:
            watch.poll(None)
            calls += 1
            assert calls <= 3
        assert watch.found.path == folder.path
