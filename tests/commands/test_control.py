"""`emnist-tui pause`, `resume`, `save` and `stop`."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from emnist_tui.runs import event_log
from emnist_tui.runs.control import read_control
from emnist_tui.runs.events import Event
from emnist_tui.runs.folder import RunFolder
from tests.support.call import Call, Result, check_refused
from tests.support.files import read_tree
from tests.support.other_user import NEEDS_ROOT, nobody, public
from tests.support.process import Process
from tests.support.scripted_runs import write_run
from tests.support.sweep_folders import make_spec, make_sweep
from tests.support.terminal import live_run
from tests.support.trained_run import events_of, has_event, named, train_arguments

__all__ = ["public"]


def test_a_trial_is_named_with_its_sweep(call: Call, root: Path) -> None:
    make_sweep(root / "search", make_spec(20), trials=1, runs=1)
    check_refused(call("stop", "search/trial-0001"), 1, "search/trial-0001", "--resume search/trial-0001")


@pytest.mark.parametrize(("words", "times"), [("pause live", 0), ("save live", 0), ("set live learning-rate 1", 1)])
def test_the_events_of_a_run_that_trains_are_read_once_at_most(
    call: Call, root: Path, monkeypatch: pytest.MonkeyPatch, words: str, times: int
) -> None:
    read: list[Path] = []
    read_events = event_log.read_events

    def record(path: Path, **options: bool) -> Iterator[Event]:
        read.append(path)
        return read_events(path, **options)

    monkeypatch.setattr(event_log, "read_events", record)
    with live_run(root, "live"):
        assert call(*words.split()).code == 0
    assert len(read) == times


def test_training_run_is_paused_saved_resumed_and_stopped(
    call: Call, root: Path, archive: Path, spawn: Callable[..., Process]
) -> None:
    run = RunFolder(root / "live")
    process = spawn(*train_arguments(archive, root, "--epochs", 10_000, "--name", "live"))
    process.wait_until(has_event(run, "batches"))
    assert call("pause", "live").code == 0
    process.wait_until(has_event(run, "paused"))
    paused_at = named(events_of(run), "paused")[0]["step"]
    assert [(entry["name"], entry["state"]) for entry in call("runs", "--json").json] == [("live", "paused")]
    saved = run.path / f"step-{paused_at:06d}.pt"
    asked = call("save", "live", "--json")
    assert asked.json == {"desired": "pause", "saves": 1}
    process.wait_until(saved.exists)
    check_refused(call("train", "--resume", "live"), 1, "is being trained by another process")
    assert call("resume", "live") == Result(0, "", "")
    process.wait_until(has_event(run, "resumed"))
    assert named(events_of(run), "resumed")[0]["step"] == paused_at
    process.wait_until(lambda: named(events_of(run), "batches")[-1]["step"] > paused_at)
    assert call("stop", "live").code == 0
    result = process.wait()
    assert (result.code, result.out) == (0, f"{run.last_checkpoint}\n")
    ended = events_of(run)[-1]
    assert (ended["event"], ended["reason"]) == ("run_ended", "stopped")
    assert torch.load(run.last_checkpoint, weights_only=True)["progress"]["step"] == ended["step"]


@pytest.mark.parametrize("command", ["pause", "resume", "save", "stop"])
def test_finished_or_missing_run_is_refused(call: Call, copied: RunFolder, command: str) -> None:
    before = read_tree(copied.path)
    check_refused(call(command, "first"), 1, "Run first has finished", "--resume first")
    check_refused(call(command, "second"), 2, "There is no run second")
    assert read_tree(copied.path) == before


AS_NOBODY = """
import io, locale
from contextlib import redirect_stderr, redirect_stdout
from emnist_tui.cli import main
from emnist_tui.learning.inference import evaluate  # read for checkpoints whose details are not kept
with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):  # imports everything
    for command in (["runs", "--json"], ["stop", "none"]):
        main(["--checkpoints", ROOT, *command])
"""


@NEEDS_ROOT
@pytest.mark.slow
@pytest.mark.parametrize("mode", [0o644, 0o000])
def test_another_users_run_is_seen_training_and_stopped(
    public: Path, archive: Path, spawn: Callable[..., Process], mode: int
) -> None:
    """A lock of mode 0 cannot be tested, but the events tell."""
    run = RunFolder(public / "live")
    process = spawn(*train_arguments(archive, public, "--epochs", 10_000, "--name", "live"))
    process.wait_until(has_event(run, "batches"))
    run.lock.chmod(mode)
    root = f"'--checkpoints', {str(public)!r}"
    ready = AS_NOBODY.replace("ROOT", repr(str(public)))
    with nobody(ready) as run_there:
        refused = run_there(f"main([{root}, 'stop', 'live'])")
        assert refused.startswith(f"emnist-tui: {run.control} cannot be written (Permission denied)")
        run.path.chmod(0o777)
        seen = json.loads(run_there(f"main([{root}, 'runs', '--json'])"))
        assert seen[0]["state"] in ("training", "evaluating")
        assert run_there(f"main([{root}, 'stop', 'live'])") == ""
    assert process.wait().code == 0
    assert events_of(run)[-1]["reason"] == "stopped"


@NEEDS_ROOT
def test_a_request_to_a_trainer_that_may_be_gone_says_so(public: Path) -> None:
    run = write_run(public, epochs=1, ended=False)
    run.path.chmod(0o777)
    run.lock.touch(0o600)
    root = f"'--checkpoints', {str(public)!r}"
    ready = AS_NOBODY.replace("ROOT", repr(str(public)))
    with nobody(ready) as run_there:
        assert '"unknown"' in run_there(f"main([{root}, 'runs', '--json'])")
        said = run_there(f"print(main([{root}, 'stop', {run.name!r}]))")
    assert said.splitlines() == [
        f"emnist-tui: It is requested, but you may not read {run.lock}, so perhaps there is no trainer.",
        "0",
    ]
    assert read_control(run.control).desired == "stop"
