"""Activity of a network's units, and which are dead or saturated.

A rectified unit (ReLU, ReLU6, a clamp at 0) is dead if it is 0 for every image at every position: no gradient passes
it. A unit with two ends (sigmoid, tanh, hardsigmoid, hardtanh) is saturated if it is within 1 % of its range from an
end for every image at every position, where hardly any gradient passes it (Glorot and Bengio 2010; Rakitianskaia and
Engelbrecht 2015). GELU, SiLU, Mish and the like are 0 nowhere but at single points, and so are not examined.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode

from emnist_tui.runs.unit_health import DEAD, SATURATED, LayerHealth

_NEAR_END = 0.01  # of the range
_SURE = 4  # forward passes after which no further layer is expected to be called


@dataclass(frozen=True)
class _Activation:
    """An activation function whose units can be lost."""

    kind: str
    ends: tuple[float, float] | None = None
    """Lowest and highest value of a unit that saturates; None of a rectified one."""

    def activity(self, output: Tensor, dims: list[int]) -> Tensor:
        """Reduce an output to the activity of each unit.

        It is above `least` in units that are alive.
        """
        if self.ends is None:
            return output.amax(dims)
        middle = sum(self.ends) / 2
        return -(output - middle).abs_().amin(dims)

    @property
    def least(self) -> float:
        if self.ends is None:
            return 0.0
        low, high = self.ends
        return -(0.5 - _NEAR_END) * (high - low)


_RELU, _RELU6 = _Activation("ReLU"), _Activation("ReLU6")
_ACTIVATIONS = {
    "relu": _RELU,
    "relu6": _RELU6,
    "sigmoid": _Activation("sigmoid", (0, 1)),
    "special_expit": _Activation("sigmoid", (0, 1)),
    "tanh": _Activation("tanh", (-1, 1)),
    "hardsigmoid": _Activation("hardsigmoid", (0, 1)),
}
_CONVOLUTIONS = [f"conv{transposed}{dims}d" for transposed in ("", "_transpose") for dims in (1, 2, 3)]
_UNITS_LAST = {"linear": True, "matmul": True} | dict.fromkeys(_CONVOLUTIONS, False)
"""Whether a function with weights puts its units in the last dimension of its output, or in the second."""


def _activation(name: str, arguments: Sequence[Any], named: Mapping[str, Any]) -> _Activation | None:
    """Return the activation that a call of torch computes, if any."""

    def bound(position: int, argument: str, default: float | None) -> Any:
        return named.get(argument, arguments[position] if position < len(arguments) else default)

    if name == "hardtanh":
        ends = bound(1, "min_val", -1.0), bound(2, "max_val", 1.0)
        return _Activation("hardtanh", ends) if ends[0] else _RELU6
    if name in ("clamp", "clip", "clamp_min"):
        low, high = bound(1, "min", None), bound(2, "max", None)
        return _RELU if isinstance(low, int | float) and low == 0 and high is None else None
    return _ACTIVATIONS.get(name)


@dataclass(eq=False)
class _Layer:
    """Units of one call of an activation function in a forward pass."""

    activation: _Activation
    unit: str
    activity: Tensor
    """Highest activity of each unit so far, [units] on the network's device."""
    is_alive: bool = False
    """Whether all units are known to be alive, so that no further image matters."""

    def is_lost(self) -> Tensor:
        """Return bool [units]; an activity that is no number is not lost."""
        return self.activity <= self.activation.least


