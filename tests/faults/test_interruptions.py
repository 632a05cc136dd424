"""Runs interrupted at any moment and resumed bit for bit."""

import random
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from emnist_tui.runs.control import Desired, ask_for
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.events import Batches, CheckpointSaved, Paused, PhaseStarted, RunEnded
from emnist_tui.runs.folder import RunFolder
from tests.faults.fault import IN_PLACE, KILL, PLACES, Fault
from tests.faults.harness import EPOCHS, ForkServer, Trainer, check_output, check_same_end, check_whole, events_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

Interruption = Callable[[Trainer, RunFolder], object]

MOST_STARTS = 200


def kill(trainer: Trainer, _: RunFolder) -> None:
    trainer.send(signal.SIGKILL)


def terminate(trainer: Trainer, _: RunFolder) -> None:
    trainer.send(signal.SIGTERM)


def interrupt(trainer: Trainer, _: RunFolder) -> None:
    trainer.send(signal.SIGINT)


def hang_up(trainer: Trainer, _: RunFolder) -> None:
    trainer.send(signal.SIGHUP)


def stop(_: Trainer, run: RunFolder) -> None:
    ask_for(run.control, Desired.STOP)


def pause_and_kill(trainer: Trainer, run: RunFolder) -> None:
    before = sum(isinstance(event, Paused) for event in events_of(run))
    ask_for(run.control, Desired.PAUSE)
    trainer.wait_until(lambda: sum(isinstance(event, Paused) for event in events_of(run)) > before)
    trainer.send(signal.SIGKILL)


def pause_and_stop(trainer: Trainer, run: RunFolder) -> None:
    ask_for(run.control, Desired.PAUSE)
    time.sleep(0.05)
    ask_for(run.control, Desired.STOP)


INTERRUPTIONS: list[Interruption] = [kill, terminate, interrupt, hang_up, stop, pause_and_kill, pause_and_stop]


def train(fork_server: ForkServer, run: RunFolder, fault: Fault | None = None) -> Trainer:
    """Start the run, or resume it where it has a checkpoint."""
    start = ["train", "--checkpoints", str(run.path.parent)]
    can_resume = run.exists() and any(isinstance(event, CheckpointSaved) for event in events_of(run))
    if can_resume:
        return fork_server.start(*start, "--resume", run.name, fault=fault)
    for path in run.path.glob("*") if run.path.exists() else ():
        path.unlink()  # killed before its first checkpoint
    return fork_server.start(*start, "--epochs", EPOCHS, "--name", run.name, fault=fault)


def has_more(run: RunFolder, events: int) -> bool:
    return len(events_of(run)) > events


def is_finished(run: RunFolder) -> bool:
    return any(isinstance(event, RunEnded) and event.reason == "finished" for event in events_of(run))


@pytest.mark.parametrize("interruption", INTERRUPTIONS, ids=lambda interruption: interruption.__name__)
def test_a_run_interrupted_at_any_moment_matches_an_uninterrupted_one(
    fork_server: ForkServer,
    uninterrupted: RunFolder,
    root: Path,
    rng: random.Random,
    rounds: int,
    interruption: Interruption,
) -> None:
    """Interrupts as many runs as it takes for `rounds` interruptions."""
    interrupted = 0
    for number in range(MOST_STARTS):
        run = RunFolder(root / f"run-{number:03d}")
        while not is_finished(run):
            trainer = train(fork_server, run)
            if interrupted >= rounds:
                assert trainer.wait() == 0, fork_server.output[-2000:]
                continue
            trainer.wait_until(partial(has_more, run, len(events_of(run))))
            time.sleep(rng.uniform(0, 0.6))
            interruption(trainer, run)
            code = trainer.wait()
            assert code in (0, 130, -9), fork_server.output[-2000:]
            interrupted += not is_finished(run)
            check_whole(run)
            assert not run.is_training()
        check_same_end(run, uninterrupted)
        if interrupted >= rounds:
            break
    assert interrupted >= rounds
    check_output(fork_server.output)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", [".pt", "evaluation"])
def test_a_kill_during_a_write_leaves_a_whole_file(
    fork_server: ForkServer,
    uninterrupted: RunFolder,
    root: Path,
    rng: random.Random,
    rounds: int,
    kind: str,
    place: str,
) -> None:
    run = RunFolder(root / "run")
    killed = 0
    for _ in range(rounds):
        call = rng.randrange(3)
        killed += train(fork_server, run, Fault(KILL, kind, place, call, call)).wait() == -signal.SIGKILL
        check_whole(run)
        if is_finished(run):
            check_same_end(run, uninterrupted)
            run = RunFolder(root / f"{run.name}-again")
    while not is_finished(run):
        assert train(fork_server, run).wait() == 0, fork_server.output[-2000:]
    assert killed
    check_same_end(run, uninterrupted)
    assert list(run.path.glob(".*.tmp")) == [], "unfinished files remain"
    check_output(fork_server.output)


def test_a_run_interrupted_during_an_evaluation_matches_an_uninterrupted_one(
    fork_server: ForkServer, uninterrupted: RunFolder, root: Path, rounds: int
) -> None:
    for number in range(max(1, rounds // 4)):
        run = RunFolder(root / f"run-{number}")
        trainer = train(fork_server, run)
        trainer.wait_until(partial(_is_evaluating, run))
        trainer.send(signal.SIGKILL if number % 2 else signal.SIGTERM)
        trainer.wait()
        while not is_finished(run):
            assert train(fork_server, run).wait() == 0, fork_server.output[-2000:]
        check_same_end(run, uninterrupted)


def test_the_harness_detects_checkpoints_that_are_overwritten_in_place(
    fork_server: ForkServer, root: Path, rng: random.Random
) -> None:
    run = RunFolder(root / "run")
    call = rng.randrange(2, 4)
    assert train(fork_server, run, Fault(KILL, ".pt", IN_PLACE, call, call)).wait() == -signal.SIGKILL
    with pytest.raises(EmnistTuiError, match="cut short"):
        check_whole(run)


def _is_evaluating(run: RunFolder) -> bool:
    found = [event for event in events_of(run) if isinstance(event, PhaseStarted | Batches)]
    return bool(found) and isinstance(found[-1], PhaseStarted) and found[-1].phase.startswith("evaluating")
