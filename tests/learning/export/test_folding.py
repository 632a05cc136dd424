"""Layers rewritten for the program's own input."""

import pytest
import torch
from torch import nn

from emnist_tui.learning.export.folding import fold_input
from emnist_tui.learning.inference.input_format import ORIENTATIONS, PLAIN, SCALINGS, InputFormat, Scaling
from emnist_tui.learning.inference.recognition import convert
from emnist_tui.learning.models.layers import Chain
from emnist_tui.runs.errors import EmnistTuiError

INK = torch.rand(5, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def check_fold(layers: nn.Sequential, trained_on: InputFormat) -> None:
    """Compare logits of folded and original layers, and the original's weights before and after."""
    before = {key: value.clone() for key, value in layers.state_dict().items()}
    folded = fold_input(layers, trained_on)
    with torch.inference_mode():
        expected, found = layers(convert(INK, trained_on)), folded(INK)
    largest = max(1.0, float(expected.abs().max()))
    torch.testing.assert_close(found / largest, expected / largest, atol=2e-5, rtol=0)
    assert all(torch.equal(value, before[key]) for key, value in layers.state_dict().items())
    assert folded.state_dict().keys() == before.keys()


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("scaling", SCALINGS, ids=str)
def test_the_recipe_is_folded_exactly(network: Chain, scaling: Scaling, orientation: str) -> None:
    check_fold(network.layers, InputFormat(scaling, ORIENTATIONS[orientation]))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_linear_network_is_folded(orientation: str) -> None:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Flatten(), nn.Linear(784, 12), nn.ReLU(), nn.Linear(12, 10))
    check_fold(layers, InputFormat(Scaling(0.1307, 0.3081, is_inverted=True), ORIENTATIONS[orientation]))


def test_a_padded_layer_takes_a_factor_and_no_offset() -> None:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.Flatten(), nn.Linear(2 * 784, 10))
    check_fold(layers, InputFormat(Scaling(is_bytes=True)))
    with pytest.raises(EmnistTuiError, match="The input mnist cannot be folded into the first layer"):
        fold_input(layers, InputFormat(Scaling(0.1307, 0.3081)))


def test_nothing_is_rewritten_for_the_programs_own_input(network: Chain) -> None:
    assert fold_input(network.layers, PLAIN) is network.layers
