"""Graphs of the networks that come with the program, known without torch."""

import json
from functools import cache
from pathlib import Path

from emnist_tui.analysis.network.graph import Graph
from emnist_tui.runs.models import MODELS

FOLDER = Path(__file__).with_name("graphs")
"""Folder of a JSON file per model, written by `python -m tests.support.known_graphs`."""


def known_graph(model: str) -> Graph | None:
    """Return the graph of a model of the table.

    None for any other name.
    """
    return _read(model) if model in MODELS else None


@cache
def _read(model: str) -> Graph | None:
    path = FOLDER / f"{model}.json"
    if not path.is_file():
        return None  # such as of a model that a test adds to the table
    return Graph.from_json(json.loads(path.read_bytes()))
