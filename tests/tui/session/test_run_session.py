"""A followed run or evaluated checkpoint: its state, facts, problem and requests."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import EpochEnded, Evaluated, RunEnded, RunFailed
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.record import RunState
from emnist_tui.tui.session import run_session
from emnist_tui.tui.session.run_session import RunSession
from tests.support.recordings import record
from tests.support.scripted_runs import started, write_run
from tests.support.terminal import control, live_run, opened_checkpoint


@pytest.fixture
def sleeping() -> Iterator["subprocess.Popen[bytes]"]:
    """Run a process that writes nothing until it is killed."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_a_finished_run_has_its_facts_and_newest_evaluation(tmp_path: Path) -> None:
    session = RunSession(write_run(tmp_path, "mine"))
    facts = (session.name, session.state, session.model, session.data, session.device)
    assert facts == ("mine", RunState.FINISHED, "baseline", "synthetic digits", "cpu")
    assert session.evaluated
    assert session.evaluated.epoch == 3
    assert session.evaluation is session.evaluations.current
    assert session.home == tmp_path / "mine"
    assert session.problem is None
    assert not session.poll()


def test_polling_follows_a_run_until_its_end(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, log):
        session = RunSession(folder)
        states = [session.state]
        log.write(RunEnded(reason="stopped", step=100, seconds=1.0, images_per_second=3200.0))
        assert session.poll()
        assert [*states, session.state] == [RunState.TRAINING, RunState.STOPPED]


def test_requests_reach_the_trainer(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, _):
        session = RunSession(folder)
        for request, desired in ((session.pause, "pause"), (session.unpause, "run"), (session.stop, "stop")):
            request()
            assert control(folder)["desired"] == desired
        session.save()
        assert control(folder)["saves"] == 1


def test_a_checkpoint_is_named_with_its_run_and_saves_beside_it(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "mine")
    session = opened_checkpoint(tmp_path / "a", folder.path / "best.pt")
    assert session.name == "mine/best.pt"
    assert session.home == folder.path
    assert session.state is RunState.FINISHED
    assert opened_checkpoint(tmp_path / "b", tmp_path / "net.pt").name == "net.pt"


def test_closing_a_checkpoint_ends_its_evaluation_and_deletes_its_files(
    tmp_path: Path, sleeping: "subprocess.Popen[bytes]"
) -> None:
    folder = RunFolder(tmp_path / "evaluation")
    folder.path.mkdir()
    session = RunSession(folder, sleeping, tmp_path / "net.pt")
    assert session.state is RunState.EVALUATING
    session.close()
    assert sleeping.returncode == -9
    assert not folder.path.exists()


def test_closing_a_run_leaves_its_trainer_running(tmp_path: Path, sleeping: "subprocess.Popen[bytes]") -> None:
    RunSession(write_run(tmp_path, epochs=1, ended=False), sleeping).close()
    sleeping.returncode = None
    assert sleeping.poll() is None


def test_a_failure_is_the_problem_with_its_hint(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, log):
        log.write(RunFailed(error="The loss is not finite.", hint="Lower the learning rate."))
    assert RunSession(folder).problem == "The loss is not finite. Lower the learning rate."


@pytest.mark.parametrize(
    ("log", "problem"),
    [("emnist-tui: No space.\n", "No space."), ("", "The process ended without a message.")],
)
def test_a_trainer_that_ends_before_its_first_event_is_explained_by_its_log(
    tmp_path: Path, sleeping: "subprocess.Popen[bytes]", log: str, problem: str
) -> None:
    folder = RunFolder(tmp_path / "new")
    folder.path.mkdir()
    folder.log.write_text(log)
    session = RunSession(folder, sleeping)
    assert session.problem is None
    sleeping.kill()
    sleeping.wait()
    assert session.problem == problem


