"""Runs that repeat, and runs that are killed and resumed: bit for bit the same."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.learning.data.dataset import Dataset
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.folder import RunFolder
from tests.cuda.conftest import IN_PROCESSES, Amounts
from tests.cuda.runs import Command, check_same_bits, finished, pause_within_an_epoch, started, training_of
from tests.support.small_dataset import start
from tests.support.trained_run import events_of, named

RECIPES: dict[str, dict[str, object]] = {
    "baseline": {},
    "compact": {"model": "compact", "batch_size": 64},
    "averaged and smoothed": {"ema": 0.9, "label_smoothing": 0.1, "augmentation": 0.5, "batch_size": 64},
}


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_same_run_twice_gives_the_same_bits(tmp_path: Path, device: str, dataset: Dataset, recipe: str) -> None:
    config = TrainConfig.of(**{**RECIPES[recipe], "device": device, "epochs": 2 if device == "cuda" else 1})
    runs = []
    for name in ("first", "second"):
        run = RunFolder(tmp_path / name)
        logged(run, dataset, config)
        runs.append(run)
    check_same_bits(*runs)


def logged(run: RunFolder, dataset: Dataset, config: TrainConfig) -> None:
    """Train as the command does, with a log of the events."""
    training = start(run.path, dataset, config)
    with EventLog(run.events) as log:
        for event in training.run():
            log.write(event)


@pytest.fixture
def command(tmp_path: Path, archive: Path, device: str) -> Callable[..., Command]:
    """Return a function that makes a command for the device and the small digits."""

    def make(*options: object) -> Command:
        return Command(tmp_path / "runs", ("--data", archive, "--device", device, *options))

    return make


def check_killed_and_resumed(command: Command, way: str | None) -> None:
    """Kill a run twice, in the middle of an epoch and anywhere, and compare it with one that was left alone."""
    straight, run = command.train("straight"), command.run("killed")
    process = command.start("killed")
    step = pause_within_an_epoch(process, run)
    process.popen.kill()
    process.popen.communicate()
    assert training_of(run).progress.step == step
    process = command.resume("killed")
    epochs = len(named(events_of(run), "epoch_ended"))
    process.wait_until(lambda: process.popen.poll() is not None or has_ended_epochs(run, epochs + 2), 90)
    process.popen.kill()
    process.popen.communicate()
    if not named(events_of(run), "run_ended"):
        finished(command.resume("killed"))
    assert started(run)[1].resumed_at_step == step
    check_same_bits(straight, run)
    assert way is None or {getattr(each, "way", way) for each in started(run)} == {way}


def has_ended_epochs(run: RunFolder, count: int) -> bool:
    return run.events.read_bytes().count(b'"event":"epoch_ended"') >= count


@IN_PROCESSES
def test_a_killed_run_of_the_baseline_is_resumed_exactly(
    command: Callable[..., Command], device: str, amounts: Amounts
) -> None:
    batches = command("--batch-size", 2 if device == "cuda" else 4, "--epochs", amounts.epochs)
    check_killed_and_resumed(batches, "fused kernels" if device == "cuda" else None)


@IN_PROCESSES
def test_a_killed_run_of_a_whole_recipe_is_resumed_exactly(command: Callable[..., Command], device: str) -> None:
    whole = command("--model", "compact", "--batch-size", 16, "--epochs", 3)
    check_killed_and_resumed(whole, "CUDA graph" if device == "cuda" else None)


@IN_PROCESSES
def test_a_killed_run_that_draws_on_the_device_is_resumed_exactly(
    command: Callable[..., Command], own_network: Callable[[str], str], device: str
) -> None:
    model = own_network("Dropped")
    options = ("--model", model, "--batch-size", 16, "--epochs", 6, "--learning-rate", 0.003)
    check_killed_and_resumed(
        replace(command(*options), again=("--model", model)), "CUDA graph" if device == "cuda" else None
    )


@IN_PROCESSES
def test_a_run_moves_from_the_cpu_to_the_device_and_back(tmp_path: Path, archive: Path, device: str) -> None:
    first = Command(tmp_path / "runs", ("--data", archive, "--device", "cpu", "--epochs", 1))
    run = first.train("moved")
    steps = training_of(run).progress.step
    finished(first.resume("moved", "--device", device, "--epochs", 2))
    assert training_of(run).progress.step == 2 * steps
    finished(first.resume("moved", "--device", "cpu", "--epochs", 3))
    assert [event.device.split()[0].split(":")[0] for event in started(run)] == ["cpu", device, "cpu"]
    training = training_of(run)
    assert training.progress.step == 3 * steps
    assert {float(entries["step"]) for entries in training.optimizer.values()} == {3.0 * steps}
    losses = [event["train_loss"] for event in named(events_of(run), "epoch_ended")]
    assert losses == sorted(losses, reverse=True)