class UnitActivity:
    """Activity of a network's units over images.

    Calls of activation functions are observed, by modules as well as in a `forward`, until no unit is lost. The memory
    does not grow with the images, and the device is waited for only after 4, 8, 16 … passes and in `layers`.
    """

    def __init__(self, model: nn.Module) -> None:
        # A compiled network has the paths of the original.
        self._paths = {id(module): path.replace("_orig_mod.", "") for path, module in model.named_modules()}
        self._layers: dict[str, _Layer | None] = {}
        """Layers as called; None for one that cannot be measured."""
        self._passes = 0
        self._is_settled = False

    @contextmanager
    def observed(self, images: int) -> Iterator[None]:
        """Observe one forward pass of the network over a batch of `images`."""
        if self._is_settled:
            yield
            return
        forward = _ForwardPass(self._paths, self._layers, images)
        hooks = register_module_forward_pre_hook(forward.enter), register_module_forward_hook(forward.leave)
        try:
            with forward:
                yield
        finally:
            for hook in hooks:
                hook.remove()
        self._passes += 1
        if self._passes >= _SURE and self._passes & (self._passes - 1) == 0:
            for layer, lost in zip(self._measured.values(), self._lost(), strict=True):
                layer.is_alive = not lost.any()
            self._is_settled = all(layer.is_alive for layer in self._measured.values())

    def layers(self) -> list[LayerHealth]:
        """Return the layers with their dead or saturated units, as called."""
        return [
            LayerHealth(
                layer=name,
                kind=layer.activation.kind,
                state=SATURATED if layer.activation.ends else DEAD,
                units=lost.nonzero().flatten().tolist(),
                of=len(lost),
                unit=layer.unit,
            )
            for (name, layer), lost in zip(self._measured.items(), self._lost(), strict=True)
        ]

    @property
    def _measured(self) -> dict[str, _Layer]:
        return {name: layer for name, layer in self._layers.items() if layer}

    def _lost(self) -> Sequence[Tensor]:
        """Read the lost units of each layer, bool [units]."""
        layers = self._measured.values()
        if not layers:
            return ()
        device = next(iter(layers)).activity.device  # of all, except in unusual networks; it is waited for once
        lost = torch.cat([layer.is_lost().to(device) for layer in layers]).cpu()
        return torch.split(lost, [len(layer.activity) for layer in layers])


class _ForwardPass(TorchFunctionMode):
    """Observer of one forward pass.

    The mode sees every call of torch, the hooks see the modules that make them.
    """

    def __init__(self, paths: Mapping[int, str], layers: dict[str, _Layer | None], images: int) -> None:
        super().__init__()
        self._paths = paths
        self._layers = layers
        self._images = images
        self._stack = [""]
        self._calls: Counter[str] = Counter()
        self._units_last = False

    def enter(self, module: nn.Module, _: Any) -> None:
        """Note the module that computes from now on.

        One that is made on the way has the path of its caller.
        """
        self._stack.append(self._paths.get(id(module), self._stack[-1]))

    def leave(self, *_: Any) -> None:
        """Return to the module that called."""
        self._stack.pop()

    def __torch_function__(
        self, function: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Compute, and take in the output of an activation function."""
        output = function(*args, **(kwargs or {}))
        name = getattr(function, "__name__", "").strip("_")
        if name in _UNITS_LAST:
            self._units_last = _UNITS_LAST[name]
        elif activation := _activation(name, args, kwargs or {}):
            self._take(activation, output)
        return output

    def _take(self, activation: _Activation, output: Any) -> None:
        if not _is_plain(output) or len(output) % self._images:
            return  # such as computed from weights, not from images
        path = self._stack[-1] or "forward"
        self._calls[path] += 1
        name = path if self._calls[path] == 1 else f"{path}:{self._calls[path]}"
        layer = self._layers.get(name)
        if name in self._layers and (layer is None or layer.is_alive):
            return
        try:
            self._measure(name, activation, output)
        except Exception:  # an observer must not end a run
            self._layers[name] = None

    def _measure(self, name: str, activation: _Activation, output: Tensor) -> None:
        axis = output.ndim - 1 if self._units_last else 1
        activity = activation.activity(output.detach(), [dim for dim in range(output.ndim) if dim != axis])
        unit = "filter" if output.ndim > 2 and axis == 1 else "unit"
        layer = self._layers.setdefault(name, _Layer(activation, unit, activity))
        if layer and layer.activation == activation and len(layer.activity) == len(activity):
            torch.maximum(layer.activity, activity, out=layer.activity)  # else it depends on the images


def _is_plain(output: object) -> bool:
    """Return whether an output has values of several units for each image."""
    if not isinstance(output, Tensor) or output.is_nested:
        return False
    # In `torch.vmap` it stands for several, which are no more outside.
    if torch._C._functorch.is_functorch_wrapped_tensor(output):
        return False
    return output.is_floating_point() and output.ndim >= 2 and output.numel() > 0
