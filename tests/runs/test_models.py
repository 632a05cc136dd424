"""The table of networks."""

import subprocess
import sys

import pytest

from emnist_tui.learning.models.registry import build_model, count_parameters
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.models import MODELS, require_model


@pytest.mark.parametrize("name", MODELS)
def test_entries_describe_their_networks(name: str) -> None:
    model = MODELS[name]
    assert count_parameters(build_model(name)) == model.parameters
    assert model.recipe.keys() < TrainConfig().to_json().keys()
    assert TrainConfig.of(model=name)
    assert 0.9 < model.accuracy < 1
    assert model.summary


def test_the_goals_of_size_are_kept() -> None:
    assert MODELS["compact"].parameters <= 1_274
    assert MODELS["accurate"].parameters <= 30_000


def test_an_unknown_model_is_wrong_use() -> None:
    with pytest.raises(UsageError, match=r"no model 'resnet'.*baseline, compact, accurate"):
        require_model("resnet")


def test_the_table_needs_no_torch() -> None:
    code = "import sys, emnist_tui.runs.models, emnist_tui.runs.config; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
