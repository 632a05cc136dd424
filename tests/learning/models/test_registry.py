import pytest

from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.models.registry import build_model, count_parameters
from emnist_tui.runs.errors import UsageError


def test_frozen_parameters_are_not_counted() -> None:
    model = Baseline()
    model.layers[0].requires_grad_(False)
    assert count_parameters(model) == 1_138 - 52


def test_models_are_built_by_name() -> None:
    assert isinstance(build_model("baseline"), Baseline)


def test_unknown_model_is_wrong_use() -> None:
    with pytest.raises(UsageError, match=r"no model 'resnet'.*baseline"):
        build_model("resnet")
