"""Search space of a sweep: varied fields and their values."""

from __future__ import annotations

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
MOST_VALUES = 1_000
_DEFAULTS = TrainConfig().to_json()
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
        _check_variable(self.field)
        if len(self.values) > MOST_VALUES:
            raise UsageError(f"--vary {name} lists {len(self.values):,} values; name at most {MOST_VALUES:,}.")
        for value in self.values or (self.low, self.high):
            if problem := explain_bad_point_value(self.field, value):
                raise UsageError(f"--vary {name}: the value {problem}, not {value!r}.")
        if self.values:
            if len(set(self.values)) != len(self.values):
                raise UsageError(f"--vary {name} lists a value twice; name each once.")
            return
        if isinstance(_DEFAULTS[self.field], str):
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
        return is_whole(self.field)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `learning-rate=0.001..0.3:log` or `batch-size=32,128`. Raises `UsageError`."""
        name, _, rest = (part.strip() for part in text.partition("="))
        field = name.replace("-", "_")
        if not name or not rest:
            raise UsageError(f"--vary takes NAME=LOW..HIGH[:log] or NAME=A,B,C, not {text!r}.")
        _check_variable(field)
        if ".." not in rest:
            return cls(field, tuple(parse_value(field, word) for word in rest.split(",")))
        if not (found := _RANGE.fullmatch(rest)):
            raise UsageError(f"--vary {name}: a range is LOW..HIGH or LOW..HIGH:log, not {rest!r}.")
        low, high = (parse_value(field, found[end]) for end in ("low", "high"))
        if isinstance(low, str) or isinstance(high, str):
            raise UsageError(f"--vary {name}: a range runs between two numbers, not {rest!r}.")
        return cls(field, low=low, high=high, is_log=found["log"] is not None)

    def describe(self) -> str:
        """Spell the values as `parse` reads them."""
        if self.values:
            return ",".join(map(spell, self.values))
        return f"{spell(self.low)}..{spell(self.high)}" + ":log" * self.is_log

    def contains(self, value: object) -> bool:
        """Check that a value lies on the axis."""
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return False
        if self.values:
            return value in self.values
        if isinstance(value, str) or (self.is_whole and not isinstance(value, int)):
            return False
        return self.low <= value <= self.high

    def to_json(self) -> dict[str, Any]:
        if self.values:
            return {"field": self.field, "values": list(self.values)}
        return {"field": self.field, "low": self.low, "high": self.high, "log": self.is_log}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Restore an axis. Raises `UsageError`, `TypeError`, `KeyError` or `ValueError` for anything else."""
        field = values["field"]
        if not isinstance(field, str):
            raise TypeError("a field's name is no text")
        _check_variable(field)
        if "values" in values:
            if not isinstance(values["values"], list) or not values["values"]:
                raise ValueError("a varied field has no values")
            return cls(field, tuple(values["values"]))
        low, high = values["low"], values["high"]
        if explain_bad_point_value(field, low) or explain_bad_point_value(field, high):
            raise ValueError("a range's end is no value of its field")
        return cls(field, low=low, high=high, is_log=values.get("log") is True)


def variable_fields() -> tuple[str, ...]:
    """Return the fields that a sweep can vary."""
    return tuple(name for name in _DEFAULTS if name not in FIXED)


def option_of(field: str) -> str:
    """Spell a field as the options do, such as `learning-rate`."""
    return field.replace("_", "-")


def is_whole(field: str) -> bool:
    """Check that a field takes whole numbers only."""
    return isinstance(_DEFAULTS[field], int)


def spell(value: Value) -> str:
    """Spell a value shortly, without losing digits."""
    if not isinstance(value, float):
        return str(value)
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def parse_value(field: str, text: str) -> Value:
    """Parse one value as its field's type.

    Text stays that is no number where there should be one.
    """
    text = text.strip()
    if isinstance(_DEFAULTS[field], str):
        return text
    try:
        return int(text) if is_whole(field) else float(text)
    except ValueError:
        return text  # which the field's own rule refuses with a sentence


def explain_bad_point_value(field: str, value: object) -> str | None:
    """Explain why no trial can have a value, if so.

    The explanation is half a sentence, as that of `config.explain_bad_value`.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return "must be a number or a word"
    return explain_bad_value(field, value)


def _check_variable(field: str) -> None:
    """Raise `UsageError` for a field that a sweep cannot vary."""
    if field not in variable_fields():
        names = ", ".join(map(option_of, variable_fields()))
        raise UsageError(f"A sweep cannot vary {option_of(field)!r}; it can vary {names}.")
