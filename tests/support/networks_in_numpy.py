"""The registry's networks with random weights, without torch, and digits for them."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import count

import numpy as np
from numpy.typing import NDArray

from emnist_tui.analysis.network.graph import INPUT, Graph, Node
from emnist_tui.analysis.network.network import Array, Network

Shape = tuple[int, ...]


class Builder:
    """Nodes and random weights of a network that is built layer by layer, named as `learning.models` names them."""

    def __init__(self, seed: int = 0) -> None:
        self.nodes: list[Node] = []
        self.weights: dict[str, Array] = {}
        self.last = INPUT
        self._random = np.random.default_rng(seed)
        self._prefix = "layers."
        self._numbers: Iterator[int] = count()

    def network(self) -> Network:
        return Network(Graph(tuple(self.nodes)), self.weights)

    def add(self, operation: str, settings: dict[str, object] | None = None, **shapes: Shape) -> str:
        """Add a node on the last value, with weights of these shapes by role."""
        name = f"{self._prefix}{next(self._numbers)}"
        keys = {role: f"{name}.{role}" for role in shapes}
        for role, shape in shapes.items():
            self.weights[keys[role]] = self._draw(role, shape)
        self.nodes.append(Node(name, operation, (self.last,), settings or {}, keys))
        self.last = name
        return name

    def conv(self, inputs: int, outputs: int, kernel: int, *, groups: int = 1, bias: bool = True, **places: int) -> str:
        pairs = {"stride": [places.get("stride", 1)] * 2, "padding": [places.get("padding", 0)] * 2}
        shapes: dict[str, Shape] = {"weight": (outputs, inputs // groups, kernel, kernel)}
        if bias:
            shapes["bias"] = (outputs,)
        return self.add("conv", {**pairs, "dilation": [1, 1], "groups": groups}, **shapes)

    def norm(self, channels: int, *, scaled: bool) -> str:
        roles = ["weight"] * scaled + ["bias", "running_mean", "running_var"]
        return self.add("batch_norm", {"eps": 1e-5}, **dict.fromkeys(roles, (channels,)))

    def pool(self, operation: str) -> str:
        counts = {"counts_padding": True} if operation == "avg_pool" else {"dilation": [1, 1]}
        return self.add(operation, {"kernel": [2, 2], "stride": [2, 2], "padding": [0, 0], "ceil": False, **counts})

    def linear(self, inputs: int, outputs: int = 10) -> str:
        return self.add("linear", weight=(outputs, inputs), bias=(outputs,))

    def residual(self, *steps: "Step") -> None:
        """Add steps whose output is added to their input."""
        own, before, numbers, prefix = f"{self._prefix}{next(self._numbers)}", self.last, self._numbers, self._prefix
        self._numbers, self._prefix = count(), f"{own}.layers."
        for step in steps:
            step(self)
        self._numbers, self._prefix = numbers, prefix
        self.nodes.append(Node(f"{own}.add", "add", (before, self.last)))
        self.last = self.nodes[-1].name

    def _draw(self, role: str, shape: Shape) -> Array:
        """Draw weights as after training."""
        if role == "running_var":
            return self._random.uniform(0.5, 2, shape).astype(np.float32)
        if len(shape) == 1:
            return (0.3 * self._random.standard_normal(shape) + (role == "weight")).astype(np.float32)
        return np.asarray(self._random.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:])), np.float32)


class Step:
    """Convolutions without bias, each with its norm and activation, as `learning.models.layers.Blocks`."""

    def __init__(self, kind: str, activation: str, inputs: int, outputs: int = 0, **options: int) -> None:
        self._kind = kind
        self._activation = activation
        self._inputs = inputs
        self._outputs = outputs or inputs
        self._options = options

    def __call__(self, builder: Builder) -> None:
        scaled = self._activation == "silu"
        if self._kind == "plain":
            kernel, stride = self._options["kernel"], self._options.get("stride", 1)
            builder.conv(self._inputs, self._outputs, kernel, stride=stride, padding=kernel // 2, bias=False)
        else:
            padding = self._options.get("padding", 1)
            builder.conv(self._inputs, self._inputs, 3, groups=self._inputs, padding=padding, bias=False)
        if self._kind == "separable":
            if scaled:
                builder.norm(self._inputs, scaled=True)
            builder.conv(self._inputs, self._outputs, 1, bias=False)
        builder.norm(self._outputs if self._kind != "depthwise" else self._inputs, scaled=scaled)
        builder.add(self._activation)


@cache
def baseline(seed: int = 0) -> Network:
    builder = Builder(seed)
    builder.conv(1, 2, 5)
    builder.add("relu")
    builder.pool("max_pool")
    builder.conv(2, 4, 3)
    builder.add("sigmoid")
    builder.pool("max_pool")
    builder.add("flatten")
    builder.linear(100)
    return builder.network()


@cache
def compact(seed: int = 0) -> Network:
    builder = Builder(seed)
    Step("plain", "mish", 1, 8, kernel=5, stride=2)(builder)
    builder.residual(Step("depthwise", "mish", 8))
    Step("plain", "mish", 8, 10, kernel=1)(builder)
    builder.residual(Step("depthwise", "mish", 10))
    builder.pool("avg_pool")
    builder.residual(Step("depthwise", "mish", 10))
    Step("separable", "mish", 10, 19)(builder)
    builder.pool("avg_pool")
    Step("depthwise", "mish", 19, padding=0)(builder)
    builder.add("flatten")
    builder.linear(19)
    return builder.network()


@cache
def accurate(seed: int = 0) -> Network:
    builder = Builder(seed)
    Step("plain", "silu", 1, 12, kernel=3)(builder)
    Step("plain", "silu", 12, 24, kernel=3, stride=2)(builder)
    Step("separable", "silu", 24, 48)(builder)
    builder.residual(Step("separable", "silu", 48, 48))
    builder.pool("max_pool")
    Step("separable", "silu", 48, 80)(builder)
    builder.residual(Step("separable", "silu", 80, 80))
    builder.pool("max_pool")
    Step("separable", "silu", 80, 96)(builder)
    Step("depthwise", "silu", 96, padding=0)(builder)
    builder.add("flatten")
    builder.linear(96)
    return builder.network()


NETWORKS = {"baseline": baseline, "compact": compact, "accurate": accurate}
"""Networks by their names in the registry; each takes a seed."""


def strokes(number: int, seed: int = 0) -> NDArray[np.uint8]:
    """Draw images like digits, uint8 [number, 28, 28]: blurred random strokes, framed as EMNIST does."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:28, :28]
    images = np.zeros((number, 28, 28))
    for image in images:
        points = np.clip(np.cumsum(random.normal(0, 3.5, (40, 2)), axis=0) * 0.4 + 14, 5, 23)
        for row, column in points:
            np.maximum(image, np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 2.2), out=image)
    return np.asarray(images * 255, np.uint8)


def stirred(images: NDArray[np.uint8], seed: int = 0) -> NDArray[np.uint8]:
    """Lay noise on images, so that no two windows are equal.

    Their maxima would tie but for the rounding, and gradients go to one of them.
    """
    noise = np.random.default_rng(seed).integers(0, 8, images.shape, dtype=np.uint8)
    return np.where(images < 128, images + noise, images - noise)


def with_logits(network: Network, logits: Sequence[float]) -> Network:
    """Return the network with a last layer that gives these logits for every image."""
    last = network.graph.nodes[-1]
    weights = dict(network.weights)
    weights[last.weights["weight"]] = np.zeros_like(weights[last.weights["weight"]])
    weights[last.weights["bias"]] = np.asarray(logits, np.float32)
    return Network(network.graph, weights, network.scale)
