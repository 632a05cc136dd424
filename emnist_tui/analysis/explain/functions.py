"""Formulas of activation functions, as text."""

from collections.abc import Mapping
from typing import Any

from emnist_tui.text.formats import number

FORMULAS = {
    "relu": "max(0, x)",
    "relu6": "min(max(0, x), 6)",
    "leaky_relu": "x if x > 0 else {slope} x",
    "elu": "x if x > 0 else {alpha} (e^x - 1)",
    "sigmoid": "1 / (1 + e^-x)",
    "tanh": "tanh(x)",
    "silu": "x / (1 + e^-x)",
    "mish": "x tanh(ln(1 + e^x))",
    "gelu": "x (1 + erf(x / √2)) / 2",
    "hardswish": "x min(max(0, x + 3), 6) / 6",
    "hardsigmoid": "min(max(0, x + 3), 6) / 6",
    "hardtanh": "min(max({low}, x), {high})",
    "softplus": "ln(1 + e^x)",
    "softmax": "e^x / sum of all e^x",
    "log_softmax": "x - ln(sum of all e^x)",
}
"""Formula of each function of one number `x`, or of `x` among all of its vector."""

_DEFAULTS = {"slope": 0.01, "alpha": 1.0, "low": -1.0, "high": 1.0}
_GELU_TANH = "x (1 + tanh(0.7979 (x + 0.0447 x^3))) / 2"


def formula(operation: str, settings: Mapping[str, Any]) -> str:
    """Return the formula of an activation, with its settings in place."""
    if operation == "gelu" and settings.get("approximate") == "tanh":
        return _GELU_TANH
    if operation == "softplus" and settings.get("beta", 1) != 1:
        beta = number(float(settings["beta"]))
        return f"ln(1 + e^({beta} x)) / {beta}"
    named = {name: number(float(settings.get(name, default))) for name, default in _DEFAULTS.items()}
    return FORMULAS[operation].format(**named)
