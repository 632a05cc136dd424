"""The recording of weights measured: its share of a training, its size, and reading it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

from emnist_tui.learning.data.dataset import Dataset, Split
from emnist_tui.learning.training.trainer import Trainer
from emnist_tui.learning.training.weight_recorder import WeightRecorder
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.events import RunEnded
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.weights_recording import RECORDING, Recording

_TIMED = ("begin", "_take", "write", "close")
"""Calls that do something; `watch` after every step takes less than the clock."""


@dataclass(frozen=True)
class Recorded:
    """What recording took in one training."""

    share: float
    """Of the processor time of training."""
    frame: float
    """Seconds per frame of the processor, with the newest weights."""
    frames: int
    frame_size: int
    """Bytes."""
    file_size: int
    """Bytes."""
    reading: float
    """Seconds to read all frames."""


def measure(split: Split, folder: Path, epochs: int) -> Recorded:
    """Train the baseline, and time every call of its recorder."""
    dataset = Dataset("measured", split, split[torch.arange(1000)], "0" * 16)
    spent = _Stopwatch()
    timed: dict[str, Any] = {name: spent.around(getattr(WeightRecorder, name)) for name in _TIMED}
    with patch.multiple(WeightRecorder, **timed):
        folder.mkdir()
        trainer = Trainer(TrainConfig(epochs=epochs), RunFolder(folder), dataset)
        start = time.thread_time()
        assert isinstance([*trainer.run()][-1], RunEnded)
        whole = time.thread_time() - start
    start = time.perf_counter()
    recording = Recording.open(folder / RECORDING)
    assert recording is not None
    for position in range(len(recording.steps)):
        recording.frame(position)
    reading = time.perf_counter() - start
    count = len(recording.steps)
    size = (folder / RECORDING).stat().st_size
    return Recorded(spent.seconds / whole, spent.seconds / count, count, recording.layout.frame_size, size, reading)


class _Stopwatch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **options: Any) -> Any:
            start = time.thread_time()
            try:
                return call(*arguments, **options)
            finally:
                self.seconds += time.thread_time() - start

        return timed
