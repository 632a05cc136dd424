"""Activations, applied to each value by itself, and their slopes."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from emnist_tui.analysis.network.network import Array
from emnist_tui.analysis.network.operations.error_function import erf
from emnist_tui.analysis.network.operations.operation import Call, Gradients, Operation, same_shape

Settings = Mapping[str, Any]
Function = Callable[[Array, Settings], Array]
Slope = Callable[[Array, Array, Settings], Array]
"""Derivative by the values; it takes the values, those of the function, and the settings."""

_TANH_SCALE, _TANH_CUBE = math.sqrt(2 / math.pi), 0.044715  # of GELU's approximation
_STEEP = 20  # beyond which Mish and softplus are their input in float64


def sigmoid(values: Array) -> Array:
    """Compute 1 / (1 + e⁻ˣ) of each value; it never overflows."""
    result = np.tanh(values * 0.5)
    result *= 0.5
    result += 0.5
    return np.asarray(result)


def _silu_slope(values: Array, output: Array, _: Settings) -> Array:
    gate = sigmoid(values)
    return gate + output * (1 - gate)


def _mish_gate(values: Array) -> Array:
    """Compute tanh(softplus(x)) by one exponential."""
    power = np.exp(np.minimum(values, _STEEP))
    power *= power + 2
    return np.asarray(power / (power + 2))


def _mish_slope(values: Array, _: Array, __: Settings) -> Array:
    gate = _mish_gate(values)
    return np.asarray(gate + values * (1 - gate * gate) * sigmoid(values))


def _elu(values: Array, settings: Settings) -> Array:
    return np.where(values > 0, values, _alpha(settings) * np.expm1(np.minimum(values, 0)))


def _elu_slope(values: Array, _: Array, settings: Settings) -> Array:
    return np.where(values > 0, 1, _alpha(settings) * np.exp(np.minimum(values, 0)))


def _gelu(values: Array, settings: Settings) -> Array:
    if _is_approximate(settings):
        return values * (0.5 + 0.5 * np.tanh(_TANH_SCALE * (values + _TANH_CUBE * values**3)))
    return values * (0.5 + 0.5 * erf(values * math.sqrt(0.5)))


def _gelu_slope(values: Array, _: Array, settings: Settings) -> Array:
    if _is_approximate(settings):
        bent = np.tanh(_TANH_SCALE * (values + _TANH_CUBE * values**3))
        inner = _TANH_SCALE * (1 + 3 * _TANH_CUBE * values**2)
        return np.asarray(0.5 + 0.5 * bent + 0.5 * values * (1 - bent * bent) * inner)
    density = np.exp(-0.5 * values * values) / math.sqrt(2 * math.pi)
    return np.asarray(0.5 + 0.5 * erf(values * math.sqrt(0.5)) + values * density)


def _softplus(values: Array, settings: Settings) -> Array:
    beta = _beta(settings)
    return np.where(_is_linear(values, settings), values, np.logaddexp(values * beta, 0) / beta)


def _softplus_slope(values: Array, _: Array, settings: Settings) -> Array:
    return np.where(_is_linear(values, settings), 1, sigmoid(values * _beta(settings)))


def _hardtanh(values: Array, settings: Settings) -> Array:
    return np.asarray(np.clip(values, *_ends(settings)))


def _hardtanh_slope(values: Array, _: Array, settings: Settings) -> Array:
    low, high = _ends(settings)
    return np.asarray((values > low) & (values < high))


def _hardswish_slope(values: Array, _: Array, __: Settings) -> Array:
    return np.where(values <= -3, 0, np.where(values < 3, values / 3 + 0.5, 1))


def _alpha(settings: Settings) -> float:
    return float(settings.get("alpha", 1))


def _beta(settings: Settings) -> float:
    return float(settings.get("beta", 1))


def _lean(settings: Settings) -> float:
    return float(settings.get("slope", 0.01))


def _ends(settings: Settings) -> tuple[float, float]:
    return float(settings.get("low", -1)), float(settings.get("high", 1))


def _is_approximate(settings: Settings) -> bool:
    return bool(settings.get("approximate") == "tanh")


def _is_linear(values: Array, settings: Settings) -> Any:
    return values * _beta(settings) > float(settings.get("threshold", _STEEP))


FUNCTIONS: Mapping[str, tuple[Function, Slope]] = {
    "relu": (lambda x, _: np.maximum(x, 0), lambda x, _, __: np.asarray(x > 0)),
    "relu6": (lambda x, _: np.clip(x, 0, 6), lambda x, _, __: np.asarray((x > 0) & (x < 6))),
    "leaky_relu": (
        lambda x, settings: np.where(x > 0, x, x * _lean(settings)),
        lambda x, _, settings: np.where(x > 0, 1, _lean(settings)),
    ),
    "elu": (_elu, _elu_slope),
    "sigmoid": (lambda x, _: sigmoid(x), lambda _, y, __: y * (1 - y)),
    "tanh": (lambda x, _: np.tanh(x), lambda _, y, __: 1 - y * y),
    "silu": (lambda x, _: x * sigmoid(x), _silu_slope),
    "mish": (lambda x, _: x * _mish_gate(x), _mish_slope),
    "gelu": (_gelu, _gelu_slope),
    "hardswish": (lambda x, _: x * np.clip(x + 3, 0, 6) / 6, _hardswish_slope),
    "hardsigmoid": (lambda x, _: np.clip(x + 3, 0, 6) / 6, lambda x, _, __: np.asarray((x > -3) & (x < 3)) / 6),
    "hardtanh": (_hardtanh, _hardtanh_slope),
    "softplus": (_softplus, _softplus_slope),
}
"""Activations and their slopes; a slope at a corner is torch's."""


def _operation(function: Function, slope: Slope) -> Operation:
    def forward(call: Call[Array]) -> Array:
        return function(call.inputs[0], call.settings)

    def backward(call: Call[Array], output: Array, gradient: Array) -> Gradients:
        return [np.asarray(gradient * slope(call.inputs[0], output, call.settings), gradient.dtype)], {}

    return Operation(forward, backward, same_shape)


OPERATIONS = {name: _operation(*functions) for name, functions in FUNCTIONS.items()}
