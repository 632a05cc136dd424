"""Checks of single values in JSON files that anyone may have written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LATEST = 1e11
"""Unix seconds and durations above which a number is no time."""


def whole(value: object, low: int, high: int) -> int:
    """Check a whole number. Raises `ValueError`."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"not a whole number from {low} to {high}")
    return value


def number(value: object, low: float, high: float) -> float:
    """Check a number, which is finite. Raises `ValueError`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"not a number from {low:g} to {high:g}")
    return float(value)


def share(value: object) -> float:
    """Check a share, 0 to 1. Raises `ValueError`."""
    return number(value, 0, 1)


def seconds(value: object) -> float:
    """Check a time or a duration. Raises `ValueError`."""
    return number(value, 0, LATEST)


def text(value: object, longest: int) -> str:
    """Check a text and cut it. Raises `ValueError`."""
    if not isinstance(value, str):
        raise ValueError("not a text")  # noqa: TRY004 - as for any other damage
    return value[:longest]


def optional(check: Callable[[object], T], value: object) -> T | None:
    """Check a value that may be missing. Raises `ValueError`."""
    return None if value is None else check(value)
