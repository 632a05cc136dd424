"""A small dataset that the baseline learns in a few epochs, and a run on it whose every batch can be watched."""

import itertools
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import torch

from emnist_tui.learning.checkpoint.format import Checkpoint
from emnist_tui.learning.data.dataset import Dataset, Split, fingerprint
from emnist_tui.learning.training import checkpointer, control_poller, trainer
from emnist_tui.learning.training.trainer import Trainer
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.events import Batches, Event
from emnist_tui.runs.folder import RunFolder


def bars(images: int, seed: int) -> Split:
    """Noise with one bright bar, whose place tells the class."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(images) % 10
    pixels = torch.randint(0, 60, (images, 28, 28), generator=generator, dtype=torch.uint8)
    for image, label in zip(pixels, labels.tolist(), strict=True):
        place = 3 + label % 5 * 5
        (image if label < 5 else image.T)[place : place + 2, 4:24] = 250
    return Split(pixels, labels)


def small_dataset(train: int = 624, test: int = 200, seed: int = 0) -> Dataset:
    """624 images are 19 batches of 32 and one of 16: 20 steps an epoch."""
    splits = bars(train, seed), bars(test, seed + 1)
    return Dataset("bars", *splits, fingerprint(*splits))


def report_every_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a test can act between any two batches, and control.json is seen at once."""
    monkeypatch.setattr(trainer, "_REPORT_EVERY", 0.0)
    monkeypatch.setattr(trainer, "_PAUSE_LOOK_EVERY", 0.0)
    monkeypatch.setattr(control_poller, "_LOOK_EVERY", 0.0)


def save_every_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpointer, "_SAVE_EVERY", 0.0)


def start(
    path: Path, dataset: Dataset, config: TrainConfig | None = None, checkpoint: Checkpoint | None = None
) -> Trainer:
    return Trainer(config or TrainConfig(epochs=2), RunFolder(path), dataset, checkpoint=checkpoint)


def run_until(training: Trainer, is_time: Callable[[Event], bool], act: Callable[[], object]) -> list[Event]:
    """All events; `act` is called once, after the first event of which `is_time`."""
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


def losses_by_step(events: Iterable[Event]) -> dict[int, float]:
    found: dict[int, float] = {}
    for event in events:
        if isinstance(event, Batches):
            found |= zip(itertools.count(event.step - len(event.loss) + 1), event.loss, strict=False)
    return found
