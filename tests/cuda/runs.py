"""Runs in processes of their own, interrupted and compared bit for bit."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from emnist_tui.learning.checkpoint.format import TrainingState, load_checkpoint
from emnist_tui.runs.control import Desired, ask_for
from emnist_tui.runs.event_log import read_events
from emnist_tui.runs.events import RunStarted
from emnist_tui.runs.folder import RunFolder
from tests.support.call import Result
from tests.support.process import Process, spawn
from tests.support.small_dataset import losses_by_step
from tests.support.trained_run import named

_WAIT = 90  # seconds


@dataclass(frozen=True)
class Command:
    """`emnist-tui train` with the options of one run."""

    root: Path
    options: tuple[object, ...]
    again: tuple[object, ...] = ()
    """What a resume has to repeat."""

    def run(self, name: str) -> RunFolder:
        return RunFolder(self.root / name)

    def start(self, name: str) -> Process:
        return spawn("train", "--checkpoints", self.root, "--name", name, *self.options)

    def resume(self, name: str, *options: object) -> Process:
        return spawn("train", "--checkpoints", self.root, "--resume", name, *self.again, *options)

    def train(self, name: str) -> RunFolder:
        """Train a run straight through."""
        finished(self.start(name))
        return self.run(name)


def finished(process: Process) -> Result:
    """Wait for a trainer, and check that it finished without a warning of torch's."""
    out, err = process.popen.communicate(timeout=_WAIT)
    assert process.popen.returncode == 0, err
    assert "Traceback" not in err, err
    assert "Warning:" not in err, err
    return Result(0, out, err)


def pause_within_an_epoch(process: Process, run: RunFolder) -> int:
    """Pause a run, again and again, until it does so in the middle of an epoch.

    Returns the step. What the pause saves is what a kill leaves.
    """
    process.wait_until(lambda: run.events.exists() and named(events_of_complete_lines(run), "batches"), _WAIT)
    while True:
        pauses = len(named(events_of_complete_lines(run), "paused"))
        ask_for(run.control, Desired.PAUSE)
        process.wait_until(lambda before=pauses: _has_saved_pause(run, before), _WAIT)  # type: ignore[misc]
        training = training_of(run)
        if not training.progress.evaluated and 0 < training.progress.batch < steps_per_epoch(run):
            return training.progress.step
        resumes = len(named(events_of_complete_lines(run), "resumed"))
        ask_for(run.control, Desired.RUN)
        process.wait_until(lambda before=resumes: _has_resumed(run, before), _WAIT)  # type: ignore[misc]


def _has_saved_pause(run: RunFolder, pauses: int) -> bool:
    events = events_of_complete_lines(run)
    places = [place for place, event in enumerate(events) if event["event"] == "paused"]
    return len(places) > pauses and bool(named(events[places[-1] :], "checkpoint_saved"))


def _has_resumed(run: RunFolder, resumes: int) -> bool:
    return len(named(events_of_complete_lines(run), "resumed")) > resumes


def events_of_complete_lines(run: RunFolder) -> list[dict[str, Any]]:
    """Return the events so far, without a line that is being written."""
    return [json.loads(line) for line in run.events.read_text().split("\n")[:-1]]


def started(run: RunFolder) -> list[RunStarted]:
    return [event for event in read_events(run.events, batches=False) if isinstance(event, RunStarted)]


def steps_per_epoch(run: RunFolder) -> int:
    return started(run)[-1].steps_per_epoch


def training_of(run: RunFolder) -> TrainingState:
    training = load_checkpoint(run.last_checkpoint).training
    assert training is not None
    return training


def check_same_bits(one: RunFolder, other: RunFolder) -> None:
    """Check that two runs ended alike: weights, moments, generators, counts, and the loss of every batch."""
    first, second = (load_checkpoint(run.last_checkpoint) for run in (one, other))
    check_same_tensors(first.state_dict, second.state_dict)
    assert first.training is not None
    assert second.training is not None
    check_same_tensors(first.training.trained_weights or {}, second.training.trained_weights or {})
    assert first.training.optimizer.keys() == second.training.optimizer.keys()
    for number, entries in first.training.optimizer.items():
        check_same_tensors(entries, second.training.optimizer[number])
    check_same_tensors(first.training.random, second.training.random)
    assert replace(first.training.progress, seconds=0.0) == replace(second.training.progress, seconds=0.0)
    losses, others = (losses_by_step(read_events(run.events)) for run in (one, other))
    assert losses == others
    assert len(losses) == first.training.progress.step


def check_same_tensors(one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]) -> None:
    assert one.keys() == other.keys()
    assert [name for name, tensor in one.items() if not torch.equal(tensor, other[name])] == []


def has_saved_epoch(run: RunFolder) -> bool:
    """Return whether a run can be resumed."""
    return run.last_checkpoint.exists()
