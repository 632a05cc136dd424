"""Search space of a sweep: the varied fields of a configuration and their values."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from emnist_tui.runs.config import TrainConfig, explain_bad_value
from emnist_tui.runs.errors import UsageError

Value = float | int | str
Point = Mapping[str, Value]
"""A value for each varied field."""

FIXED = ("data", "model", "device", "threads", "validation", "keep_epochs", "patience")
"""Fields that all trials of a sweep share."""
_MOST_VALUES = 1_000
_RANGE = re.compile(r"(?P<low>[^.:]*(?:\.[^.:]+)?)\.\.(?P<high>[^:]+?)(?P<log>:log)?")


@dataclass(frozen=True)
class Axis:
    """One varied field: a list of values, or a range.

    Raises `UsageError` if no run could have one of the values.
    """

    field: str
    """Field of `TrainConfig`."""
    values: tuple[Value, ...] = ()
    """Values to choose from; empty for a range."""
    low: float = 0.0
    high: float = 0.0
    is_log: bool = False
    """Whether a range is searched by the logarithm of its values."""

    def __post_init__(self) -> None:
        name = self.option
        if self.field not in TrainConfig().to_json() or self.field in FIXED:
            raise UsageError(
                f"A sweep cannot vary {name!r}; it can vary {', '.join(map(option_of, variable_fields()))}."
            )
        if len(self.values) > _MOST_VALUES:
            raise UsageError(f"--vary {name} lists {len(self.values):,} values; name at most {_MOST_VALUES:,}.")
        for value in self.values or (self.low, self.high):
            if problem := explain_bad_value(self.field, value):
                raise UsageError(f"--vary {name}: the value {problem}, not {value!r}.")
        if self.values:
            if len(set(self.values)) != len(self.values):
                raise UsageError(f"--vary {name} lists a value twice; name each once.")
            return
        if isinstance(getattr(TrainConfig(), self.field), str):
            raise UsageError(f"--vary {name} takes no range; list its values, separated by commas.")
        if not self.low < self.high:
            raise UsageError(f"--vary {name}: a range runs from a smaller number to a larger one.")
        if self.is_log and not self.low > 0:
            raise UsageError(f"--vary {name}: a range searched by logarithm begins above 0.")

    @property
    def option(self) -> str:
        """Name of the field as an option of `train` spells it."""
        return option_of(self.field)

    @property
    def is_whole(self) -> bool:
        """Whether the field takes whole numbers only."""
        return isinstance(getattr(TrainConfig(), self.field), int)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `learning-rate=0.001..0.3:log` or `batch-size=32,128`. Raises `UsageError`."""
        name, equals, rest = text.partition("=")
        field = name.strip().replace("-", "_")
        if not equals or not rest.strip():
            raise UsageError(f"--vary takes NAME=LOW..HIGH[:log] or NAME=A,B,C, not {text!r}.")
        if ".." in rest and (found := _RANGE.fullmatch(rest.strip())):
            low, high = (_parse_value(field, found[name]) for name in ("low", "high"))
            if isinstance(low, str) or isinstance(high, str):
                raise UsageError(f"--vary {option_of(field)}: a range runs between two numbers, not {rest!r}.")
            return cls(field, low=low, high=high, is_log=found["log"] is not None)
        return cls(field, tuple(_parse_value(field, word) for word in rest.split(",")))

    def describe(self) -> str:
        """Spell the values as `parse` reads them."""
        if self.values:
            return ",".join(f"{value:g}" if isinstance(value, float) else str(value) for value in self.values)
        return f"{self.low:g}..{self.high:g}" + ":log" * self.is_log

    def contains(self, value: object) -> bool:
        """Check that a value lies on the axis."""
        if self.values:
            return value in self.values
        return isinstance(value, int | float) and self.low <= value <= self.high

    def to_json(self) -> dict[str, Any]:
        if self.values:
            return {"field": self.field, "values": list(self.values)}
        return {"field": self.field, "low": self.low, "high": self.high, "log": self.is_log}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Restore an axis. Raises `UsageError`, `TypeError`, `KeyError` or `ValueError` for anything else."""
        if "values" in values:
            return cls(str(values["field"]), tuple(values["values"]))
        low, high = float(values["low"]), float(values["high"])
        if not (math.isfinite(low) and math.isfinite(high)):
            raise ValueError("a range's end is not finite")
        field = str(values["field"])
        if field in TrainConfig().to_json() and isinstance(getattr(TrainConfig(), field), int):
            low, high = int(low), int(high)
        return cls(field, low=low, high=high, is_log=bool(values.get("log")))


def variable_fields() -> tuple[str, ...]:
    """Return the fields that a sweep can vary."""
    return tuple(name for name in TrainConfig().to_json() if name not in FIXED)


def option_of(field: str) -> str:
    """Spell a field as the options do, such as `learning-rate`."""
    return field.replace("_", "-")


def _parse_value(field: str, text: str) -> Value:
    """Parse one value as its field's type; what is no number stays text."""
    text = text.strip()
    default = getattr(TrainConfig(), field, "")
    if isinstance(default, str):
        return text
    try:
        return int(text) if isinstance(default, int) else float(text)
    except ValueError:
        return text  # which the field's own rule refuses with a sentence
