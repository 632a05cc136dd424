"""A small dataset that the baseline learns in a few epochs, and runs on it.

Training two epochs, 40 steps, takes about a tenth of a second.
"""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
import torch

from emnist_tui.learning.checkpoint.format import Checkpoint
from emnist_tui.learning.data.dataset import Dataset, Split, fingerprint
from emnist_tui.learning.training import checkpointer, control_poller, trainer
from emnist_tui.learning.training.steps import device_stepper
from emnist_tui.learning.training.trainer import Trainer
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.events import Batches, EvaluationAdvanced, Event
from emnist_tui.runs.folder import RunFolder

_E = TypeVar("_E", bound=Event)


def bars(images: int, seed: int) -> Split:
    """Noise with one bright bar, whose position and direction give the class."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(images) % 10
    pixels = torch.randint(0, 60, (images, 28, 28), generator=generator, dtype=torch.uint8)
    for image, label in zip(pixels, labels.tolist(), strict=True):
        draw_bar(image, label)
    return Split(pixels, labels)


def draw_bar(image: torch.Tensor, label: int) -> None:
    """Draw the bar of a class into pixels [28, 28]: 0 to 4 are horizontal, 5 to 9 vertical."""
    position = 3 + label % 5 * 5
    (image if label < 5 else image.T)[position : position + 2, 4:24] = 250


def small_dataset(train: int = 624, test: int = 200, seed: int = 0) -> Dataset:
    """Return a dataset of bars; 624 train images are 19 batches of 32 and one of 16: 20 steps an epoch."""
    splits = bars(train, seed), bars(test, seed + 1)
    return Dataset("bars", *splits, fingerprint(*splits))


def report_every_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Report every batch at once, and poll control.json before each."""
    monkeypatch.setattr(trainer, "_REPORT_EVERY", 0.0)
    monkeypatch.setattr(device_stepper, "_FIRST_CHUNK", 1)
    monkeypatch.setattr(device_stepper, "_CHUNK_SECONDS", 0.0)
    monkeypatch.setattr(trainer, "_PAUSE_POLL_EVERY", 0.0)
    monkeypatch.setattr(control_poller, "_POLL_EVERY", 0.0)


def save_every_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpointer, "_SAVE_EVERY", 0.0)


def start(
    path: Path, dataset: Dataset, config: TrainConfig | None = None, checkpoint: Checkpoint | None = None
) -> Trainer:
    path.mkdir(exist_ok=True)
    return Trainer(config or TrainConfig(epochs=2), RunFolder(path), dataset, checkpoint=checkpoint)


@dataclass(frozen=True)
class FinishedRun:
    """A run that was not interrupted."""

    config: TrainConfig
    path: Path
    """Its folder, shared by several tests: to be read only."""
    events: list[Event]


def train_reporting_every_batch(path: Path, config: TrainConfig) -> FinishedRun:
    """Train on the small dataset, reporting every batch."""
    with pytest.MonkeyPatch.context() as patch:
        report_every_batch(patch)
        return FinishedRun(config, path, list(start(path, small_dataset(), config).run()))


def run_until(training: Trainer, is_time: Callable[[Event], bool], act: Callable[[], object]) -> list[Event]:
    """Return all events; `act` is called once, after the first event for which `is_time` is true."""
    events: list[Event] = []
    has_acted = False
    for event in training.run():
        events.append(event)
        if not has_acted and is_time(event):
            has_acted = True
            act()
    assert has_acted
    return events


def at_step(step: int) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, Batches) and event.step == step


def of_kind(events: Iterable[Event], kind: type[_E]) -> list[_E]:
    return [event for event in events if isinstance(event, kind)]


def only(events: Iterable[Event], kind: type[_E]) -> _E:
    """Return the one event of its kind."""
    (event,) = of_kind(events, kind)
    return event


def kinds(events: Iterable[Event]) -> list[type[Event]]:
    """Return the events' types, without batches and progress."""
    return [type(event) for event in events if not isinstance(event, Batches | EvaluationAdvanced)]


def losses_by_step(events: Iterable[Event]) -> dict[int, float]:
    losses: dict[int, float] = {}
    for event in of_kind(events, Batches):
        losses |= zip(itertools.count(event.step - len(event.loss) + 1), event.loss, strict=False)
    return losses
