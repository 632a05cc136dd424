"""Networks of recorded frames, also of forged headers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emnist_tui.analysis.network.graph import INPUT, Graph, Node
from emnist_tui.analysis.network.recorded import graph_of, network_of
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.weights_recording import RECORDING, Recording
from tests.support.recordings import GRAPH, LAYOUT, answering, record


def test_a_frame_is_a_network(tmp_path: Path) -> None:
    record(tmp_path, [3])
    recording = Recording.open(tmp_path / RECORDING)
    assert recording is not None
    network = network_of(recording.layout, recording.frame(0))
    assert network.graph == GRAPH
    assert np.flatnonzero(network.weights["fc.bias"]).tolist() == [3]


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    record(tmp_path, [3])
    recording = Recording.open(tmp_path / RECORDING)
    assert recording is not None
    nodes = [*GRAPH.nodes[:-1], Node("much", "reshape", GRAPH.nodes[-1].inputs, {"shape": [1, 1]}), GRAPH.nodes[-1]]
    layout = replace(recording.layout, graph=Graph(tuple(nodes)).to_json())
    with pytest.raises(EmnistTuiError, match="'much' does not fit: another number of values"):
        network_of(layout, recording.frame(0))


@pytest.mark.parametrize(
    ("graph", "sentence"),
    [
        ([], "does not hold the network's graph"),
        ([{}], "is damaged"),
        ([{"name": 1}], "is damaged"),
        (Graph((Node("x", "linear", ("nobody",), {}, {"weight": "fc.weight"}),)).to_json(), "is damaged"),
        (Graph((Node("x", "linear", (INPUT,), {}, {"weight": "y.weight"}),)).to_json(), "do not fit"),
        (Graph((Node("x", "linear", (INPUT,), {}, {"weight": "fc.weight"}),)).to_json(), "do not fit"),
        (Graph((Node("x", "flatten", (INPUT,)),)).to_json(), "do not fit"),
    ],
)
def test_a_graph_that_cannot_be_computed_is_refused(graph: list[dict[str, object]], sentence: str) -> None:
    layout = replace(LAYOUT, graph=graph)
    content = layout.encode(0, answering(1))
    assert content is not None
    frame = layout.decode(content)
    assert frame is not None
    with pytest.raises(EmnistTuiError, match=sentence):
        network_of(layout, frame)


def test_the_graph_of_a_recording_is_read_once(tmp_path: Path) -> None:
    record(tmp_path, [3])
    recording = Recording.open(tmp_path / RECORDING)
    assert recording is not None
    assert graph_of(recording.layout) is graph_of(recording.layout)
