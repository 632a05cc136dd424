"""However and whenever a trainer is interrupted, the run goes on as if it had not been, bit for bit."""

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
from tests.faults.harness import EPOCHS, Nursery, Trainer, check_same_end, check_whole, check_words, events_of

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


def train(nursery: Nursery, run: RunFolder, fault: Fault | None = None) -> Trainer:
    """Begins the run, or goes on with it where it can."""
    start = ["train", "--checkpoints", str(run.path.parent)]
    can_go_on = run.exists() and any(isinstance(event, CheckpointSaved) for event in events_of(run))
    if can_go_on:
        return nursery.start(*start, "--resume", run.name, fault=fault)
    for path in run.path.glob("*") if run.path.exists() else ():
        path.unlink()  # it was killed before there was anything to go on from
    return nursery.start(*start, "--epochs", EPOCHS, "--name", run.name, fault=fault)


def has_more(run: RunFolder, events: int) -> bool:
    return len(events_of(run)) > events


def is_finished(run: RunFolder) -> bool:
    return any(isinstance(event, RunEnded) and event.reason == "finished" for event in events_of(run))


@pytest.mark.parametrize("interruption", INTERRUPTIONS, ids=lambda how: how.__name__)
def test_at_any_moment(
    nursery: Nursery, straight: RunFolder, root: Path, chance: random.Random, rounds: int, interruption: Interruption
) -> None:
    """Again and again, in as many runs as it takes until enough interruptions have struck."""
    interrupted = 0
    for number in range(MOST_STARTS):
        run = RunFolder(root / f"run-{number:03d}")
        while not is_finished(run):
            trainer = train(nursery, run)
            if interrupted >= rounds:
                assert trainer.wait() == 0, nursery.words[-2000:]
                continue
            trainer.wait_until(partial(has_more, run, len(events_of(run))))
            time.sleep(chance.uniform(0, 0.6))
            interruption(trainer, run)
            code = trainer.wait()
            assert code in (0, 130, -9), nursery.words[-2000:]
            interrupted += not is_finished(run)
            check_whole(run)
            assert not run.is_training()
        check_same_end(run, straight)
        if interrupted >= rounds:
            break
    assert interrupted >= rounds
    check_words(nursery.words)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", [".pt", "evaluation"])
def test_killed_while_a_file_is_written(
    nursery: Nursery, straight: RunFolder, root: Path, chance: random.Random, rounds: int, kind: str, place: str
) -> None:
    run = RunFolder(root / "run")
    killed = 0
    for _ in range(rounds):
        call = chance.randrange(3)
        killed += train(nursery, run, Fault(KILL, kind, place, call, call)).wait() == -signal.SIGKILL
        check_whole(run)
        if is_finished(run):
            check_same_end(run, straight)
            run = RunFolder(root / f"{run.name}-again")
    while not is_finished(run):
        assert train(nursery, run).wait() == 0, nursery.words[-2000:]
    assert killed
    check_same_end(run, straight)
    assert list(run.path.glob(".*.tmp")) == [], "what was half written is still there"
    check_words(nursery.words)


def test_while_it_evaluates(nursery: Nursery, straight: RunFolder, root: Path, rounds: int) -> None:
    for number in range(max(1, rounds // 4)):
        run = RunFolder(root / f"run-{number}")
        trainer = train(nursery, run)
        trainer.wait_until(partial(_is_evaluating, run))
        trainer.send(signal.SIGKILL if number % 2 else signal.SIGTERM)
        trainer.wait()
        while not is_finished(run):
            assert train(nursery, run).wait() == 0, nursery.words[-2000:]
        check_same_end(run, straight)


def test_the_harness_finds_a_planted_defect(nursery: Nursery, root: Path, chance: random.Random) -> None:
    """Checkpoints that are written over the one before are found half-written after a kill."""
    run = RunFolder(root / "run")
    call = chance.randrange(2, 4)
    assert train(nursery, run, Fault(KILL, ".pt", IN_PLACE, call, call)).wait() == -signal.SIGKILL
    with pytest.raises(EmnistTuiError, match="cut short"):
        check_whole(run)


def _is_evaluating(run: RunFolder) -> bool:
    found = [event for event in events_of(run) if isinstance(event, PhaseStarted | Batches)]
    return bool(found) and isinstance(found[-1], PhaseStarted) and found[-1].phase.startswith("evaluating")
