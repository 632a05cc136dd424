"""Random networks of every operation, and the baseline's, with values in float64."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from emnist_tui.analysis.network.forward import examine
from emnist_tui.analysis.network.graph import INPUT, OPERATIONS, UNKNOWN, Graph, Node
from emnist_tui.analysis.network.network import Array, InputScale, Network, Pass
from emnist_tui.runs.task import SIDE
from tests.support.random_graphs import RandomGraph


def digit(seed: int = 0) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return a smooth blot in the middle of a 28×28 image."""
    generator = np.random.default_rng(seed)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    ink = np.zeros((SIDE, SIDE))
    for _ in range(4):
        middle, width = generator.uniform(7, 21, 2), generator.uniform(1.5, 4)
        ink = np.maximum(ink, np.exp(-((rows - middle[0]) ** 2 + (columns - middle[1]) ** 2) / (2 * width**2)))
    return np.asarray(np.where(ink > 0.1, ink * 255, 0), np.uint8)


class Builder:
    """A graph that grows node by node, with random weights."""

    def __init__(self, seed: int) -> None:
        self.generator = np.random.default_rng(seed)
        self.nodes: list[Node] = []
        self.weights: dict[str, Array] = {}

    def add(self, operation: str, *inputs: str, shapes: Mapping[str, tuple[int, ...]] = {}, **settings: Any) -> str:
        """Add a node with weights of these shapes by role, and return its name."""
        name = f"n{len(self.nodes)}"
        source = inputs or ((self.nodes[-1].name if self.nodes else INPUT),)
        keys = {role: f"{name}.{role}" for role in shapes}
        for role, shape in shapes.items():
            drawn = self.generator.normal(size=shape) / np.sqrt(max(1, np.prod(shape[1:], dtype=int)))
            self.weights[keys[role]] = np.asarray(np.abs(drawn) + 0.1 if role == "running_var" else drawn, np.float32)
        self.nodes.append(Node(name, operation, source, settings, keys))
        return name

    def conv(self, inputs: int, outputs: int, kernel: int, *, groups: int = 1, stride: int = 1, padding: int = 0,
             dilation: int = 1, bias: bool = True, source: tuple[str, ...] = ()) -> str:  # fmt: skip
        shapes = {"weight": (outputs, inputs // groups, kernel, kernel)} | ({"bias": (outputs,)} if bias else {})
        return self.add("conv", *source, shapes=shapes, stride=[stride] * 2, padding=[padding] * 2,
                        dilation=[dilation] * 2, groups=groups)  # fmt: skip

    def norm(self, channels: int) -> str:
        roles = ("weight", "bias", "running_mean", "running_var")
        return self.add("batch_norm", shapes=dict.fromkeys(roles, (channels,)), eps=1e-5)

    def pool(self, kind: str, kernel: int = 2, **settings: Any) -> str:
        return self.add(f"{kind}_pool", kernel=[kernel] * 2, stride=[kernel] * 2, **settings)

    def linear(self, inputs: int, outputs: int) -> str:
        return self.add("linear", shapes={"weight": (outputs, inputs), "bias": (outputs,)})

    def network(self, scale: InputScale | None = None) -> Network:
        return Network(Graph(tuple(self.nodes)), self.weights, scale or InputScale())


def baseline(seed: int = 0) -> Network:
    """Return the documented network with random weights."""
    build = Builder(seed)
    build.conv(1, 2, 5)
    build.add("relu")
    build.pool("max", padding=[0, 0])
    build.conv(2, 4, 3)
    build.add("sigmoid")
    build.pool("max", padding=[0, 0])
    build.add("flatten")
    build.linear(100, 10)
    return build.network()


def residual(seed: int = 0) -> Network:
    """Return a network of strided, depthwise and pointwise convolutions, norms, a residual sum and a mean."""
    build = Builder(seed)
    build.conv(1, 4, 5, stride=2, padding=2, bias=False)  # 4×14×14
    build.norm(4)
    kept = build.add("silu")
    build.conv(4, 4, 3, groups=4, padding=1, bias=False)
    build.norm(4)
    inner = build.add("mish")
    build.add("add", kept, inner)
    build.conv(4, 6, 1)
    build.add("relu")
    build.pool("avg", padding=[0, 0])  # 6×7×7
    build.add("mean", axes=[1, 2], keepdims=False)
    build.add("identity")
    build.linear(6, 10)
    return build.network(InputScale(1 / 0.3, -0.4))


def everything(seed: int = 0) -> Network:
    """Return a network of all operations that numpy computes."""
    build = Builder(seed)
    build.conv(1, 4, 3, stride=2, padding=1)  # 4×14×14
    build.add("group_norm", shapes={"weight": (4,), "bias": (4,)}, groups=2)
    build.add("gelu", approximate="tanh")
    build.conv(4, 6, 3, groups=2, padding=2, dilation=2)
    build.norm(6)
    kept = build.add("hardswish")
    wide: dict[str, Any] = {"kernel": [3, 3], "stride": [2, 2], "padding": [1, 1], "ceil": True}
    largest = build.add("max_pool", kept, **wide)  # 6×8×8
    counted = build.add("avg_pool", kept, **wide)
    inside = build.add("avg_pool", kept, **wide, counts_padding=False)
    build.add("concat", largest, counted, inside)  # 18×8×8
    gated = build.add("leaky_relu", slope=0.2)
    build.add("mean", axes=[1, 2], keepdims=True)
    build.conv(18, 18, 1)
    gate = build.add("hardsigmoid")
    build.add("multiply", gated, gate)
    build.add("add", constant=0.25)
    build.add("multiply", constant=-1.5)
    build.add("add", shapes={"weight": (18, 1, 1)})
    build.add("multiply", shapes={"weight": (8,)})
    for operation in ("elu", "tanh", "softplus", "hardtanh", "relu6", "gelu", "relu", "sigmoid", "silu", "mish"):
        build.add(operation)
    build.add("layer_norm", shapes={"weight": (8,), "bias": (8,)}, axes=1)
    build.linear(8, 5)  # 18×8×5
    build.add("mean", axes=[-2, -1])
    build.add("reshape", shape=[2, 9])
    build.add("reshape", shape=[18])
    build.add("softmax", axis=0)
    build.add("identity")
    build.linear(18, 10)
    build.add("log_softmax", axis=-1)
    return build.network()


NETWORKS: Mapping[str, Callable[[int], Network]] = {
    "baseline": baseline,
    "residual": residual,
    "everything": everything,
}


def passed(name: str = "baseline", seed: int = 0, true: int | None = None) -> Pass:
    """Return the values of a random network for a random blot."""
    return examine(NETWORKS[name](seed), digit(seed), true)


def drawn(seed: int, operations: int = 12) -> Pass:
    """Return the values of a network of random operations, drawn by the seed."""
    names = np.random.default_rng(seed).choice(sorted(OPERATIONS - {UNKNOWN}), operations).tolist()
    return examine(RandomGraph(seed).grow(names), digit(seed))
