"""Graphs as JSON: restored exactly, and refused where a value is not right."""

import json
from typing import Any

import pytest

from emnist_tui.analysis.network.graph import INPUT, UNKNOWN, Graph, Node
from emnist_tui.analysis.network.known_graphs import known_graph
from tests.support.networks_in_numpy import NETWORKS


@pytest.mark.parametrize("name", NETWORKS)
def test_a_graph_is_restored_from_json(name: str) -> None:
    graph = NETWORKS[name]().graph
    assert graph == known_graph(name)
    assert Graph.from_json(json.loads(json.dumps(graph.to_json()))) == graph
    assert graph.is_computable


def test_an_operation_that_only_torch_knows_keeps_its_type() -> None:
    node = Node("body", UNKNOWN, (INPUT,), {"type": "attention"}, {"weight": "body.weight"})
    graph = Graph.from_json(json.loads(json.dumps(Graph((node,)).to_json())))
    assert graph.nodes == (node,)
    assert not graph.is_computable


@pytest.mark.parametrize("kind", [3, None, "a" * 201, "\x1b[2J", [1]])
def test_a_type_that_is_no_name_is_left_out(kind: object) -> None:
    (read,) = Graph.from_json([node(operation=UNKNOWN, settings={"type": kind})]).nodes
    assert read.settings == {"type": ""}


def node(**changes: Any) -> dict[str, Any]:
    return {"name": "a", "operation": "relu", "inputs": [INPUT], "settings": {}, "weights": {}} | changes


def conv(**settings: Any) -> dict[str, Any]:
    return node(operation="conv", weights={"weight": "w"}, settings=settings)


NOT_GRAPHS: dict[str, Any] = {
    "nothing": None,
    "a text": "relu",
    "no nodes": [],
    "too many": [node(name=str(number)) for number in range(2_001)],
    "no node": [1],
    "without a name": [{"operation": "relu", "inputs": [INPUT]}],
    "another field": [node(code="import os")],
    "a number as a name": [node(name=1)],
    "an empty name": [node(name="")],
    "a long name": [node(name="a" * 201)],
    "a name that moves the cursor": [node(name="a\x1b[2J")],
    "a name twice": [node(), node()],
    "the name of the image": [node(name=INPUT)],
    "an unknown operation": [node(operation="system")],
    "a list as an operation": [node(operation=["relu"])],
    "a later value": [node(inputs=["b"]), node(name="b")],
    "itself": [node(inputs=["a"])],
    "inputs as a text": [node(inputs=INPUT)],
    "inputs of lists": [node(inputs=[[INPUT]])],
    "no input": [node(inputs=[])],
    "two inputs": [node(inputs=[INPUT, INPUT])],
    "a thousand inputs": [node(operation="concat", inputs=[INPUT] * 1_000)],
    "weights as a list": [node(weights=["w"])],
    "weights of numbers": [node(operation="conv", weights={"weight": 3})],
    "weights of another role": [node(operation="conv", weights={"weight": "w", "scale": "s"})],
    "no weights": [node(operation="conv")],
    "settings as a list": [node(settings=[])],
    "a setting that is not known": [conv(code="x")],
    "a setting that is missing": [node(operation="max_pool")],
    "a huge stride": [conv(stride=[10**9, 1])],
    "a stride of nothing": [conv(stride=[0, 1])],
    "a stride of text": [conv(stride=["1", "1"])],
    "a dilation as a number": [conv(dilation=1)],
    "groups of true": [conv(groups=True)],
    "a sum of one": [node(operation="add")],
    "a sum of three": [node(operation="add", inputs=[INPUT, INPUT], settings={"constant": 1})],
    "a sum with nan": [node(operation="add", settings={"constant": float("nan")})],
}


@pytest.mark.parametrize("case", NOT_GRAPHS)
def test_what_is_not_a_graph_is_refused(case: str) -> None:
    with pytest.raises(ValueError, match=r"node|name|operation|input|weight|setting|takes|used"):
        Graph.from_json(NOT_GRAPHS[case])
