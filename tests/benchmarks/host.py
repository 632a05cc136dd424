"""The host's work for each step while a card computes the next ones."""

import json
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

import torch

from emnist_tui.learning.checkpoint.format import Progress
from emnist_tui.learning.data.dataset import Dataset, Split, fingerprint
from emnist_tui.learning.training import learner as learning
from emnist_tui.learning.training import trainer as training
from emnist_tui.learning.training.steps.device_stepper import DeviceStepper
from emnist_tui.learning.training.steps.stepper import Trainee
from emnist_tui.learning.training.trainer import Trainer
from emnist_tui.learning.training.unit_watch import UnitWatch
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import Batches
from emnist_tui.runs.folder import RunFolder

CHUNK = 3_750  # steps of 25 ms, at 150,000 a second
_IMAGES, _EPOCHS = 240_000, 3


class Instant(DeviceStepper):
    """Steps that compute nothing: their results are there at once."""

    name = "nothing computed"

    def __init__(self, trainee: Trainee, split: Split, config: TrainConfig) -> None:
        super().__init__(trainee, split, config)
        generator = torch.Generator().manual_seed(0)
        self._losses = torch.rand(len(self._buffers.losses), generator=generator)
        self._correct = torch.randint(0, config.batch_size + 1, self._losses.shape, generator=generator)

    def take(self, most: int) -> int:
        return super().take(min(most, CHUNK))

    def _adapt_pace(self, chunk: object) -> None:
        del chunk
        self._pace = CHUNK

    def _launch(self, count: int) -> None:
        steps = slice(self._next, self._next + count)
        self._buffers.losses[steps] = self._losses[steps]
        self._buffers.correct[steps] = self._correct[steps]


def cost() -> tuple[float, float, float]:
    """Return the host's seconds per step, those until an epoch's first step, and those of JSON alone.

    The first are all that `emnist-tui train` does for a step's results, from reading them to the line on disk.
    """
    images = torch.zeros(_IMAGES, 28, 28, dtype=torch.uint8)
    split = Split(images, torch.arange(_IMAGES) % 10)
    test = Split(images[:100], split.labels[:100])
    dataset = Dataset("blank", split, test, fingerprint(test, test))
    encoding, numbers = 0.0, 0
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(learning, "choose_stepper", lambda trainee, split, config, *_: Instant(trainee, split, config)),
        patch.object(training, "_REPORT_EVERY", 0.0),  # a report for each chunk
        patch.object(Trainer, "_end_epoch", lambda _: iter(())),
        patch.object(UnitWatch, "is_due", lambda *_: False),
        patch.object(UnitWatch, "until_due", lambda *_: _IMAGES),
    ):
        run = RunFolder(Path(folder) / "run")
        run.path.mkdir()
        trainer = Trainer(TrainConfig(epochs=_EPOCHS, device="cpu"), run, dataset)
        begin, beginning = trainer._learner.begin, 0.0

        def timed(config: TrainConfig, at: Progress, steps: int) -> None:
            nonlocal beginning
            start = time.perf_counter()
            begin(config, at, steps)
            beginning += time.perf_counter() - start

        trainer._learner.begin = timed  # type: ignore[method-assign]
        seconds, since = 0.0, time.perf_counter()
        with EventLog(run.events) as log:
            for event in trainer.run():
                log.write(event)
                if isinstance(event, Batches):
                    seconds += time.perf_counter() - since
                    start = time.perf_counter()
                    json.dumps([event.loss, event.accuracy])
                    encoding, numbers = encoding + time.perf_counter() - start, numbers + len(event.loss)
                    since = time.perf_counter()
    return (seconds - beginning) / numbers, beginning / _EPOCHS, encoding / numbers
