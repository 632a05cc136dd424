import math
import re
from typing import Any

import pytest

from emnist_tui.analysis.explain.functions import FORMULAS, formula
from emnist_tui.analysis.network.forward import examine
from tests.support.explained_networks import Builder, digit

SETTINGS: dict[str, Any] = {
    "leaky_relu": {"slope": 0.2},
    "elu": {"alpha": 1.5},
    "hardtanh": {"low": -0.5, "high": 0.75},
}


def evaluate(text: str, x: float) -> float:
    """Compute a formula as printed."""
    text = re.sub(r"e\^\((.*?)\)", r"exp(\1)", re.sub(r"e\^(-?x)", r"exp(\1)", text)).replace("^", "**")
    text = re.sub(r"√2", "sqrt(2)", text).replace("ln(", "log(")
    text = re.sub(r"(?<=[\w)]) (?=[(\w])(?!if|else|for)(?<!if )(?<!else )", " * ", text)
    text = re.sub(r"(\* )?(if|else) (\* )?", r" \2 ", text)
    names = {name: getattr(math, name) for name in ("exp", "log", "tanh", "erf", "sqrt")}
    return float(eval(text, {**names, "x": x, "max": max, "min": min}))


@pytest.mark.parametrize("operation", [name for name in FORMULAS if "softmax" not in name])
@pytest.mark.parametrize("x", [-4.0, -0.3, 0.4, 3.5, 7.0])
def test_the_formula_gives_what_the_network_computes(operation: str, x: float) -> None:
    build = Builder(0)
    name = build.add(operation, **SETTINGS.get(operation, {}))
    network = build.network()
    network = type(network)(network.graph, {}, type(network.scale)(0.0, x))
    value = float(examine(network, digit()).values[name].flat[0])
    assert evaluate(formula(operation, SETTINGS.get(operation, {})), x) == pytest.approx(value, abs=2e-4)


def test_settings_are_in_the_formula() -> None:
    assert formula("leaky_relu", {"slope": 0.2}) == "x if x > 0 else 0.2 x"
    assert formula("hardtanh", {}) == "min(max(-1, x), 1)"
    assert "tanh" in formula("gelu", {"approximate": "tanh"})
    assert formula("softplus", {"beta": 2}) == "ln(1 + e^(2 x)) / 2"
    assert all(formula(operation, {}) for operation in FORMULAS)
