"""Random small networks of all operations that numpy computes."""

from collections.abc import Sequence
from functools import partial
from math import prod
from typing import Any

import numpy as np

from emnist_tui.analysis.network.graph import INPUT, Graph, Node
from emnist_tui.analysis.network.network import Array, InputScale, Network
from emnist_tui.analysis.network.operations import IMPLEMENTED
from emnist_tui.analysis.network.operations.operation import Call

Shape = tuple[int, ...]
_MOST_VALUES = 4_000
_LEVELING = ("max_pool", "relu", "relu6", "hardtanh", "hardsigmoid", "hardswish", "mean", "softmax", "log_softmax")


class RandomGraph:
    """A graph that grows by operations whose settings are drawn so that they fit."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._nodes: list[Node] = []
        self._weights: dict[str, Array] = {}
        self._shapes: dict[str, Shape] = {INPUT: (1, 28, 28)}
        # Smaller maps at once: the rest is cheap then.
        self._node("conv", {"stride": [3, 2], "padding": [1, 0], "dilation": [1, 1], "groups": 1}, weight=(3, 1, 3, 4))

    def grow(self, operations: Sequence[str]) -> Network:
        """Add those operations that a value has the shape for, and a linear one that gives ten logits."""
        for operation in operations:
            getattr(self, f"_{operation}", partial(self._plain, operation))()
        last = self._shapes[self._last]
        if len(last) > 1:
            self._node("flatten", {})
        self._node("linear", {}, weight=(10, prod(last)), bias=(10,))
        scale = InputScale(self._draw(1, 2), self._draw(-1, 1))
        return Network(Graph(tuple(self._nodes)), self._weights, scale)

    @property
    def _last(self) -> str:
        return self._nodes[-1].name

    def _node(self, operation: str, settings: dict[str, Any], *others: str, **shapes: Shape) -> None:
        """Add a node on the last value and on others, unless its value would be large."""
        name = f"n{len(self._nodes)}.{operation}"
        keys = {role: f"{name}.{role}" for role in shapes}
        inputs = (self._last if self._nodes else INPUT, *others)
        call = Call([self._shapes[each] for each in inputs], shapes, settings)
        shape = IMPLEMENTED[operation].shape(call)
        if prod(shape) > _MOST_VALUES:
            return
        for role, each in shapes.items():
            drawn = self._random.standard_normal(each) / prod(each[1:]) ** 0.5
            self._weights[keys[role]] = np.asarray(np.abs(drawn) + 0.5 if role == "running_var" else drawn, np.float32)
        self._nodes.append(Node(name, operation, inputs, settings, keys))
        self._shapes[name] = shape

    def _plain(self, operation: str) -> None:
        settings: dict[str, dict[str, Any]] = {
            "leaky_relu": {"slope": self._draw(-0.5, 0.5)},
            "elu": {"alpha": self._draw(0.1, 2)},
            "gelu": {"approximate": self._one_of(["none", "tanh"])},
            "hardtanh": {"low": self._draw(-1, 0), "high": self._draw(0, 1)},
            "softplus": {"beta": self._draw(0.5, 2), "threshold": self._draw(1, 20)},
            "softmax": {"axis": -1},
            "log_softmax": {"axis": -1},
        }
        self._node(operation, settings.get(operation, {}))

    def _conv(self) -> None:
        maps, *size = self._shapes[self._last]
        if len(size) != 2:
            return
        groups = self._one_of([each for each in range(1, maps + 1) if maps % each == 0])
        kernel = [self._whole(1, min(3, side)) for side in size]
        padding = [self._whole(0, each - 1) for each in kernel]  # no window lies outside
        dilation = [
            self._whole(1, 2) if (side + 2 * pad - 1) // 2 >= each - 1 else 1
            for side, pad, each in zip(size, padding, kernel, strict=True)
        ]
        settings = {"stride": self._pair(1, 2), "padding": padding, "dilation": dilation, "groups": groups}
        outputs = groups * self._whole(1, 3)
        weights: dict[str, Shape] = {"weight": (outputs, maps // groups, *kernel)}
        self._node("conv", settings, **weights | ({"bias": (outputs,)} if self._flip() else {}))

    def _linear(self) -> None:
        outputs = self._whole(1, 12)
        weights: dict[str, Shape] = {"weight": (outputs, self._shapes[self._last][-1])}
        self._node("linear", {}, **weights | ({"bias": (outputs,)} if self._flip() else {}))

    def _batch_norm(self) -> None:
        roles = ["running_mean", "running_var", *self._affine()]
        self._node("batch_norm", {"eps": 1e-3}, **dict.fromkeys(roles, self._shapes[self._last][:1]))

    def _layer_norm(self) -> None:
        shape = self._shapes[self._last]
        axes = self._whole(1, len(shape))
        if prod(shape[-axes:]) > 1 and self._is_varied():
            self._node("layer_norm", {"eps": 1e-3, "axes": axes}, **dict.fromkeys(self._affine(), shape[-axes:]))

    def _group_norm(self) -> None:
        shape = self._shapes[self._last]
        groups = self._one_of([each for each in range(1, shape[0] + 1) if shape[0] % each == 0])
        roles = self._affine() if self._flip() else ["weight", "bias"]
        if prod(shape) > groups and self._is_varied() and roles != ["bias"]:  # torch fails with a bias alone
            self._node("group_norm", {"eps": 1e-3, "groups": groups}, **dict.fromkeys(roles, shape[:1]))

    def _max_pool(self) -> None:
        if self._is_varied():
            self._pool("max_pool", dilation=[1, 1])

    def _avg_pool(self) -> None:
        self._pool("avg_pool", counts_padding=self._flip())

    def _pool(self, operation: str, **settings: Any) -> None:
        _, *size = self._shapes[self._last]
        if len(size) == 2:
            kernel = [self._whole(1, min(3, side)) for side in size]
            padding = [self._whole(0, each // 2) for each in kernel]
            settings |= {"kernel": kernel, "stride": self._pair(1, 3), "padding": padding, "ceil": self._flip()}
            self._node(operation, settings)

    def _mean(self) -> None:
        axes = len(self._shapes[self._last])
        if axes > 1:
            chosen = sorted(self._random.choice(axes, self._whole(1, axes - 1), replace=False).tolist())
            self._node("mean", {"axes": chosen, "keepdims": self._flip()})

    def _reshape(self) -> None:
        shape = self._shapes[self._last]
        if len(shape) > 1:
            self._node("reshape", {"shape": [shape[0], prod(shape[1:])]})

    def _combine(self, operation: str) -> None:
        shape = self._shapes[self._last]
        same = [name for name, each in self._shapes.items() if each == shape]
        kind = self._one_of(["value", "weight", "constant"])
        if kind == "value":
            self._node(operation, {}, self._one_of(same))
        elif kind == "weight":
            self._node(operation, {}, weight=tuple(self._one_of([1, length]) for length in shape))
        else:
            self._node(operation, {"constant": self._draw(-2, 2)})

    def _multiply(self) -> None:
        self._combine("multiply")

    def _add(self) -> None:
        self._combine("add")

    def _concat(self) -> None:
        shape = self._shapes[self._last]
        fitting = [name for name, each in self._shapes.items() if each[1:] == shape[1:]]
        self._node("concat", {"axis": 0}, *[self._one_of(fitting) for _ in range(self._whole(0, 2))])

    def _is_varied(self) -> bool:
        """Return whether values differ by more than the rounding, which decides over gradients where they do not."""
        return not any(node.operation in _LEVELING for node in self._nodes)

    def _affine(self) -> list[str]:
        return [role for role in ("weight", "bias") if self._flip()]

    def _draw(self, low: float, high: float) -> float:
        return float(self._random.uniform(low, high))

    def _whole(self, low: int, high: int) -> int:
        return int(self._random.integers(low, high, endpoint=True))

    def _pair(self, low: int, high: int) -> list[int]:
        return [self._whole(low, high), self._whole(low, high)]

    def _flip(self) -> bool:
        return bool(self._random.integers(2))

    def _one_of(self, choices: Sequence[Any]) -> Any:
        return choices[int(self._random.integers(len(choices)))]
