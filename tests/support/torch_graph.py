"""A graph computed by torch, operation by operation, to compare numpy's values and gradients with."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from emnist_tui.analysis.network.graph import INPUT, Node
from emnist_tui.analysis.network.network import Network, Pass

Weights = Mapping[str, Tensor]
_STATISTICS = ("running_mean", "running_var")


def _pool(function: Callable[..., Tensor], x: Tensor, settings: Mapping[str, Any]) -> Tensor:
    names = {"stride": "stride", "padding": "padding", "dilation": "dilation", "ceil": "ceil_mode"}
    names["counts_padding"] = "count_include_pad"
    named = {names[name]: value for name, value in settings.items() if name in names}
    return function(x, settings["kernel"], **named)


def _two(node: Node, inputs: list[Tensor], weights: Weights) -> Tensor | float:
    if len(inputs) == 2:
        return inputs[1]
    return weights["weight"] if weights else float(node.settings["constant"])


def _compute(node: Node, inputs: list[Tensor], weights: Weights) -> Tensor:
    x, settings = inputs[0], node.settings
    batch = [axis if axis < 0 else axis + 1 for axis in settings.get("axes", ())] if node.operation == "mean" else []
    axis = settings.get("axis", 0)
    dim = axis if axis < 0 else axis + 1
    functions: dict[str, Callable[[], Tensor]] = {
        "conv": lambda: functional.conv2d(x, weights["weight"], weights.get("bias"), **settings),
        "linear": lambda: functional.linear(x, **weights),
        "batch_norm": lambda: functional.batch_norm(
            x,
            weights["running_mean"],
            weights["running_var"],
            weights.get("weight"),
            weights.get("bias"),
            eps=settings["eps"],
        ),
        "layer_norm": lambda: functional.layer_norm(
            x, tuple(x.shape[-settings["axes"] :]), **weights, eps=settings["eps"]
        ),
        "group_norm": lambda: functional.group_norm(x, settings["groups"], **weights, eps=settings["eps"]),
        "max_pool": lambda: _pool(functional.max_pool2d, x, settings),
        "avg_pool": lambda: _pool(functional.avg_pool2d, x, settings),
        "mean": lambda: x.mean(batch, keepdim=settings["keepdims"]),
        "relu": lambda: functional.relu(x),
        "relu6": lambda: functional.relu6(x),
        "leaky_relu": lambda: functional.leaky_relu(x, settings["slope"]),
        "elu": lambda: functional.elu(x, settings["alpha"]),
        "sigmoid": lambda: x.sigmoid(),
        "tanh": lambda: x.tanh(),
        "silu": lambda: functional.silu(x),
        "mish": lambda: functional.mish(x),
        "gelu": lambda: functional.gelu(x, approximate=settings["approximate"]),
        "hardswish": lambda: functional.hardswish(x),
        "hardsigmoid": lambda: functional.hardsigmoid(x),
        "hardtanh": lambda: functional.hardtanh(x, settings["low"], settings["high"]),
        "softplus": lambda: functional.softplus(x, settings["beta"], settings["threshold"]),
        "add": lambda: x + _two(node, inputs, weights),
        "multiply": lambda: x * _two(node, inputs, weights),
        "concat": lambda: torch.cat(inputs, dim),
        "flatten": lambda: x.flatten(1) + 0,  # else it may be the same tensor
        "reshape": lambda: x.reshape(len(x), *settings["shape"]) + 0,
        "identity": lambda: x + 0,
        "softmax": lambda: x.softmax(dim),
        "log_softmax": lambda: x.log_softmax(dim),
    }
    return functions[node.operation]()


def examine_by_torch(network: Network, image: NDArray[np.uint8], true: int) -> Pass:
    """Compute a pass in float64 with all gradients by torch."""
    ink = torch.tensor(image[None, None] / 255) * network.scale.factor + network.scale.offset
    values = {INPUT: ink.requires_grad_()}
    statistics = {key for node in network.graph.nodes for role, key in node.weights.items() if role in _STATISTICS}
    weights = {key: torch.tensor(weight, requires_grad=key not in statistics) for key, weight in network.exact.items()}
    for node in network.graph.nodes:
        own = {role: weights[key] for role, key in node.weights.items()}
        values[node.name] = _compute(node, [values[name] for name in node.inputs], own)
        values[node.name].retain_grad()
    loss = functional.cross_entropy(values[network.graph.nodes[-1].name], torch.tensor([true]))
    loss.backward()  # type: ignore[no-untyped-call]
    return Pass(
        network,
        image,
        {name: value[0].detach().numpy() for name, value in values.items()},
        true,
        {name: _gradient(value)[0] for name, value in values.items()},
        {key: _gradient(weight) for key, weight in weights.items() if weight.requires_grad},
    )


def _gradient(tensor: Tensor) -> NDArray[np.float64]:
    return np.asarray((torch.zeros_like(tensor) if tensor.grad is None else tensor.grad).numpy())


def assert_same_pass(found: Pass, expected: Pass, tolerance: float = 1e-5) -> None:
    """Compare values and gradients, each relative to its largest or 1."""
    for own, other in (
        (found.values, expected.values),
        (found.gradients, expected.gradients),
        (found.weight_gradients, expected.weight_gradients),
    ):
        assert own.keys() <= other.keys()
        for name, wanted in other.items():
            limit = tolerance * max(1.0, float(np.abs(wanted).max()))
            given = own.get(name, np.zeros_like(wanted))  # a weight that nothing reaches
            assert given.shape == wanted.shape, name
            np.testing.assert_allclose(given, wanted, rtol=0, atol=limit, err_msg=name)
