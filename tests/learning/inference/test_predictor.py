from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.learning.inference.predictor import Predictor, scale
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.runs.errors import EmnistTuiError
from tests.support.small_dataset import bars

CPU = torch.device("cpu")


def test_pixels_are_scaled_to_0_to_1() -> None:
    scaled = scale(torch.tensor([0, 51, 255], dtype=torch.uint8).reshape(1, 1, 3).expand(2, 4, 3))
    assert scaled.shape == (2, 1, 4, 3)
    assert scaled[0, 0, 0].tolist() == pytest.approx([0.0, 0.2, 1.0])


def test_predictions_do_not_depend_on_the_batch_size(tmp_path: Path) -> None:
    split, model = bars(205, seed=3), Baseline()
    predictor = Predictor(model, split, CPU, batch_size=20)
    list(predictor)
    evaluation = predictor.evaluation("bars", "test")
    with torch.no_grad():
        expected = model.eval()(scale(split.images)).numpy()
    np.testing.assert_allclose(evaluation.logits, expected, atol=1e-5)
    np.testing.assert_array_equal(evaluation.true, split.labels.numpy())
    np.testing.assert_array_equal(evaluation.wrong_images, split.images.numpy()[evaluation.wrong])
    assert len(evaluation.wrong) > 0
    assert (evaluation.data, evaluation.split) == ("bars", "test")
    evaluation.save(tmp_path / "evaluation.npz")
    assert Evaluation.load(tmp_path / "evaluation.npz").accuracy == evaluation.accuracy


def test_progress_is_reported_about_every_tenth_of_the_split() -> None:
    yielded = list(Predictor(Baseline(), bars(1000, seed=3), CPU, batch_size=30))
    assert len(yielded) == 34  # a chance to stop after every batch
    reports = [report for report in yielded if report]
    assert [report.images for report in reports] == [120, 210, 300, 420, 510, 600, 720, 810, 900, 1000]
    assert {report.total for report in reports} == {1000}


def test_a_second_pass_replaces_the_first() -> None:
    predictor = Predictor(Baseline(), bars(50, seed=3), CPU)
    list(predictor)
    list(predictor)
    assert predictor.evaluation("bars", "test").images == 50


@pytest.mark.parametrize("was_training", [True, False])
def test_the_mode_of_the_network_is_restored_between_batches(was_training: bool) -> None:
    modes: list[bool] = []

    class Watched(Baseline):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            modes.append(self.training)
            return super().forward(images)

    model = Watched().train(was_training)
    for _ in Predictor(model, bars(40, seed=3), CPU, batch_size=20):
        assert model.training is was_training
        assert torch.is_grad_enabled()
    assert modes == [False, False]


def test_non_finite_logits_are_refused() -> None:
    class Broken(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return torch.full((len(images), 10), torch.nan)

    predictor = Predictor(Broken(), bars(20, seed=3), CPU)
    list(predictor)
    with pytest.raises(EmnistTuiError, match="not finite"):
        predictor.evaluation("bars", "test")


class _Caching(nn.Linear):
    """A network that keeps what it computed for the largest batch so far."""

    scale = torch.ones(0, 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if len(self.scale) < len(images):
            self.scale = torch.full((len(images), 1), 0.5)
        return super().forward(images.flatten(1)) * self.scale[: len(images)]


def test_a_network_may_train_with_what_it_kept_of_a_prediction() -> None:
    network, split = _Caching(784, 10), bars(20, seed=0)
    list(Predictor(network, split, CPU))
    network(torch.rand(4, 1, 28, 28)).sum().backward()
    assert network.weight.grad is not None
