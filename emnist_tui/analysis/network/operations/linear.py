"""Linear operation on the last axis."""

from math import prod

from emnist_tui.analysis.network.network import Array
from emnist_tui.analysis.network.operations.operation import (
    Call,
    Cost,
    Gradients,
    Operation,
    Shape,
    plain_cost,
    require,
)


def _forward(call: Call[Array]) -> Array:
    result = call.inputs[0] @ call.weights["weight"].T
    if "bias" in call.weights:
        result += call.weights["bias"]
    return result


def _backward(call: Call[Array], _: Array, gradient: Array) -> Gradients:
    (values,), weight = call.inputs, call.weights["weight"]
    outputs = gradient.reshape(-1, len(weight))
    weights = {"weight": outputs.T @ values.reshape(len(outputs), -1)}
    if "bias" in call.weights:
        weights["bias"] = outputs.sum(axis=0)
    return [gradient @ weight], weights


def _shape(call: Call[Shape]) -> Shape:
    (values,), weight = call.inputs, call.weights["weight"]
    require(len(weight) == 2 and values[-1:] == weight[1:], "the weight is not for values of this length")
    require(call.weights.get("bias", weight[:1]) == weight[:1], "the bias is not one number an output")
    return *values[:-1], weight[0]


def _cost(call: Call[Shape], output: Shape) -> Cost:
    cost = plain_cost(call, output)
    return Cost(cost.held, cost.work + prod(output) * call.weights["weight"][1])


OPERATIONS = {"linear": Operation(_forward, _backward, _shape, _cost)}