@pytest.mark.parametrize(("best", "patience"), [(1, 0), (2, None)])
def test_a_run_whose_patience_is_used_up_trains_on_without_it(
    tmp_path: Path,
    sleeping: "subprocess.Popen[bytes]",
    monkeypatch: pytest.MonkeyPatch,
    best: int,
    patience: int | None,
) -> None:
    launched: list[tuple[int | None, int | None]] = []

    def launch(_folder: RunFolder, epochs: int | None, patience: int | None, _network: str | None) -> object:
        launched.append((epochs, patience))
        return sleeping

    monkeypatch.setattr(run_session, "launch_resumed", launch)
    folder = RunFolder(tmp_path / "mine")
    folder.path.mkdir()
    config = TrainConfig(epochs=2, validation=50, patience=1)
    with EventLog(folder.events) as log:
        log.write(started(config))
        for epoch in (1, 2):
            step, accuracy = 100 * epoch, 0.9 if epoch == best else 0.8
            log.write(
                Evaluated(split="validation", epoch=epoch, step=step, loss=0.1, accuracy=accuracy, images=50, file="")
            )
            log.write(
                EpochEnded(
                    epoch=epoch, step=step, train_loss=0.1, train_accuracy=0.9, seconds=1.0, images_per_second=9.0
                )
            )
        log.write(RunEnded(reason="finished", step=200, seconds=2.0, images_per_second=9.0))
    RunSession(folder).resume(5)
    assert launched == [(5, patience)]


def test_a_resumed_run_waits_for_its_trainer_and_reports_its_loss(
    tmp_path: Path, sleeping: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_session, "launch_resumed", lambda folder, epochs, patience, network: sleeping)
    folder = write_run(tmp_path, epochs=1, ended=False)
    session = RunSession(folder)
    assert session.state is RunState.INTERRUPTED
    session.resume()
    assert session.state.is_live
    assert session.waiting_for
    assert session.waiting_for.phase == "starting the trainer"
    session.resume()  # a live run is not resumed once more
    folder.log.write_text("emnist-tui: No memory.\n")
    sleeping.kill()
    sleeping.wait()
    assert session.problem == "No memory."


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (RunFailed(error="No memory."), RunState.FAILED),
        (RunEnded(reason="stopped", step=100, seconds=1.0, images_per_second=1.0), RunState.STOPPED),
        (RunEnded(reason="finished", step=100, seconds=1.0, images_per_second=1.0), RunState.FINISHED),
    ],
)
def test_a_refused_resume_leaves_the_state_as_it_was(
    tmp_path: Path,
    sleeping: "subprocess.Popen[bytes]",
    monkeypatch: pytest.MonkeyPatch,
    end: RunEnded | RunFailed,
    state: RunState,
) -> None:
    monkeypatch.setattr(run_session, "launch_resumed", lambda folder, epochs, patience, network: sleeping)
    folder = write_run(tmp_path, epochs=1, ended=False)
    with EventLog(folder.events) as log:
        log.write(end)
    session = RunSession(folder)
    session.resume()
    assert session.state is RunState.STARTING
    folder.log.write_text("emnist-tui: The disk is full.\n")
    sleeping.kill()
    sleeping.wait()
    assert (session.state, session.problem) == (state, "The disk is full.")


def test_start_follows_the_launched_run(
    tmp_path: Path, sleeping: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Path, str | None, TrainConfig]] = []

    def launch(root: Path, name: str | None, config: TrainConfig) -> tuple[RunFolder, "subprocess.Popen[bytes]"]:
        asked.append((root, name, config))
        folder = RunFolder(root / "new")
        folder.path.mkdir()
        folder.begin(config, started(config))
        return folder, sleeping

    monkeypatch.setattr(run_session, "launch_run", launch)
    session = RunSession.start(tmp_path, "new", TrainConfig(seed=4))
    assert asked == [(tmp_path, "new", TrainConfig(seed=4))]
    assert session.name == "new"
    assert session.is_process_alive


def test_polling_plays_the_replay_on(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "mine")
    record(folder.path, [1, 2, 3])
    session = RunSession(folder)
    session.replay.play(1e6)
    session.poll()
    assert (session.replay.position, session.replay.speed) == (2, 0)
    session.close()
