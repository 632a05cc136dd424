"""Pen strokes of handwritten digits: the allographs of `allographs.toml`."""

import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Allograph:
    """One way to write a digit."""

    name: str
    share: float
    """Relative frequency among the digit's allographs; shares need not add up to 1."""
    exemplars: tuple[str, ...]
    """Drawings of it: points `x,y` in percent of the digit's height; `!` marks a corner, `|` lifts the pen."""

    @cached_property
    def points(self) -> NDArray[np.float32]:
        """Points, float32 [exemplars, points, 2], in digit heights.

        The last axis is x to the right and y down.
        """
        rows = [[_parse_point(token) for token in exemplar.split() if token != "|"] for exemplar in self.exemplars]
        return (np.array(rows) / 100).astype(np.float32)

    @cached_property
    def strokes(self) -> tuple[tuple[bool, ...], ...]:
        """Corner flags of the points, by stroke."""
        return tuple(tuple(token.endswith("!") for token in stroke.split()) for stroke in self.exemplars[0].split("|"))


@cache
def allographs() -> tuple[tuple[Allograph, ...], ...]:
    """Read the allographs of each digit, 0 to 9."""
    tables = tomllib.loads((resources.files(__package__) / "allographs.toml").read_text("utf-8"))
    return tuple(
        tuple(Allograph(way["name"], way["share"], tuple(way["exemplars"])) for way in tables[f"digit-{digit}"])
        for digit in range(10)
    )


def _parse_point(token: str) -> tuple[float, float]:
    x, y = token.rstrip("!").split(",")
    return float(x), float(y)
