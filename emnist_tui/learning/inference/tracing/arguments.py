"""Arguments of a call by name."""

from math import isfinite
from typing import Any

from emnist_tui.learning.inference.tracing.calls import Call, Other, Value, Weight


class UnsupportedError(Exception):
    """A call that no operation stands for."""


class Arguments:
    """Arguments of a call by name."""

    def __init__(self, call: Call, names: tuple[str, ...]) -> None:
        if len(call.arguments) > len(names):
            raise UnsupportedError
        self._values = dict(zip(names, call.arguments, strict=False)) | dict(call.named)
        self.output = call.shape
        """Shape of the output, with the batch axis."""

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            raise UnsupportedError
        return self._values[name]

    def get(self, name: str, default: Any) -> Any:
        return self._values.get(name, default)

    @property
    def input(self) -> Value:
        """The value that the call takes."""
        value = self["input"] if "input" in self._values else self["self"]
        if not isinstance(value, Value):
            raise UnsupportedError
        return value

    def weights(self, *names: str) -> dict[str, str]:
        """Return the keys of those weights that are there."""
        found = {name: self.get(name, None) for name in names}
        if not all(value is None or isinstance(value, Weight) for value in found.values()):
            raise UnsupportedError
        return {name: value.key for name, value in found.items() if value is not None}

    def pair(self, name: str, default: Any) -> list[int]:
        """Return a number of rows and of columns."""
        value = self.get(name, default)
        if isinstance(value, tuple) and len(value) == 1:
            value = value[0]
        pair = list(value) if isinstance(value, tuple | list) else [value, value]
        if len(pair) != 2 or not all(type(each) is int for each in pair):
            raise UnsupportedError
        return pair

    def number(self, name: str, default: float | None) -> float:
        """Return a number, which may be a tensor of one."""
        value = self.get(name, default)
        if isinstance(value, Other):
            value = value.number
        if not isinstance(value, int | float) or isinstance(value, bool) or not isfinite(value):
            raise UnsupportedError
        return float(value)

    def require_value(self) -> None:
        """Raise unless the input is a value."""
        self.input  # noqa: B018 - which raises

    def require(self, **expected: Any) -> None:
        """Raise unless arguments that are there have these values."""
        if any(self.get(name, value) != value for name, value in expected.items()):
            raise UnsupportedError

    def maps(self) -> tuple[int, int]:
        """Return the rows and columns of maps, [N, C, rows, columns]."""
        _, _, rows, columns = self.input.shape
        return rows, columns

    def axes(self, name: str) -> list[int]:
        """Return axes, numbered without the batch axis.

        It may not be among them.
        """
        value = self[name]
        dimensions = len(self.input.shape)
        axes = sorted(axis % dimensions - 1 for axis in (value if isinstance(value, tuple) else (value,)))
        if not axes or axes[0] < 0:
            raise UnsupportedError
        return axes
