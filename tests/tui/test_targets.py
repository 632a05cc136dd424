"""The run or checkpoint that a key acts on, and why it cannot."""

import shutil
from pathlib import Path

import pytest

from emnist_tui.runs.events import Paused
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.record import RunRecord, RunState, summarize
from emnist_tui.tui import targets
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.targets import Target, TargetReader, explain_unavailable
from tests.support.scripted_runs import write_run
from tests.support.terminal import live_run, opened_checkpoint

ACTIONS = ("log", "train_longer", "save", "stop", "evaluate")


def available(target: Target) -> list[str]:
    return [action for action in ACTIONS if not explain_unavailable(action, target)]


@pytest.mark.parametrize("is_open", [False, True])
def test_the_actions_on_a_run_follow_its_state(tmp_path: Path, is_open: bool) -> None:
    def target(folder: RunFolder) -> Target:
        return Target.opened(RunSession(folder)) if is_open else TargetReader().read(folder.path)

    finished = write_run(tmp_path, "finished")
    assert available(target(finished)) == ["log"]
    finished.last_checkpoint.touch()
    assert available(target(finished)) == ["log", "train_longer", "evaluate"]
    with live_run(tmp_path, "live") as (live, log):
        live.last_checkpoint.touch()
        assert available(target(live)) == ["log", "save", "stop", "evaluate"]
        log.write(Paused(step=3))
        assert available(target(live)) == ["log", "save", "stop", "evaluate"]
    assert target(live).state is RunState.INTERRUPTED
    assert available(target(live)) == ["log", "train_longer", "evaluate"]


def test_a_run_that_never_started_cannot_train_longer(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    folder.events.unlink()
    folder.last_checkpoint.touch()
    assert explain_unavailable("train_longer", TargetReader().read(folder.path)) == "the run never started"


def test_a_checkpoint_on_the_list_is_evaluated_and_an_open_one_has_a_log(tmp_path: Path) -> None:
    (tmp_path / "net.pt").touch()
    assert available(TargetReader().read(tmp_path / "net.pt")) == ["evaluate"]
    session = opened_checkpoint(tmp_path, tmp_path / "net.pt")
    assert available(Target.opened(session)) == ["log"]
    assert explain_unavailable("train_longer", Target.opened(session)) == "only a run can train longer"


def test_nothing_is_done_to_what_is_gone(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "run")
    folder.last_checkpoint.touch()
    (tmp_path / "net.pt").touch()
    opened, listed = Target.opened(RunSession(folder)), TargetReader().read(folder.path)
    checkpoint = opened_checkpoint(tmp_path, tmp_path / "net.pt")
    shutil.rmtree(folder.path)
    (tmp_path / "net.pt").unlink()
    for target in (opened, listed, TargetReader().read(folder.path), TargetReader().read(tmp_path / "net.pt")):
        assert {explain_unavailable(action, target) for action in ACTIONS} == {"it is no longer there"}
    assert available(Target.opened(checkpoint)) == ["log"]


def test_events_are_read_again_only_after_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []

    def count(folder: RunFolder) -> RunRecord:
        read.append(folder.path)
        return summarize(folder)

    monkeypatch.setattr(targets, "summarize", count)
    monkeypatch.setattr(targets, "_READ_EVERY", 0.0)
    a, b = write_run(tmp_path, "a"), write_run(tmp_path, "b")
    reader = TargetReader()
    for folder in (a, a, b, b):
        reader.read(folder.path)
    assert read == [a.path, b.path]
    with b.events.open("a") as file:
        file.write("\n")
    reader.read(b.path)
    assert read == [a.path, b.path, b.path]
