"""Restored networks, examined in numpy or by torch."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from emnist_tui.analysis.explain.explanation import Explanation
from emnist_tui.learning.inference.examined_network import ExaminedNetwork
from emnist_tui.learning.inference.input_format import PLAIN, InputFormat, Orientation, Scaling
from emnist_tui.learning.inference.restore import Restored
from emnist_tui.learning.inference.upright_network import lay
from emnist_tui.learning.models.registry import build_model
from emnist_tui.runs.errors import EmnistTuiError
from tests.support.explained_networks import digit


class Fourier(nn.Module):
    """A network that numpy cannot compute."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(28 * 28, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.last(torch.fft.fft2(images).abs().flatten(1))
        return logits


def network(model: nn.Module | str, trained_on: InputFormat = PLAIN) -> ExaminedNetwork:
    torch.manual_seed(0)
    built = build_model(model).eval() if isinstance(model, str) else model
    return ExaminedNetwork(Restored(built, trained_on), model if isinstance(model, str) else "Fourier")


@pytest.mark.parametrize("model", ["baseline", "compact", "accurate", "Fourier"])
@pytest.mark.parametrize("trained_on", [PLAIN, InputFormat(Scaling(0.2, 0.3), Orientation(transposes=True))])
def test_logits_and_slope_are_those_of_torch(model: str, trained_on: InputFormat) -> None:
    torch.manual_seed(0)
    built = build_model(model).eval() if model != "Fourier" else Fourier().eval()
    found = ExaminedNetwork(Restored(built, trained_on), model)
    image = lay(digit(), found.orientation)
    laid = torch.from_numpy(lay(digit(), trained_on.orientation))[None, None] / 255
    scaled = (laid * trained_on.scaling.factor + trained_on.scaling.offset).requires_grad_()
    logits = built(scaled)[0]
    expected = logits.detach().numpy()
    limit = 1e-4 * max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(found.logits(image[None])[0], expected, atol=limit)
    passed = found.examine(image, 3)
    np.testing.assert_allclose(passed.logits, expected, atol=limit)
    against = passed.runner_up
    (gradient,) = torch.autograd.grad(logits[passed.predicted] - logits[against], scaled)
    slope = found.slope(passed, against)
    assert slope is not None
    turned = gradient[0, 0].numpy() * trained_on.scaling.factor
    if found.orientation == Orientation():
        turned = lay(turned, trained_on.orientation.inverse)
    np.testing.assert_allclose(slope, turned, atol=1e-4 * max(1.0, float(np.abs(turned).max())))


def test_a_network_that_numpy_cannot_compute_is_explained(tmp_path: Path) -> None:
    found = network(Fourier().eval())
    passed = found.examine(digit(), 3)
    explanation = Explanation.of(passed, found.logits, passed.runner_up, digit()[None], found.slope)
    assert explanation.activity is None
    assert explanation.gradient is not None
    assert explanation.shares is not None
    assert explanation.shares.products.sum() + explanation.shares.bias == pytest.approx(
        explanation.shares.lead, abs=1e-2
    )


@pytest.mark.parametrize("trained_on", [PLAIN, InputFormat(Scaling(), Orientation(transposes=True))])
def test_a_heavy_network_computes_many_images_in_torch(
    trained_on: InputFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = np.stack([digit(seed) for seed in range(3)])
    expected = network("baseline", trained_on).logits(images)
    monkeypatch.setattr("emnist_tui.learning.inference.examined_network._HEAVY", 1)
    monkeypatch.setattr("emnist_tui.learning.inference.examined_network.compute_logits", None)
    np.testing.assert_allclose(network("baseline", trained_on).logits(images), expected, atol=1e-5)


def test_a_sample_is_as_large_as_the_network_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert network("baseline").affordable(2_000) == 2_000
    assert network(Fourier().eval()).affordable(2_000) == 0
    monkeypatch.setattr("emnist_tui.learning.inference.examined_network._BUDGET", 1)
    assert network("baseline").affordable(2_000) == 16
    assert network("baseline").affordable(7) == 7


def test_outputs_that_are_not_numbers_are_refused() -> None:
    model = Fourier().eval()
    nn.init.constant_(model.last.weight, 3e38)
    with pytest.raises(EmnistTuiError, match="outputs are not finite"):
        network(model).examine(digit(), 3)


def test_huge_values_between_finite_logits_warn_of_nothing() -> None:
    """Float32 overflows before the sigmoid, which hides it."""
    model = build_model("baseline").eval()
    state = model.state_dict()
    state["layers.3.weight"].fill_(3e38)
    found = network(model)
    passed = found.examine(digit(), 3)
    Explanation.of(passed, found.logits, passed.runner_up, digit()[None], found.slope)
