import torch
from torch import nn

from emnist_tui.learning.models.layers import Chain


def test_chain_applies_its_layers_in_order() -> None:
    images = torch.rand(3, 1, 28, 28)
    flatten, linear = nn.Flatten(), nn.Linear(28 * 28, 10)
    assert torch.equal(Chain(flatten, linear, nn.ReLU())(images), linear(flatten(images)).relu())


def test_chain_keys_count_every_layer() -> None:
    """Checkpoints rely on these names, also after layers without weights."""
    assert list(Chain(nn.Flatten(), nn.Linear(784, 10)).state_dict()) == ["layers.1.weight", "layers.1.bias"]
