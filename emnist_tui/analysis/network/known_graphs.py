"""Graphs of the networks that come with the program, known without torch."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from emnist_tui.analysis.network.graph import Graph
from emnist_tui.runs.models import MODELS

FOLDER = Path(__file__).with_name("graphs")
"""Folder of a JSON file per model, written by `python -m tests.support.known_graphs`."""


@dataclass(frozen=True)
class KnownGraph:
    """A model's graph and the shapes of its weights."""

    graph: Graph
    shapes: Mapping[str, tuple[int, ...]]
    """Shapes by key in the state dict."""


def known_graph(model: str) -> KnownGraph | None:
    """Return the graph of a model of the table.

    None for any other name.
    """
    return _read(model) if model in MODELS else None


@cache
def _read(model: str) -> KnownGraph:
    stored = json.loads((FOLDER / f"{model}.json").read_bytes())
    shapes = {key: tuple(shape) for key, shape in stored["weights"].items()}
    return KnownGraph(Graph.from_json(stored["nodes"]), shapes)
