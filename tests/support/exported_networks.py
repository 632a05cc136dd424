"""A checkpoint to export, and comparisons of exported networks with it."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from emnist_tui.learning.checkpoint.format import Checkpoint, Progress, TrainingState, save_checkpoint
from emnist_tui.learning.export.formats import FORMATS
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.models.layers import Chain
from emnist_tui.runs.config import TrainConfig
from tests.support.emnist_files import draw_arrows

Values = npt.NDArray[np.float32]
ACCURACY = 0.9725
"""Test accuracy in the checkpoint's metrics."""


def initial_network() -> Chain:
    """Return a baseline with random weights."""
    torch.manual_seed(3)
    return Baseline().eval()


def save_run_checkpoint(path: Path, network: Chain) -> Path:
    """Save a checkpoint of a run, whose images are known to be upright."""
    training = TrainingState(
        progress=Progress(epoch=3, step=60),
        optimizer={},
        random={"cpu": torch.get_rng_state()},
        config=TrainConfig(data="synthetic"),
        data="synthetic digits",
        fingerprint="0123456789abcdef",
        metrics={"test_accuracy": ACCURACY},
    )
    save_checkpoint(path, Checkpoint("baseline", network.state_dict(), training))
    return path


def recipe() -> nn.Sequential:
    """Build the documented network without this program's classes."""
    return nn.Sequential(
        nn.Conv2d(1, 2, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(2, 4, 3),
        nn.Sigmoid(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(100, 10),
    )


def images(count: int) -> Values:
    return np.asarray(draw_arrows(count, seed=5)[0][:, None] / 255, np.float32)


def assert_same_logits(network: Chain, compute: Callable[[Values], Any]) -> None:
    """Compare logits of one image and of several."""
    for count in (1, 7):
        with torch.no_grad():
            expected = network(torch.from_numpy(images(count))).numpy()
        np.testing.assert_allclose(compute(images(count)), expected, atol=1e-5)


def needs(name: str) -> Any:
    """Return the parameter `name`, skipped if a library of the format is not installed."""
    missing = [library for library in FORMATS[name].needs if importlib.util.find_spec(library) is None]
    return pytest.param(name, marks=pytest.mark.skipif(bool(missing), reason=f"without {', '.join(missing)}"))


each_format = pytest.mark.parametrize("name", [needs(name) for name in FORMATS])
