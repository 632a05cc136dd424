"""Chunks of fused steps, by Triton's interpreter on the CPU."""

from pathlib import Path

import pytest
import torch

from emnist_tui.learning.checkpoint.format import load_checkpoint
from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.training.resume import resume
from emnist_tui.learning.training.steps.cuda_fused.stepper import FusedStepper
from emnist_tui.learning.training.steps.stepper import Stepper, Trainee
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.control import Control, ask_for_learning_rate, write_control
from emnist_tui.runs.events import LearningRateChanged
from emnist_tui.runs.folder import RunFolder
from tests.support.small_dataset import (
    at_step,
    losses_by_step,
    only,
    report_every_batch,
    run_until,
    small_dataset,
    start,
)
from tests.support.ways import eager, take_by

CONFIG = TrainConfig(epochs=1, batch_size=3, schedule="cosine")
DATASET = small_dataset(train=7, test=10)  # two whole batches and one of one image


def fused(trainee: Trainee, split: Split, config: TrainConfig) -> Stepper:
    return FusedStepper(trainee, split, config)


@pytest.fixture(autouse=True)
def _report_every_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    report_every_batch(monkeypatch)


def weights(path: Path) -> torch.Tensor:
    checkpoint = load_checkpoint(path / "last.pt")
    assert checkpoint.training is not None
    moments = [entry for entries in checkpoint.training.optimizer.values() for entry in entries.values()]
    return torch.cat([tensor.flatten() for tensor in [*checkpoint.state_dict.values(), *moments]])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_run_is_that_of_autograd_but_for_rounding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    losses = []
    for way in (eager, fused):
        take_by(way, monkeypatch)
        losses.append(losses_by_step(start(tmp_path / way.__name__, DATASET, CONFIG).run()))
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    torch.testing.assert_close(weights(tmp_path / "eager"), weights(tmp_path / "fused"), rtol=1e-3, atol=1e-5)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_resumed_run_with_a_changed_rate_is_exact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_by(fused, monkeypatch)
    whole = start(tmp_path / "whole", DATASET, CONFIG)
    changed = run_until(whole, at_step(1), lambda: ask_for_learning_rate(whole.folder.control, 0.002))
    assert only(changed, LearningRateChanged).step == 1

    first = start(tmp_path / "parts", DATASET, CONFIG)
    ask = [lambda: ask_for_learning_rate(first.folder.control, 0.002)]
    events = []
    for event in first.run():
        events.append(event)
        if at_step(1)(event) and ask:
            ask.pop()()
        if at_step(2)(event):
            first.request_stop()
    folder = RunFolder(tmp_path / "parts")
    write_control(folder.control, Control())
    config, checkpoint = resume(folder)
    assert config.learning_rate == 0.002
    resumed = losses_by_step(start(folder.path, DATASET, config, checkpoint).run())
    assert resumed == {step: loss for step, loss in losses_by_step(changed).items() if step > 2}
    assert torch.equal(weights(tmp_path / "whole"), weights(tmp_path / "parts"))
