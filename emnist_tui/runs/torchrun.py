"""The place of this process among those that torchrun started.

torchrun tells each process by its environment, as do other launchers that start torch's ranks.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from emnist_tui.runs.errors import UsageError

_TELLING = ("RANK", "WORLD_SIZE", "MASTER_ADDR")
_MOST_RANKS = 4096
_REMEDY = "start the ranks by torchrun, or unset RANK and WORLD_SIZE to train in one process"


@dataclass(frozen=True)
class Place:
    """One rank of several, each a process."""

    rank: int
    """From 0; rank 0 has the run folder."""
    size: int
    """Number of ranks."""
    local_rank: int
    """Number among the ranks on this machine, which is that of its GPU."""


def find_place(environment: Mapping[str, str]) -> Place | None:
    """Return this process's place; None if it trains alone.

    Raises `UsageError` if the variables contradict each other.
    """
    if not all(name in environment for name in _TELLING):
        return None
    size = _number(environment, "WORLD_SIZE", 1, _MOST_RANKS)
    rank = _number(environment, "RANK", 0, size - 1)
    _number(environment, "MASTER_PORT", 1, 65_535)
    local_rank = _number(environment, "LOCAL_RANK", 0, rank) if "LOCAL_RANK" in environment else 0
    return Place(rank, size, local_rank)


def without_place(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process that is to train alone."""
    return {name: value for name, value in environment.items() if name not in _TELLING}


def _number(environment: Mapping[str, str], name: str, low: int, high: int) -> int:
    text = environment.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high):
        raise UsageError(f"{name} is {text!r}, not a number from {low} to {high}; {_REMEDY}.")
    return int(text)
