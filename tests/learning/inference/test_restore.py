"""Restored networks of foreign files and of this program's, and the user's choices about them."""

from pathlib import Path

import pytest
import torch

from emnist_tui.learning.checkpoint.format import Checkpoint, load_checkpoint
from emnist_tui.learning.inference.input_format import PLAIN, InputFormat, Orientation, Scaling
from emnist_tui.learning.inference.recognition import Adapted
from emnist_tui.learning.inference.restore import (
    checkpoint_loaded,
    needs_images,
    read_checkpoint,
    read_checkpoints,
    restore_network,
)
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights
from tests.support.exported_networks import initial_network, save_run_checkpoint
from tests.support.small_dataset import bars, small_dataset, start

PATH = Path("mine.pt")
BY_HAND = ForeignWeights(input_scaling="transposed-inverted-mnist")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return save_run_checkpoint(tmp_path / "own.pt", initial_network())


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    torch.save({"model": Baseline().state_dict(), "epoch": 3}, tmp_path / "foreign.pt")
    return tmp_path / "foreign.pt"


def test_the_network_of_a_run_is_restored_without_images(own: Path) -> None:
    checkpoint = load_checkpoint(own)
    assert not needs_images(checkpoint, RECOGNIZED)
    restored = restore_network(own, checkpoint, RECOGNIZED, None)
    assert isinstance(restored.network, Baseline)
    assert (restored.model, restored.input, restored.warning) == (restored.network, PLAIN, None)
    loaded = checkpoint_loaded(own, checkpoint, restored, None, "cpu")
    assert (loaded.input_scaling, loaded.orientation, loaded.weights, loaded.epoch) == (None, None, None, 3)


CACHING = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(784, 10)
        self.mask = None

    def forward(self, images):
        if self.mask is None:
            self.mask = torch.ones(784, device=images.device)
        return self.out(images.flatten(1) * self.mask)
"""


def test_checking_a_restored_network_leaves_nothing_in_it(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(CACHING)
    model = f"{tmp_path / 'net.py'}:Net"
    config = TrainConfig(model=model, epochs=1, device="cpu")
    for _ in start(tmp_path / "run", small_dataset(), config).run():
        pass
    path = tmp_path / "run" / "last.pt"
    restored = restore_network(path, load_checkpoint(path), ForeignWeights(network=model), None)
    assert restored.network.mask is None
    assert not restored.network.training
    moved = restored.network.to("meta")  # as another device
    assert moved(torch.zeros(2, 1, 28, 28, device="meta")).shape == (2, 10)


def test_an_input_named_by_hand_needs_no_images(foreign: Path) -> None:
    checkpoint = load_checkpoint(foreign)
    assert not needs_images(checkpoint, BY_HAND)
    assert needs_images(checkpoint, ForeignWeights(input_scaling="mnist"))
    assert needs_images(checkpoint, RECOGNIZED)
    restored = restore_network(foreign, checkpoint, BY_HAND, None)
    assert isinstance(restored.network, Adapted)
    assert not restored.network.training
    assert restored.input == InputFormat(Scaling(0.1307, 0.3081, is_inverted=True), Orientation(transposes=True))
    loaded = checkpoint_loaded(foreign, checkpoint, restored, None, "cpu")
    assert (loaded.input_scaling, loaded.orientation, loaded.weights) == ("inverted-mnist", "transposed", "model")


def test_a_network_that_no_input_fits_is_doubted() -> None:
    torch.manual_seed(0)
    checkpoint = Checkpoint("baseline", Baseline().state_dict())
    restored = restore_network(PATH, checkpoint, RECOGNIZED, bars(1000, seed=1))
    assert restored.input == PLAIN
    assert restored.warning is not None
    assert "mine.pt classifies only" in restored.warning
    assert "--input-scaling" in restored.warning
    assert "--key" not in restored.warning


def test_the_doubt_names_other_weights_of_the_file() -> None:
    torch.manual_seed(0)
    checkpoint = Checkpoint("baseline", Baseline().state_dict(), key="model", other_keys=("ema", "best"))
    restored = restore_network(PATH, checkpoint, RECOGNIZED, bars(1000, seed=1))
    assert str(restored.warning).endswith("or other weights than model with --key, such as ema, best.")


def test_a_scaling_for_a_checkpoint_of_this_program_is_refused(own: Path) -> None:
    with pytest.raises(UsageError, match="leave out --input-scaling"):
        read_checkpoint(own, BY_HAND)


def test_choices_about_two_checkpoints_are_for_the_foreign_ones(own: Path, foreign: Path) -> None:
    first, second = read_checkpoints([own, foreign], [BY_HAND, BY_HAND])
    assert first.training is not None
    assert second.training is None
    with pytest.raises(UsageError, match="Both checkpoints were trained by this program"):
        read_checkpoints([own, own], [BY_HAND, BY_HAND])
    assert all(checkpoint.training for checkpoint in read_checkpoints([own, own], [RECOGNIZED, RECOGNIZED]))
