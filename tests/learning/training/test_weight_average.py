"""The moving average of weights."""

import pytest
import torch
from torch import nn

from emnist_tui.learning.models.compact import Compact
from emnist_tui.learning.training.optimizer import FlatParameters
from emnist_tui.learning.training.weight_average import WeightAverage


def test_the_average_is_exponential_after_the_first_steps() -> None:
    model = nn.Linear(1, 1, bias=False)
    parameters = FlatParameters(model)
    average = WeightAverage(model, parameters, 0.5)
    expected = float(parameters.values)
    for step, value in enumerate([1.0, 4.0, -2.0, 8.0], start=1):
        parameters.values.fill_(value)
        average.update(average.share(step))
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * value
        assert next(average.model.parameters()).item() == pytest.approx(expected)
    assert float(parameters.values) == 8


def test_statistics_are_averaged_and_counters_copied() -> None:
    model = nn.Sequential(nn.BatchNorm2d(2))
    average = WeightAverage(model, FlatParameters(model), 0.9)
    model(torch.randn(8, 2, 4, 4) + 5)
    average.update(average.share(1000))
    trained, averaged = model.state_dict(), average.model.state_dict()
    assert averaged["0.num_batches_tracked"] == trained["0.num_batches_tracked"] == 1
    torch.testing.assert_close(averaged["0.running_mean"], 0.1 * trained["0.running_mean"])
    torch.testing.assert_close(averaged["0.running_var"], 0.9 + 0.1 * trained["0.running_var"])


class _Buffered(nn.Linear):
    """A layer with a mask, and a counter that each pass assigns anew."""

    passes: torch.Tensor

    def __init__(self) -> None:
        super().__init__(2, 2)
        self.register_buffer("mask", torch.tensor([0.0, -torch.inf]))
        self.register_buffer("passes", torch.zeros(()))

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        self.passes = self.passes + 1
        return super().forward(values)


def test_infinite_masks_stay_and_assigned_buffers_are_followed() -> None:
    model = _Buffered()
    average = WeightAverage(model, FlatParameters(model), 0.5)
    for step in (100, 101):
        model(torch.ones(2))
        average.update(average.share(step))
    averaged = average.model.state_dict()
    assert averaged["mask"].tolist() == [0.0, -torch.inf]
    assert float(averaged["passes"]) == pytest.approx(0.5 * 0.5 + 2 * 0.5)


class _Caching(nn.Linear):
    """A layer that keeps its last input, which no checkpoint holds."""

    def __init__(self) -> None:
        super().__init__(2, 2)
        self.register_buffer("last", torch.zeros(1, 2), persistent=False)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        self.last = values
        return super().forward(values)


def test_buffers_that_no_checkpoint_holds_are_left_alone() -> None:
    model = _Caching()
    average = WeightAverage(model, FlatParameters(model), 0.5)
    model(torch.ones(5, 2))
    average.update(average.share(1))
    assert average.model.get_buffer("last").tolist() == [[0, 0]]


def test_a_tied_buffer_is_averaged_once() -> None:
    norm = nn.BatchNorm2d(2)
    model = nn.Sequential(norm, norm)
    average = WeightAverage(model, FlatParameters(model), 0.9)
    norm.running_mean = torch.ones(2)
    average.update(average.share(1000))
    assert average.model.get_buffer("0.running_mean").tolist() == pytest.approx([0.1, 0.1])


def test_the_network_in_training_is_left_alone() -> None:
    model = Compact()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    average = WeightAverage(model, FlatParameters(model), 0.99)
    average.model.load_state_dict({name: torch.ones_like(value) for name, value in before.items()})
    average.update(average.share(1))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not torch.equal(average.model.state_dict()["layers.0.weight"], before["layers.0.weight"])
