"""Graphs of the program's own networks, read without torch."""

import subprocess
import sys

import pytest

from emnist_tui.analysis.network.known_graphs import FOLDER, known_graph
from emnist_tui.learning.inference.network_graph import trace
from emnist_tui.learning.models.registry import build_model
from emnist_tui.runs.models import MODELS
from tests.support.known_graphs import graph_text
from tests.support.process import environment


@pytest.mark.parametrize("model", MODELS)
def test_a_stored_graph_is_that_of_the_network(model: str) -> None:
    traced = trace(build_model(model))
    assert known_graph(model) == traced, "run `python -m tests.support.known_graphs`"
    assert traced.is_computable
    assert (FOLDER / f"{model}.json").read_text(encoding="utf-8") == graph_text(traced)


def test_no_graph_is_known_by_another_name() -> None:
    assert known_graph("../baseline") is None
    assert known_graph("net.py:Net") is None


def test_known_graphs_need_no_torch() -> None:
    code = (
        "import sys; from emnist_tui.analysis.network.known_graphs import known_graph as k; k('compact'); "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=environment())
