"""All terms of a sum: they are listed by size, and add up as displayed."""

import re
from dataclasses import replace

import numpy as np
import pytest

from emnist_tui.analysis.explain.cells import cell_at
from emnist_tui.analysis.network.forward import examine
from emnist_tui.tui.screens.terms import lines_of
from tests.support.explained_networks import passed


def figures(line: str) -> list[float]:
    return [float(text) for text in re.findall(r"[+-]?\d+\.\d{4}", line)]


@pytest.mark.parametrize("node", ["n0", "n3", "n7"])
def test_the_products_and_the_bias_add_up_to_the_sum(node: str) -> None:
    found = passed()
    lines = lines_of(found, cell_at(node, found.values[node], 1, 2, 3))
    *products, bias, total = [line for line in lines if line.split() != ["value", "weight", "product"]]
    assert (len(lines) > len(products) + 2) == any("×" in line for line in products)
    assert bias.startswith("bias")
    assert total.startswith("sum")
    parts = [figures(line)[-1] for line in (*products, bias)]
    assert sum(parts) == pytest.approx(figures(total)[0], abs=1e-9)
    sizes = [abs(figures(line)[-1]) for line in products if "×" in line]
    assert sizes == sorted(sizes, reverse=True)


def test_the_steps_after_the_sum_follow() -> None:
    found = passed()
    lines = lines_of(found, cell_at("n2", found.values["n2"], 0, 4, 4))
    assert figures(lines[-1])[0] == pytest.approx(float(found.values["n2"][0, 4, 4]), abs=5e-5)
    assert len(lines) > 3


def test_the_input_is_ink() -> None:
    found = passed()
    lines = lines_of(found, cell_at("input", found.values["input"], 0, 14, 14))
    assert any("14,14" in line or "value 0" in line for line in lines)


def test_diverged_weights_take_no_more_columns() -> None:
    found = passed()
    weights = {key: weight * np.float32(1e30) for key, weight in found.network.weights.items()}
    huge = examine(replace(found.network, weights=weights), found.image)
    lines = lines_of(huge, cell_at("n3", huge.values["n3"], 1, 2, 3))
    assert max(map(len, lines)) <= max(map(len, lines_of(found, cell_at("n3", found.values["n3"], 1, 2, 3))))
