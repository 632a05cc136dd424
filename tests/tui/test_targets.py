"""The run or checkpoint that a key acts on, and why it cannot."""

import shutil
from pathlib import Path

import pytest

from emnist_tui.runs.events import Paused
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.record import RunState, summarize
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.targets import Target, explain_unavailable
from tests.support.scripted_runs import write_run
from tests.support.terminal import live_run, opened_checkpoint

ACTIONS = ("log", "train_longer", "save", "stop", "evaluate")


def listed(path: Path) -> Target:
    """Describe a run or checkpoint of the list."""
    return Target.listed(path, summarize(RunFolder(path)) if path.is_dir() else None)


def available(target: Target) -> list[str]:
    return [action for action in ACTIONS if not explain_unavailable(action, target)]


@pytest.mark.parametrize("is_open", [False, True])
def test_the_actions_on_a_run_follow_its_state(tmp_path: Path, is_open: bool) -> None:
    def target(folder: RunFolder) -> Target:
        return Target.opened(RunSession(folder)) if is_open else listed(folder.path)

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
    assert explain_unavailable("train_longer", listed(folder.path)) == "the run never started"


def test_a_run_whose_events_are_being_read_shows_its_log_only(tmp_path: Path) -> None:
    target = Target.listed(write_run(tmp_path).path, None)
    assert available(target) == ["log"]
    assert explain_unavailable("stop", target) == "its events are still being read"


def test_a_checkpoint_on_the_list_is_evaluated_and_an_open_one_has_a_log(tmp_path: Path) -> None:
    (tmp_path / "net.pt").touch()
    assert available(listed(tmp_path / "net.pt")) == ["evaluate"]
    session = opened_checkpoint(tmp_path, tmp_path / "net.pt")
    assert available(Target.opened(session)) == ["log"]
    assert explain_unavailable("train_longer", Target.opened(session)) == "only a run can train longer"


def test_nothing_is_done_to_what_is_gone(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "run")
    folder.last_checkpoint.touch()
    (tmp_path / "net.pt").touch()
    targets = [Target.opened(RunSession(folder)), listed(folder.path)]
    checkpoint = opened_checkpoint(tmp_path, tmp_path / "net.pt")
    shutil.rmtree(folder.path)
    (tmp_path / "net.pt").unlink()
    for target in (*targets, Target.listed(folder.path, None), listed(tmp_path / "net.pt")):
        assert {explain_unavailable(action, target) for action in ACTIONS} == {"it is no longer there"}
    assert available(Target.opened(checkpoint)) == ["log"]
