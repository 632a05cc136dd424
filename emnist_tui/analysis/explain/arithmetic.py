"""Numbers of one cell's arithmetic, exact and as displayed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import fsum

import numpy as np
from numpy.typing import NDArray

from emnist_tui.analysis.explain.cells import Cell, Places
from emnist_tui.analysis.explain.closing import DECIMALS, rounded_to_close
from emnist_tui.analysis.network.network import Array

INK = "ink"
"""Source of the input's terms: the image, 0 to 1."""
CONSTANT = ""
"""Source of a number that the network holds."""


class Kind(StrEnum):
    """Ways in which a cell's value follows from others."""

    SUM = "sum"  # products and bias add up to it
    LARGEST = "largest"  # of a window
    PRODUCT = "product"  # of two values
    FUNCTION = "function"  # of one value
    COPY = "copy"
    UNKNOWN = "unknown"  # only torch knows


@dataclass(frozen=True, eq=False)
class Terms:
    """Values that a cell is computed from, each with its weight."""

    source: str
    """Node that the values are of, `graph.INPUT`, `INK` or `CONSTANT`."""
    places: Places
    """Index of each in the source's value; int [*shape, axes], -1 in padding."""
    values: Array
    """float64 [*shape], such as [maps, rows, columns] of a kernel; 0 in padding."""
    weights: Array
    """float64 [*shape]."""

    @property
    def products(self) -> Array:
        """Values times weights, float64 [*shape]."""
        return self.values * self.weights

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Which terms are not padding, bool [*shape]."""
        return np.asarray((self.places >= 0).all(axis=-1))


@dataclass(frozen=True, eq=False)
class Displayed:
    """Numbers of a sum, rounded so that they add up."""

    products: tuple[Array, ...]
    """In the shapes of the terms."""
    bias: float | None
    total: float


@dataclass(frozen=True, eq=False)
class Arithmetic:
    """Computation of one cell from the values before it."""

    cell: Cell
    operation: str
    """The node's operation; with `folded`, that of the node before the norm."""
    kind: Kind
    value: float
    terms: tuple[Terms, ...] = ()
    """One for each source; empty of an unknown operation."""
    bias: float | None = None
    """Number added to a sum; None if there is none."""
    winner: int | None = None
    """Position in the flat terms of the largest one, the first of equals."""
    formula: str = ""
    """Formula of a function of `x`, or why there is no arithmetic."""
    facts: Mapping[str, float] = field(default_factory=dict)
    """Numbers of a norm: `mean`, `variance`, `epsilon`, `scale`, `shift`."""
    is_folded: bool = False
    """Whether a norm is folded into the weights and the bias."""

    @property
    def products(self) -> Array:
        """All products, flat."""
        return np.concatenate([terms.products.ravel() for terms in self.terms] or [np.zeros(0)])

    @property
    def total(self) -> float:
        """Sum of the products and the bias, exactly rounded."""
        return fsum([*self.products, self.bias or 0.0])

    def displayed(self, decimals: int = DECIMALS) -> Displayed:
        """Round the numbers of a sum so that those displayed add up.

        By `closing.rounded_to_close`; the total is the node's value.
        """
        parts = [*self.products, *([] if self.bias is None else [self.bias])]
        rounded = rounded_to_close(parts, self.value, decimals)
        products, start = [], 0
        for terms in self.terms:
            products.append(rounded[start : start + terms.values.size].reshape(terms.values.shape))
            start += terms.values.size
        return Displayed(
            tuple(products), None if self.bias is None else float(rounded[-1]), round(self.value, decimals) + 0.0
        )
