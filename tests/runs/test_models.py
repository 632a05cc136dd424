"""The table of networks, and what a user may name."""

import subprocess
import sys
from pathlib import Path

import pytest

from emnist_tui.learning.models.registry import build_model, count_parameters
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.models import MODELS, model_label, recipe_of, require_model, resolve_model
from tests.support.own_networks import write_network


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


def test_the_table_needs_no_torch() -> None:
    code = "import sys, emnist_tui.runs.models, emnist_tui.runs.config; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_names_of_the_table_stay_and_files_become_absolute(tmp_path: Path) -> None:
    network = write_network(tmp_path, "ResNet")
    assert [resolve_model(name) for name in MODELS] == list(MODELS)
    assert resolve_model(network) == network
    assert (model_label("compact"), model_label(network)) == ("compact", "resnet.py:ResNet")


def test_a_recipe_is_that_of_the_table_or_of_the_file(tmp_path: Path) -> None:
    assert recipe_of("compact") == MODELS["compact"].recipe
    assert recipe_of(write_network(tmp_path, "ResNet"))["optimizer"] == "adamw"
    assert recipe_of("unknown") == {}


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(UsageError, match="There is no model"):
        require_model("a.py:Net")
