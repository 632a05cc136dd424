"""Networks that cannot be captured: trained by autograd, from untouched weights, with a sentence."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from emnist_tui.learning.checkpoint.format import load_checkpoint
from emnist_tui.learning.data.dataset import Dataset
from emnist_tui.learning.training.trainer import Trainer
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.events import Batches, RunEnded, RunStarted
from emnist_tui.runs.folder import RunFolder
from tests.support.small_dataset import of_kind, only
from tests.support.ways import eager, take_by

Weights = dict[str, torch.Tensor]


def trained(path: Path, dataset: Dataset, model: str, device: str) -> tuple[Weights, str, str]:
    """Train an epoch; return the weights, the notice and the way."""
    path.mkdir()
    config = TrainConfig(model=model, device=device, epochs=1, learning_rate=0.001)
    training = Trainer(config, RunFolder(path), dataset)
    events = list(training.run())
    assert only(events, RunEnded).reason == "finished"
    losses = [loss for event in of_kind(events, Batches) for loss in event.loss]
    assert sum(losses[-10:]) < sum(losses[:10])
    started = only(events, RunStarted)
    assert started.way is not None
    return load_checkpoint(path / "last.pt").state_dict, started.notice or "", started.way


@pytest.mark.parametrize("network", ["Looks", "Replaces", "Counts"])
def test_a_network_that_cannot_be_captured_is_trained_by_autograd(
    tmp_path: Path, dataset: Dataset, device: str, own_network: Callable[[str], str], network: str
) -> None:
    model = own_network(network)
    weights, notice, way = trained(tmp_path / "chosen", dataset, model, device)
    assert way == "autograd"
    assert ("without a CUDA graph" in notice) == (device == "cuda"), notice
    assert "\n" not in notice
    assert notice[-1:] in ("", ".")
    if network == "Counts":  # what Python counts, nobody can set back
        return
    with pytest.MonkeyPatch.context() as patch:
        take_by(eager, patch)
        others, _, _ = trained(tmp_path / "eager", dataset, model, device)
    assert [name for name, weight in weights.items() if not torch.equal(weight, others[name])] == []


def test_random_numbers_of_the_device_can_be_captured(
    tmp_path: Path, dataset: Dataset, device: str, own_network: Callable[[str], str]
) -> None:
    _, notice, way = trained(tmp_path / "run", dataset, own_network("Dropped"), device)
    assert way == ("CUDA graph" if device == "cuda" else "autograd")
    assert "CUDA graph" not in notice
