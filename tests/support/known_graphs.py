"""Graphs of the networks that come with the program, written anew: `python -m tests.support.known_graphs`."""

import json

from emnist_tui.analysis.network.known_graphs import FOLDER, KnownGraph
from emnist_tui.learning.inference.network_graph import to_network
from emnist_tui.learning.models.registry import build_model
from emnist_tui.runs.models import MODELS


def traced(model: str) -> KnownGraph:
    """Trace a model of the table."""
    network = to_network(build_model(model))
    return KnownGraph(network.graph, {key: weight.shape for key, weight in network.weights.items()})


def graph_text(known: KnownGraph) -> str:
    """Return a graph as JSON, a line for each node."""
    lines = (json.dumps(node, separators=(",", ":"), sort_keys=True) for node in known.graph.to_json())
    weights = json.dumps({key: list(shape) for key, shape in known.shapes.items()}, separators=(",", ":"))
    return '{"nodes":[\n' + ",\n".join(lines) + f'\n],\n"weights":{weights}}}\n'


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for model in MODELS:
        (FOLDER / f"{model}.json").write_text(graph_text(traced(model)), encoding="utf-8")


if __name__ == "__main__":
    main()
