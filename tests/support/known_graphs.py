"""Graphs of the networks that come with the program, written anew: `python -m tests.support.known_graphs`."""

import json

from emnist_tui.analysis.network.graph import Graph
from emnist_tui.analysis.network.known_graphs import FOLDER
from emnist_tui.learning.inference.network_graph import trace
from emnist_tui.learning.models.registry import build_model
from emnist_tui.runs.models import MODELS


def graph_text(graph: Graph) -> str:
    """Return a graph as JSON, a line for each node."""
    lines = (json.dumps(node, separators=(",", ":"), sort_keys=True) for node in graph.to_json())
    return "[\n" + ",\n".join(lines) + "\n]\n"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for model in MODELS:
        (FOLDER / f"{model}.json").write_text(graph_text(trace(build_model(model))), encoding="utf-8")


if __name__ == "__main__":
    main()
