"""Signatures of the operations: inputs, weights and settings that each takes."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

_LARGEST = 4096  # of a size, stride, padding, dilation or number of groups
_MOST_AXES = 8
_UNBOUNDED = 2**31

Kind = Callable[[Any], bool]
"""Whether a JSON value may be the setting."""


@dataclass(frozen=True)
class Signature:
    """Values that an operation takes.

    A setting that is not given has its default.
    """

    inputs: tuple[int, int] = (1, 1)
    """Least and greatest number of values."""
    required: frozenset[str] = frozenset()
    """Roles of the weights that it always has."""
    optional: frozenset[str] = frozenset()
    """Roles of the weights that it may have."""
    settings: Mapping[str, Kind] = field(default_factory=dict)
    needed: frozenset[str] = frozenset()
    """Settings that have no default."""


def is_count(value: Any) -> bool:
    """Return whether a value is a whole number from 1 to 4,096."""
    return _is_integer(value, 1, _LARGEST)


def is_number(value: Any) -> bool:
    """Return whether a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _UNBOUNDED


def is_flag(value: Any) -> bool:
    """Return whether a value is true or false."""
    return isinstance(value, bool)


def is_axis(value: Any) -> bool:
    """Return whether a value may number an axis, perhaps from the last."""
    return _is_integer(value, -_MOST_AXES, _MOST_AXES - 1)


def _is_axes(value: Any) -> bool:
    return isinstance(value, list | tuple) and 1 <= len(value) <= _MOST_AXES and all(map(is_axis, value))


def _is_shape(value: Any) -> bool:
    return isinstance(value, list | tuple) and 1 <= len(value) <= _MOST_AXES and all(map(is_count, value))


def _is_pair(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and all(map(is_count, value))


def _is_padding(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and all(_is_integer(each, 0, _LARGEST) for each in value)


def _is_tiny(value: Any) -> bool:
    return is_number(value) and 0 <= value <= 1 and math.isfinite(value)


def _is_positive(value: Any) -> bool:
    return is_number(value) and value > 0


def _is_approximation(value: Any) -> bool:
    return value in ("none", "tanh")


def _is_integer(value: Any, least: int, greatest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= greatest


def _plain(**settings: Kind) -> Signature:
    return Signature(settings=settings)


_AFFINE = frozenset({"weight", "bias"})
_WINDOWS: Mapping[str, Kind] = {"kernel": _is_pair, "stride": _is_pair, "padding": _is_padding, "ceil": is_flag}

SIGNATURES: Mapping[str, Signature] = {
    "conv": Signature(
        required=frozenset({"weight"}),  # [outputs, inputs / groups, rows, columns]
        optional=frozenset({"bias"}),
        settings={"stride": _is_pair, "padding": _is_padding, "dilation": _is_pair, "groups": is_count},
    ),
    "linear": Signature(required=frozenset({"weight"}), optional=frozenset({"bias"})),
    "batch_norm": Signature(
        required=frozenset({"running_mean", "running_var"}), optional=_AFFINE, settings={"eps": _is_tiny}
    ),
    # axes: number of last axes
    "layer_norm": Signature(optional=_AFFINE, settings={"eps": _is_tiny, "axes": is_count}, needed=frozenset({"axes"})),
    "group_norm": Signature(
        optional=_AFFINE, settings={"eps": _is_tiny, "groups": is_count}, needed=frozenset({"groups"})
    ),
    "max_pool": Signature(settings={**_WINDOWS, "dilation": _is_pair}, needed=frozenset({"kernel"})),
    "avg_pool": Signature(settings={**_WINDOWS, "counts_padding": is_flag}, needed=frozenset({"kernel"})),
    # axes of a value without its batch axis
    "mean": Signature(settings={"axes": _is_axes, "keepdims": is_flag}, needed=frozenset({"axes"})),
    "relu": _plain(),
    "relu6": _plain(),
    "leaky_relu": _plain(slope=is_number),
    "elu": _plain(alpha=is_number),
    "sigmoid": _plain(),
    "tanh": _plain(),
    "silu": _plain(),
    "mish": _plain(),
    "gelu": _plain(approximate=_is_approximation),
    "hardswish": _plain(),
    "hardsigmoid": _plain(),
    "hardtanh": _plain(low=is_number, high=is_number),
    "softplus": _plain(beta=_is_positive, threshold=is_number),
    # of two values, of one and a weight, or of one and a constant
    "add": Signature((1, 2), optional=frozenset({"weight"}), settings={"constant": is_number}),
    "multiply": Signature((1, 2), optional=frozenset({"weight"}), settings={"constant": is_number}),
    "concat": Signature((1, 64), settings={"axis": is_axis}),  # without the batch axis
    "flatten": _plain(),
    "reshape": Signature(settings={"shape": _is_shape}, needed=frozenset({"shape"})),  # without the batch axis
    "identity": _plain(),  # dropout and the like
    "softmax": _plain(axis=is_axis),
    "log_softmax": _plain(axis=is_axis),
}
"""Signatures of the operations that numpy computes, by name."""
