"""Arithmetic of cells in lines of text."""

import json
import re

import pytest

from emnist_tui.analysis.explain.cells import Cell
from emnist_tui.analysis.network.graph import INPUT, UNKNOWN, Graph, Node
from emnist_tui.analysis.network.network import Network, Pass
from emnist_tui.commands.output.cell_arithmetic import cell_to_json, draw_cell
from tests.support.explained_networks import NETWORKS, digit, passed


@pytest.mark.parametrize("network", sorted(NETWORKS))
def test_every_operation_is_written_and_closes_as_printed(network: str) -> None:
    found = passed(network, true=3)
    for name, value in found.values.items():
        cell = Cell(name, tuple(size // 2 for size in value.shape))
        text = "\n".join(draw_cell(found, cell))
        json.dumps(cell_to_json(found, cell), allow_nan=False)
        for block in text.split("\n\n"):
            if total := re.search(r"^sum +([+-][\d.]+)$", block, re.MULTILINE):
                parts = re.findall(r"(?:= +|^(?:bias|shift) +)([+-][\d.]+)$", block, re.MULTILINE)
                printed = parts[1:] if block.startswith(f"{name}:") and "it sees" in block else parts
                assert sum(map(float, printed)) == pytest.approx(float(total[1]), abs=1e-6), block


def test_a_folded_norm_is_one_sum() -> None:
    found = passed("residual")
    text = "\n".join(draw_cell(found, Cell("n1", (0, 3, 3)), folded=True))
    assert "n1:0:3,3  conv with its norm" in text
    assert "shift" not in text.replace("shift ", "", 1).split("with mean")[0]
    assert "\n\nn0:0:3,3" not in text


def test_the_way_on_is_told() -> None:
    found = passed("baseline")
    winner = cell_to_json(found, Cell("n2", (0, 4, 4)))["steps"]
    assert isinstance(winner, list)
    index = tuple(winner[-2]["index"])
    assert "it goes to n2:0:4,4 (max_pool), as the largest of its window" in draw_cell(found, Cell("n1", index))
    other = (index[0], index[1], 8 + 9 - index[2])
    assert "it goes to n2:0:4,4 (max_pool), but is not the largest" in draw_cell(found, Cell("n1", other))
    assert "it goes to 10 cells of n7 (linear)" in "\n".join(draw_cell(found, Cell("n6", (4,))))


def test_an_unknown_operation_says_so() -> None:
    graph = Graph((Node("odd", UNKNOWN, (INPUT,), {"type": "Fourier"}),))
    found = Pass(Network(graph, {}), digit(), {INPUT: digit()[None] / 255, "odd": digit()[0, :10] + 0.5})
    lines = draw_cell(found, Cell("odd", (4,)))
    assert "it may depend on every pixel: an unknown operation comes before it" in lines
    assert "Fourier is computed by torch alone: a value without arithmetic" in lines
