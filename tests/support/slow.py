"""Marks of parameters that only the slow suite has."""

from collections.abc import Iterable
from typing import Any

import pytest


def slow(values: Iterable[Any]) -> list[Any]:
    """Return parameters that are tested in the slow suite only."""
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]
