"""Checkpoints of networks of one's own: complete, bounded, and never run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from emnist_tui.learning.checkpoint.format import Checkpoint, load_checkpoint, save_checkpoint
from emnist_tui.learning.checkpoint.own_network import OwnNetwork, require_storable, restore_weights
from emnist_tui.learning.models.user_file import UserNetwork
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.network_files import NetworkFile
from tests.support.checkpoint_files import pack, refusal, unpack
from tests.support.own_networks import STYLES, write_network


def saved(folder: Path, name: str = "ResNet") -> tuple[Path, nn.Module, OwnNetwork]:
    file = NetworkFile.parse(write_network(folder, name))
    assert file
    torch.manual_seed(1)
    definition = UserNetwork(file)
    network = definition.build()
    own = OwnNetwork.of(definition.source, network)
    save_checkpoint(folder / "mine.pt", Checkpoint(file.label, network.state_dict(), own=own))
    return folder / "mine.pt", network, own


@pytest.mark.parametrize("name", STYLES)
def test_a_checkpoint_holds_weights_counters_and_the_file(tmp_path: Path, name: str) -> None:
    path, network, own = saved(tmp_path, name)
    own.source.file.path.write_text("raise SystemExit")  # which reading the checkpoint does not run
    loaded = load_checkpoint(path)
    assert loaded.model == own.source.file.label
    assert loaded.own
    assert (loaded.own.source, loaded.own.trained) == (own.source, own.trained)
    expected = network.state_dict()
    assert list(loaded.state_dict) == list(expected)
    for key, value in loaded.state_dict.items():
        assert value.dtype == expected[key].dtype
        assert torch.equal(value, expected[key])


def test_trained_weights_leave_out_frozen_and_tied_ones(tmp_path: Path) -> None:
    _, network, own = saved(tmp_path, "Perceptron")
    assert "scale" not in own.trained
    assert "third.weight" not in own.trained
    assert {"scale", "third.weight"} <= network.state_dict().keys()


Change = Callable[[dict[str, Any]], object]
HOSTILE: dict[str, Change] = {
    "another text": lambda content: content["network"].update(text="import os"),
    "a text of the wrong type": lambda content: content["network"].update(text=b"x"),
    "no text": lambda content: content["network"].pop("text"),
    "a huge text": lambda content: content["network"].update(text="x" * (1 << 21)),
    "a name that is none": lambda content: content["network"].update(name="__import__('os')"),
    "a file that is none": lambda content: content["network"].update(file="/bin/sh"),
    "a long path": lambda content: content["network"].update(file="/" + "a" * 5000 + ".py"),
    "unknown trained weights": lambda content: content["network"].update(trained=["other"]),
    "trained weights twice": lambda content: content["network"].update(trained=["head.bias", "head.bias"]),
    "no mapping": lambda content: content.update(network=["file"]),
    "weights that fill the memory": lambda content: content["state_dict"].update(
        {"head.weight": torch.zeros(1).expand(1 << 34)}
    ),
    "weights that are none": lambda content: content["state_dict"].update({"head.bias": "many"}),
    "sparse weights": lambda content: content["state_dict"].update({"head.bias": torch.eye(3).to_sparse()}),
    "weights that are not finite": lambda content: content["state_dict"]["head.bias"].fill_(torch.nan),
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_content_is_refused_by_one_sentence(tmp_path: Path, change: Change) -> None:
    path, _, _ = saved(tmp_path)
    content = unpack(path.read_bytes())
    change(content)
    assert len(refusal(tmp_path, pack(content))) < 500


def test_infinite_masks_are_read(tmp_path: Path) -> None:
    path, _, _ = saved(tmp_path, "PatchTransformer")
    content = unpack(path.read_bytes())
    content["state_dict"]["mask"].fill_(-torch.inf)
    path.write_bytes(pack(content))
    assert load_checkpoint(path).state_dict["mask"].isinf().all()


def test_weights_of_another_type_are_refused(tmp_path: Path) -> None:
    _, network, own = saved(tmp_path)
    weights = {**network.state_dict()}
    weights["block1.norm.num_batches_tracked"] = torch.tensor(0.0)
    with pytest.raises(EmnistTuiError, match="num_batches_tracked is int64, in the checkpoint float32"):
        restore_weights("mine.pt", own, weights, network, own.source.file)


def test_a_network_too_large_for_its_checkpoints_is_refused() -> None:
    file = NetworkFile(Path("/nets/net.py"), "Net")
    network = nn.Linear(784, 7000)  # 22 MB, and as much for each of Adam's moments
    require_storable(file, network, TrainConfig(optimizer="sgd"))
    with pytest.raises(UsageError, match="make the network smaller"):
        require_storable(file, network, TrainConfig())
