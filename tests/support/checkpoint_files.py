"""Checkpoint files of other programs, and their refusal."""

import io
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from emnist_tui.learning.checkpoint.format import Checkpoint, load_checkpoint
from emnist_tui.runs.errors import EmnistTuiError

_ADVICE = (
    "save one with",
    "choose ",
    "update emnist-tui",
    "copy it again",
    "lists the existing ones",
    "name a checkpoint",
    "check its",
    "rename them",
)


class ForeignBaseline(nn.Module):
    """The baseline network as another author writes it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2, self.fc = nn.Conv2d(1, 2, 5), nn.Conv2d(2, 4, 3), nn.Linear(100, 10)

    def forward(self, images: Tensor) -> Tensor:
        pooled = nn.functional.max_pool2d(self.conv1(images).relu(), 2)
        logits: Tensor = self.fc(nn.functional.max_pool2d(self.conv2(pooled).sigmoid(), 2).flatten(1))
        return logits


def weights(seed: int = 0) -> dict[str, Tensor]:
    """Return the `state_dict` of a foreign network, in the order of its definition."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return dict(ForeignBaseline().state_dict())


def assert_holds(checkpoint: Checkpoint, expected: dict[str, Tensor]) -> None:
    """Assert that a checkpoint holds exactly these tensors of a foreign network."""
    assert (checkpoint.model, checkpoint.training) == ("baseline", None)
    names = ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "fc.weight", "fc.bias"]
    for name, weight in zip(names, checkpoint.state_dict.values(), strict=True):
        assert weight.dtype == torch.float32
        assert torch.equal(weight, expected[name]), name
        assert not weight.requires_grad


def unpack(data: bytes) -> dict[str, Any]:
    """Read the content of a checkpoint file."""
    content: dict[str, Any] = torch.load(io.BytesIO(data), weights_only=True)
    return content


def pack(content: object) -> bytes:
    """Return the bytes of a file saved by torch."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def load(folder: Path, data: bytes) -> Checkpoint:
    """Load a checkpoint from a file of these bytes."""
    (folder / "some.pt").write_bytes(data)
    return load_checkpoint(folder / "some.pt")


def refusal(folder: Path, data: bytes) -> str:
    """Return the user-facing error of loading `data`.

    It is one sentence with the path and some advice.
    """
    with pytest.raises(EmnistTuiError) as caught:
        load(folder, data)
    sentence = str(caught.value)
    assert str(folder) in sentence
    assert any(advice in sentence for advice in _ADVICE), sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence
