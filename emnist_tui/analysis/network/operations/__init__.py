"""Operations of a graph in numpy: a file for each family."""

from collections.abc import Mapping

from emnist_tui.analysis.network.operations import (
    activations,
    combinations,
    convolution,
    linear,
    normalization,
    pooling,
    reductions,
)
from emnist_tui.analysis.network.operations.operation import Operation

IMPLEMENTED: Mapping[str, Operation] = {
    name: operation
    for family in (convolution, linear, normalization, pooling, activations, combinations, reductions)
    for name, operation in family.OPERATIONS.items()
}
"""Operations that numpy computes, by the names of `signatures.SIGNATURES`."""
