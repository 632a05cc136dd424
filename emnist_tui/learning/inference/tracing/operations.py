"""Operations of a graph that calls of torch stand for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

from emnist_tui.learning.inference.tracing.arguments import Arguments, UnsupportedError
from emnist_tui.learning.inference.tracing.calls import Call, Value, Weight


@dataclass(frozen=True)
class Operation:
    """Operation with settings and weights, as `graph.Node` has them."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)


_Builder = Callable[[Arguments], Operation]
_AVG_POOL = ("input", "kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")
_MAX_POOL = ("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
_NORM = ("input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps")
_INSTANCE_NORM = ("input", "running_mean", "running_var", "weight", "bias", "use_input_stats", "momentum", "eps")
_TWO = ("input", "other")


def describe(call: Call) -> Operation | None:
    """Return the operation that a call stands for, if any."""
    found = _FUNCTIONS.get(call.function)
    if found is None or not call.is_exact:
        return None
    names, build = found
    try:
        return build(Arguments(call, names))
    except (UnsupportedError, TypeError, ValueError, IndexError, ZeroDivisionError):
        return None


def _conv(given: Arguments) -> Operation:
    given.maps()
    weights, dilation, padding = given.weights("weight", "bias"), given.pair("dilation", 1), given.get("padding", 0)
    if padding == "same":
        added = [step * (size - 1) for step, size in zip(dilation, given["weight"].shape[2:], strict=True)]
        padding = tuple(_half(each) for each in added)
    pads = [0, 0] if padding == "valid" else list(padding) if isinstance(padding, tuple) else given.pair("padding", 0)
    settings = {
        "stride": given.pair("stride", 1),
        "padding": pads * 2 if len(pads) == 1 else pads,
        "dilation": dilation,
        "groups": int(given.number("groups", 1)),
    }
    return Operation("conv", settings, weights)


def _half(padding: int) -> int:
    if padding % 2:
        raise UnsupportedError  # torch pads one side more
    return padding // 2


def _linear(given: Arguments) -> Operation:
    given.require_value()
    return Operation("linear", {}, given.weights("weight", "bias"))


def _batch_norm(given: Arguments) -> Operation:
    given.require(training=False)
    weights = given.weights("running_mean", "running_var", "weight", "bias")
    if not {"running_mean", "running_var"} <= weights.keys():
        raise UnsupportedError
    return Operation("batch_norm", {"eps": given.number("eps", 1e-5)}, weights)


def _layer_norm(given: Arguments) -> Operation:
    settings = {"eps": given.number("eps", 1e-5), "axes": len(given["normalized_shape"])}
    return Operation("layer_norm", settings, given.weights("weight", "bias"))


def _group_norm(given: Arguments) -> Operation:
    settings = {"eps": given.number("eps", 1e-5), "groups": int(given.number("num_groups", 0))}
    return Operation("group_norm", settings, given.weights("weight", "bias"))


def _instance_norm(given: Arguments) -> Operation:
    """Describe a norm of each map, as a group norm."""
    given.require(use_input_stats=True, running_mean=None, running_var=None)
    settings = {"eps": given.number("eps", 1e-5), "groups": given.input.shape[1]}
    return Operation("group_norm", settings, given.weights("weight", "bias"))


def _window(given: Arguments) -> dict[str, Any]:
    """Return a pooling's window, whose stride is its size by default."""
    kernel = given.pair("kernel_size", None)
    has_stride = given.get("stride", None) not in (None, ())
    return {
        "kernel": kernel,
        "stride": given.pair("stride", None) if has_stride else kernel,
        "padding": given.pair("padding", 0),
    }


def _max_pool(given: Arguments) -> Operation:
    given.maps()
    given.require(return_indices=False)
    settings = {
        **_window(given),
        "dilation": given.pair("dilation", 1),
        "ceil": bool(given.get("ceil_mode", False)),
    }
    return Operation("max_pool", settings)


def _avg_pool(given: Arguments) -> Operation:
    given.maps()
    given.require(divisor_override=None)
    settings = {
        **_window(given),
        "ceil": bool(given.get("ceil_mode", False)),
        "counts_padding": bool(given.get("count_include_pad", True)),
    }
    return Operation("avg_pool", settings)


def _adaptive_avg_pool(given: Arguments) -> Operation:
    given.maps()
    if given.output[2:] == (1, 1):
        return Operation("mean", {"axes": [1, 2], "keepdims": True})
    kernel = _even_kernel(given)
    settings = {"kernel": kernel, "stride": kernel, "padding": [0, 0], "ceil": False, "counts_padding": True}
    return Operation("avg_pool", settings)


def _adaptive_max_pool(given: Arguments) -> Operation:
    given.require(return_indices=False)
    kernel = _even_kernel(given)
    settings = {"kernel": kernel, "stride": kernel, "padding": [0, 0], "dilation": [1, 1], "ceil": False}
    return Operation("max_pool", settings)


def _even_kernel(given: Arguments) -> list[int]:
    """Return the kernel of an adaptive pool whose windows are all alike."""
    sizes = list(zip(given.maps(), given.output[2:], strict=True))
    if any(size % number for size, number in sizes):
        raise UnsupportedError
    return [size // number for size, number in sizes]


def _mean(given: Arguments) -> Operation:
    given.require(dtype=None)
    return Operation("mean", {"axes": given.axes("dim"), "keepdims": bool(given.get("keepdim", False))})


def _activation(name: str, **settings: tuple[str, float]) -> tuple[tuple[str, ...], _Builder]:
    """Describe an activation, whose settings have an argument and a default each."""

    def build(given: Arguments) -> Operation:
        given.require_value()
        return Operation(name, {key: given.number(*place) for key, place in settings.items()})

    return ("input", *(argument for argument, _ in settings.values()), "inplace"), build


def _gelu(given: Arguments) -> Operation:
    given.require_value()
    return Operation("gelu", {"approximate": given.get("approximate", "none")})


def _hardtanh(given: Arguments) -> Operation:
    given.require_value()
    low, high = given.number("min_val", -1.0), given.number("max_val", 1.0)
    return Operation("relu6") if (low, high) == (0, 6) else Operation("hardtanh", {"low": low, "high": high})


def _clamp(given: Arguments) -> Operation:
    given.require_value()
    low = given.number("min", None)
    if given.get("max", None) is None:
        if low:
            raise UnsupportedError
        return Operation("relu")
    high = given.number("max", None)
    return Operation("relu6") if (low, high) == (0, 6) else Operation("hardtanh", {"low": low, "high": high})


def _softmax(name: str) -> tuple[tuple[str, ...], _Builder]:
    def build(given: Arguments) -> Operation:
        given.require(dtype=None)
        (axis,) = given.axes("dim")
        return Operation(name, {"axis": axis})

    return ("input", "dim", "_stacklevel", "dtype"), build


def _two(name: str, sign: int = 1) -> tuple[tuple[str, ...], _Builder]:
    """Describe a sum or product of two values.

    One of them may be a weight or a constant.
    """

    def build(given: Arguments) -> Operation:
        given.require(alpha=1, rounding_mode=None)
        one, other = given["input"], given["other"]
        if isinstance(one, Value) and isinstance(other, Value):
            if sign < 0:
                raise UnsupportedError
            return Operation(name)
        weight = next((each for each in (one, other) if isinstance(each, Weight)), None)
        if sign > 0 and weight:
            return Operation(name, {}, {"weight": weight.key})
        if sign < 0 and not isinstance(one, Value):
            raise UnsupportedError
        constant = given.number("input" if isinstance(other, Value) else "other", None)
        if sign < 0:
            constant = -constant if name == "add" else 1 / constant
        return Operation(name, {"constant": constant})

    return _TWO, build


def _negative(given: Arguments) -> Operation:
    given.require_value()
    return Operation("multiply", {"constant": -1.0})


def _concat(given: Arguments) -> Operation:
    parts = given["tensors"]
    if not parts or not all(isinstance(part, Value) for part in parts):
        raise UnsupportedError
    axis = given.get("dim", 0) % len(parts[0].shape) - 1
    if axis < 0:
        raise UnsupportedError
    return Operation("concat", {"axis": axis})


def _reshape(given: Arguments) -> Operation:
    """Describe what keeps values and their order, by its result."""
    before, after = given.input.shape, given.output
    if prod(before) != prod(after):
        raise UnsupportedError
    if before == after:
        return Operation("identity")
    if len(after) == 2:
        return Operation("flatten")
    return Operation("reshape", {"shape": list(after[1:])})


def _dropout(given: Arguments) -> Operation:
    if given.get("training", given.get("train", True)) is not False:
        raise UnsupportedError
    given.require_value()
    return Operation("identity")


_ANY_SHAPE = ("input", *(f"size{number}" for number in range(8)))
_DROPOUT = ("input", "p", "training", "inplace")
_RESHAPES = ("flatten", "view", "reshape", "squeeze", "unsqueeze", "unflatten")
_DROPOUTS = (
    *("dropout", "dropout1d", "dropout2d", "dropout3d"),
    *("alpha_dropout", "feature_dropout", "feature_alpha_dropout"),
)
_FUNCTIONS: dict[str, tuple[tuple[str, ...], _Builder]] = {
    "conv2d": (("input", "weight", "bias", "stride", "padding", "dilation", "groups"), _conv),
    "linear": (("input", "weight", "bias"), _linear),
    "batch_norm": (_NORM, _batch_norm),
    "layer_norm": (("input", "normalized_shape", "weight", "bias", "eps"), _layer_norm),
    "group_norm": (("input", "num_groups", "weight", "bias", "eps"), _group_norm),
    "instance_norm": (_INSTANCE_NORM, _instance_norm),
    "max_pool2d": (_MAX_POOL, _max_pool),
    "avg_pool2d": (_AVG_POOL, _avg_pool),
    "adaptive_avg_pool2d": (("input", "output_size"), _adaptive_avg_pool),
    "adaptive_max_pool2d": (("input", "output_size", "return_indices"), _adaptive_max_pool),
    "mean": (("input", "dim", "keepdim"), _mean),
    **{name: _activation(name) for name in ("relu", "relu6", "sigmoid", "tanh", "silu", "mish")},
    **{name: _activation(name) for name in ("hardswish", "hardsigmoid")},
    "Mish": _activation("mish"),
    "special_expit": _activation("sigmoid"),
    "leaky_relu": _activation("leaky_relu", slope=("negative_slope", 0.01)),
    "elu": _activation("elu", alpha=("alpha", 1.0)),
    "softplus": _activation("softplus", beta=("beta", 1.0), threshold=("threshold", 20.0)),
    "gelu": (("input",), _gelu),
    "hardtanh": (("input", "min_val", "max_val", "inplace"), _hardtanh),
    "clamp": (("input", "min", "max"), _clamp),
    "clip": (("input", "min", "max"), _clamp),
    "clamp_min": (("input", "min"), _clamp),
    "log_softmax": _softmax("log_softmax"),
    "softmax": _softmax("softmax"),
    "add": _two("add"),
    "radd": _two("add"),
    "iadd": _two("add"),
    "sub": _two("add", -1),
    "isub": _two("add", -1),
    "mul": _two("multiply"),
    "rmul": _two("multiply"),
    "imul": _two("multiply"),
    "multiply": _two("multiply"),
    "div": _two("multiply", -1),
    "truediv": _two("multiply", -1),
    "itruediv": _two("multiply", -1),
    "neg": (("input",), _negative),
    "cat": (("tensors", "dim"), _concat),
    "concat": (("tensors", "dim"), _concat),
    "concatenate": (("tensors", "dim"), _concat),
    **dict.fromkeys(_RESHAPES, (_ANY_SHAPE, _reshape)),
    **dict.fromkeys(_DROPOUTS, (_DROPOUT, _dropout)),
}
"""Arguments by position, and the operation, by function."""
