"""Decoding of the lines of events.jsonl."""

import json
import types
from dataclasses import fields
from functools import cache
from typing import Any, Union, get_args, get_origin

from emnist_tui.runs.events import Event

EVENTS: dict[str, type[Event]] = {kind.event: kind for kind in Event.__subclasses__()}
"""Every event by its name in the file."""


def parse_event(line: str | bytes) -> Event | None:
    """Decode one line; None if it is damaged or no known event."""
    try:
        record = json.loads(line)
        name = record.pop("event")
        types_by_field = _field_types(name)
        values = {key: value for key, value in record.items() if key in types_by_field}
        if not all(_has_type(value, types_by_field[key]) for key, value in values.items()):
            return None
        return EVENTS[name](**values)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


@cache
def _field_types(event: str) -> dict[str, Any]:
    return {f.name: f.type for f in fields(EVENTS[event])}


_NUMBERS = frozenset((int, float))


def _has_type(value: object, declared: Any) -> bool:
    """Check a JSON value against the declared type of a field.

    An int is a valid float; a bool is neither.
    """
    if declared == list[float]:
        return isinstance(value, list) and _NUMBERS.issuperset(map(type, value))
    if get_origin(declared) is list:
        (member,) = get_args(declared)
        return isinstance(value, list) and all(_has_type(each, member) for each in value)
    if get_origin(declared) is dict:
        return isinstance(value, dict)
    if declared is float:
        return type(value) in _NUMBERS
    if declared is int:
        return type(value) is int
    if get_origin(declared) in (Union, types.UnionType):
        return any(_has_type(value, member) for member in get_args(declared))
    return isinstance(value, declared)
