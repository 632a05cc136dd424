"""Gradients of a network's logits and loss, by backpropagation in numpy."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from emnist_tui.analysis.network.network import Array, Network, Pass
from emnist_tui.analysis.network.operations import IMPLEMENTED
from emnist_tui.analysis.network.operations.operation import Call


def with_gradients(passed: Pass) -> Pass:
    """Return a pass with the gradients of its loss.

    The loss is the cross-entropy of the true class; without one the pass is returned as it is.
    """
    if passed.true is None:
        return passed
    gradient = passed.probabilities.copy()
    gradient[passed.true] -= 1
    gradients, weight_gradients = backward(passed.network, passed.values, gradient)
    return replace(passed, gradients=gradients, weight_gradients=weight_gradients)


def difference_gradients(passed: Pass, answer: int, against: int) -> dict[str, Array]:
    """Return the gradients of a difference of two logits, by node."""
    gradient = np.zeros_like(passed.logits)
    gradient[answer] += 1
    gradient[against] -= 1
    return backward(passed.network, passed.values, gradient)[0]


def backward(
    network: Network, values: Mapping[str, Array], gradient: Array
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Propagate a gradient with respect to the logits back through a network.

    `values` are those of one image, as in a pass, and the gradient is [10]; or both have a batch axis, and the gradient
    is [N, 10]. Returns the gradients by each value, by node and by `graph.INPUT`, and those by each weight, by key,
    summed over the batch. Running statistics are no weights here. Raises `ValueError` for a network that numpy cannot
    compute.
    """
    if not network.graph.is_computable:
        raise ValueError("the network is not computed in numpy")
    if gradient.ndim == 1:
        batch = {name: value[None] for name, value in values.items()}
        by_value, by_weight = backward(network, batch, gradient[None])
        return {name: each[0] for name, each in by_value.items()}, by_weight
    weights = network.exact if gradient.dtype == np.float64 else network.weights
    gradients: dict[str, Array] = {network.graph.nodes[-1].name: gradient}
    weight_gradients: dict[str, Array] = {}
    with np.errstate(all="ignore"):  # diverged weights are large
        for node in reversed(network.graph.nodes):
            if node.name in gradients:
                inputs = [values[name] for name in node.inputs]
                call = Call(inputs, {role: weights[key] for role, key in node.weights.items()}, node.settings)
                own = gradients[node.name]
                by_input, by_role = IMPLEMENTED[node.operation].backward(call, values[node.name], own)
                _add(gradients, zip(node.inputs, by_input, strict=True))
                _add(weight_gradients, ((node.weights[role], each) for role, each in by_role.items()))
    for name, value in values.items():
        if name not in gradients:
            gradients[name] = np.zeros_like(value)  # nothing takes it
    return gradients, weight_gradients


def _add(sums: dict[str, Array], gradients: Iterable[tuple[str, Array]]) -> None:
    """Add gradients to the sums of their names."""
    for name, each in gradients:
        sums[name] = sums[name] + each if name in sums else each
