import pytest
import torch
from torch import nn

from emnist_tui.learning.models.layers import Chain, Mish, Norm, Residual


def test_chain_applies_its_layers_in_order() -> None:
    images = torch.rand(3, 1, 28, 28)
    flatten, linear = nn.Flatten(), nn.Linear(28 * 28, 10)
    assert torch.equal(Chain(flatten, linear, nn.ReLU())(images), linear(flatten(images)).relu())


def test_chain_keys_count_every_layer() -> None:
    """Checkpoints rely on these names, also after layers without weights."""
    assert list(Chain(nn.Flatten(), nn.Linear(784, 10)).state_dict()) == ["layers.1.weight", "layers.1.bias"]


@pytest.mark.parametrize("scaled", [True, False])
def test_norm_is_torchs_batch_norm(scaled: bool) -> None:
    ours, expected = Norm(3, scaled=scaled), nn.BatchNorm2d(3)
    for _ in range(3):
        maps = torch.randn(4, 3, 5, 5) * 2 + 1
        torch.testing.assert_close(ours(maps), expected(maps))
    assert expected.running_var is not None
    torch.testing.assert_close(ours.running_var, expected.running_var)
    ours.eval()
    expected.eval()
    torch.testing.assert_close(ours(maps), expected(maps))
    assert sum(parameter.numel() for parameter in ours.parameters()) == (6 if scaled else 3)


def test_a_norms_weights_load_into_torchs() -> None:
    nn.BatchNorm2d(3).load_state_dict(Norm(3).state_dict())


def test_residual_adds_its_input() -> None:
    maps = torch.randn(2, 3, 4, 4)
    assert torch.equal(Residual(nn.ReLU())(maps), maps + maps.relu())


def test_mish_and_its_gradient_are_torchs() -> None:
    values = torch.cat([torch.linspace(-90, 90, 1001), torch.tensor([0.0, -1e-6, 1e-6, 1e4, -1e4])])
    ours, expected = (values.clone().requires_grad_() for _ in range(2))
    Mish()(ours).sum().backward()
    nn.functional.mish(expected).sum().backward()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(ours.grad, expected.grad)
    torch.testing.assert_close(Mish()(ours), nn.functional.mish(values))
    assert torch.equal(Mish()(values), nn.functional.mish(values))
