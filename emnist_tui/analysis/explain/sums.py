"""Arithmetic of one cell: the terms that are added, compared or transformed."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from emnist_tui.analysis.explain import functions
from emnist_tui.analysis.explain.arithmetic import INK, Arithmetic, Kind, Terms
from emnist_tui.analysis.explain.cells import Cell, Places, kernel_of, node_of, pair, stride_of, unreshaped, window
from emnist_tui.analysis.network.graph import INPUT, Node
from emnist_tui.analysis.network.network import Array, Pass

_EPSILON = 1e-5  # of torch's norms


def trace(passed: Pass, cell: Cell, *, folded: bool = False) -> list[Arithmetic]:
    """Return the steps from the nearest sum to a cell.

    In order. Activations, norms, the winner of a pooling and copies are followed back to a convolution, a linear layer,
    a sum of two values or the like.
    """
    steps = [arithmetic(passed, cell, folded=folded)]
    while (source := _source(steps[0])) is not None:
        steps.insert(0, arithmetic(passed, source, folded=folded))
    return steps


def _source(step: Arithmetic) -> Cell | None:
    """Return the one cell that a step's value follows from."""
    is_norm = step.kind is Kind.SUM and bool(step.facts) and not step.is_folded
    if not (is_norm or step.kind in (Kind.FUNCTION, Kind.COPY, Kind.LARGEST)) or not step.terms:
        return None
    terms = step.terms[0]
    place = terms.places.reshape(-1, terms.places.shape[-1])[step.winner or 0]
    return Cell(terms.source, tuple(int(at) for at in place))


def arithmetic(passed: Pass, cell: Cell, *, folded: bool = False) -> Arithmetic:
    """Return the computation of a cell.

    With `folded`, a batch norm after a convolution or linear layer is one sum with it.
    """
    value = float(passed.values[cell.node][cell.index])
    if cell.node == INPUT:
        return _of_ink(passed, cell, value)
    node = node_of(passed.network.graph, cell.node)
    assert node is not None
    if folded and node.operation == "batch_norm":
        before = node_of(passed.network.graph, node.inputs[0])
        if before is not None and before.operation in ("conv", "linear"):
            return _folded(passed, before, node, cell, value)
    explain = _FUNCTION if node.operation in functions.FORMULAS else _RULES.get(node.operation, _unknown)
    return explain(passed, node, cell, value)


def _of_ink(passed: Pass, cell: Cell, value: float) -> Arithmetic:
    scale = passed.network.scale
    ink = np.float64(passed.image[cell.index[-2:]]) / 255
    terms = Terms(INK, np.asarray(cell.index[-2:], np.intp), np.asarray(ink), np.asarray(scale.factor))
    return Arithmetic(cell, INPUT, Kind.SUM, value, (terms,), scale.offset or None)


def _take(passed: Pass, source: str, places: Places, weights: Array | float = 1.0) -> Terms:
    """Look up the values at places of a source; padding is 0."""
    taken = np.asarray(passed.values[source], np.float64)[tuple(np.moveaxis(np.maximum(places, 0), -1, 0))]
    inside = (places >= 0).all(axis=-1)
    values = np.asarray(np.where(inside, taken, 0.0))
    return Terms(source, places, values, np.broadcast_to(np.asarray(weights, np.float64), values.shape))


def _weight(passed: Pass, node: Node, role: str) -> Array | None:
    key = node.weights.get(role)
    return None if key is None else np.asarray(passed.network.exact[key])


def _conv(passed: Pass, node: Node, cell: Cell, value: float) -> Arithmetic:
    weight, bias = _weight(passed, node, "weight"), _weight(passed, node, "bias")
    assert weight is not None
    number, row, column = cell.index
    kernels = weight[number]  # [maps of the group, rows, columns]
    first = number // (len(weight) // int(node.settings.get("groups", 1))) * len(kernels)
    (source,) = node.inputs
    covered = window(node, kernels.shape[1:], passed.values[source].shape[1:], row, column)
    places = _with_maps(covered, np.arange(first, first + len(kernels)))
    terms = _take(passed, source, places, kernels)
    return Arithmetic(cell, "conv", Kind.SUM, value, (terms,), None if bias is None else float(bias[number]))


def _with_maps(covered: Places, maps: Places) -> Places:
    """Repeat the places of a window for each map."""
    numbers = np.broadcast_to(maps[:, None, None, None], (len(maps), *covered.shape[:2], 1))
    places = np.concatenate([numbers, np.broadcast_to(covered, (len(maps), *covered.shape))], axis=-1)
    outside = np.asarray((covered < 0).any(axis=-1))
    return np.asarray(np.where(outside[None, :, :, None], -1, places), np.intp)


def _linear(passed: Pass, node: Node, cell: Cell, value: float) -> Arithmetic:
    weight, bias = _weight(passed, node, "weight"), _weight(passed, node, "bias")
    assert weight is not None
    unit, number = weight[cell.index[-1]], cell.index[-1]
    maps = unreshaped(passed.network.graph, node.inputs[0])
    if len(cell.index) == 1 and passed.values[maps].size == len(unit):
        places = _everywhere(passed.values[maps].shape)
        terms = _take(passed, maps, places, unit.reshape(passed.values[maps].shape))
    else:  # of each row of a value
        places = np.asarray([[*cell.index[:-1], at] for at in range(len(unit))], np.intp)
        terms = _take(passed, node.inputs[0], places, unit)
    return Arithmetic(cell, "linear", Kind.SUM, value, (terms,), None if bias is None else float(bias[number]))


def _everywhere(shape: tuple[int, ...]) -> Places:
    return np.asarray(np.moveaxis(np.indices(shape), 0, -1), np.intp)


def _same_place(shape: tuple[int, ...], cell: Cell) -> Places:
    """Return the place in an array that broadcasts to a cell."""
    index = (0,) * (len(shape) - len(cell.index)) + cell.index[max(0, len(cell.index) - len(shape)) :]
    return np.asarray([at if size > 1 else 0 for at, size in zip(index, shape, strict=True)], np.intp)


def _norm(passed: Pass, node: Node, cell: Cell, value: float) -> Arithmetic:
    facts = _facts(passed, node, cell)
    terms = _take(passed, node.inputs[0], np.asarray(cell.index, np.intp), facts["scale"])
    return Arithmetic(cell, node.operation, Kind.SUM, value, (terms,), facts["shift"], facts=facts)


def _facts(passed: Pass, node: Node, cell: Cell) -> dict[str, float]:
    """Return a norm's mean, variance, scale and shift."""
    values, first = np.asarray(passed.values[node.inputs[0]], np.float64), cell.index[0]
    at: tuple[int, ...] = (first,)
    if node.operation == "batch_norm":
        mean, variance = _weight(passed, node, "running_mean"), _weight(passed, node, "running_var")
        assert mean is not None
        assert variance is not None
        middle, spread = float(mean[first]), float(variance[first])
    else:
        if node.operation == "layer_norm":
            axes = int(node.settings.get("axes", 1))
            group, at = values[cell.index[: values.ndim - axes]], cell.index[values.ndim - axes :]
        else:
            size = len(values) // int(node.settings["groups"])
            group = values[first // size * size :][:size]
        middle, spread = float(group.mean()), float(group.var())
    weight, bias, epsilon = (
        _weight(passed, node, "weight"),
        _weight(passed, node, "bias"),
        node.settings.get("eps", _EPSILON),
    )
    scale = (1.0 if weight is None else float(weight[at])) / np.sqrt(spread + epsilon)
    shift = (0.0 if bias is None else float(bias[at])) - middle * scale
    return {"mean": middle, "variance": spread, "epsilon": epsilon, "scale": float(scale), "shift": float(shift)}


def _folded(passed: Pass, before: Node, node: Node, cell: Cell, value: float) -> Arithmetic:
    """Fold a batch norm into the layer before it."""
    inner = arithmetic(passed, Cell(before.name, cell.index))
    facts = _facts(passed, node, cell)
    terms = tuple(replace(each, weights=each.weights * facts["scale"]) for each in inner.terms)
    bias = (inner.bias or 0.0) * facts["scale"] + facts["shift"]
    return Arithmetic(cell, before.operation, Kind.SUM, value, terms, bias, facts=facts, is_folded=True)


def _pool(passed: Pass, node: Node, cell: Cell, value: float) -> Arithmetic:
    (source,) = node.inputs
    number, row, column = cell.index
    kernel, shape = kernel_of(node, passed.network.weights), passed.values[source].shape[1:]
    covered = window(node, kernel, shape, row, column)
    terms = _take(passed, source, _with_maps(covered, np.asarray([number]))[0])
    inside = (covered >= 0).all(axis=-1)
    if node.operation == "max_pool":
        winner = int(np.where(inside, terms.values, -np.inf).argmax())
        return Arithmetic(cell, "max_pool", Kind.LARGEST, value, (terms,), winner=winner)
    divisor = float(inside.sum())
    if node.settings.get("counts_padding", True):
        padding = np.asarray(pair(node.settings, "padding", (0, 0)))
        corner = np.asarray([row, column]) * stride_of(node, kernel) - padding
        end = np.asarray(shape) + padding
        divisor = float(np.prod(np.minimum(corner + kernel, end) - corner))
    weights = np.where(inside, 1 / divisor, 0.0)
    return Arithmetic(cell, "avg_pool", Kind.SUM, value, (replace(terms, weights=weights),))


def _mean(passed: Pass, node: Node, cell: Cell, value: float) -> Arithmetic:
    (source,) = node.inputs
    shape = passed.values[source].shape
    axes = {int(axis) % len(shape) for axis in node.settings["axes"]}
    keeps = bool(node.settings.get("keepdims"))
    rest = iter(cell.index)
    chosen: list[slice | int] = []
    for axis in range(len(shape)):
        if axis in axes:
            chosen.append(slice(None))
            if keeps:
                next(rest)
        else:
            chosen.append(next(rest))
    places = _everywhere(shape)[tuple(chosen)]
    count = np.prod([shape[axis] for axis in axes])
    return Arithmetic(cell, "mean", Kind.SUM, value, (_take(passed, source, places, 1 / count),))


def _combined(passed: Pass, node: Node, cell: Cell, value: float) -> Arithmetic:
    terms = [_take(passed, source, _same_place(passed.values[source].shape, cell)) for source in node.inputs]
    constant = float(node.settings.get("constant", 0 if node.operation == "add" else 1))
    if (weight := _weight(passed, node, "weight")) is not None:
        place = _same_place(weight.shape, cell)
        constant = float(weight[tuple(place)])
    if node.operation == "add":
        return Arithmetic(cell, "add", Kind.SUM, value, tuple(terms), constant if len(terms) == 1 else None)
    if len(terms) == 1:
        return Arithmetic(cell, "multiply", Kind.SUM, value, (replace(terms[0], weights=np.asarray(constant)),))
    return Arithmetic(cell, "multiply", Kind.PRODUCT, value, tuple(terms))


def _copy(passed: Pass, node: Node, cell: Cell, value: float) -> Arithmetic:
    source, index = node.inputs[0], cell.index
    if node.operation in ("flatten", "reshape"):
        shape = passed.values[source].shape
        flat = np.ravel_multi_index(cell.index, passed.values[node.name].shape)
        index = tuple(int(at) for at in np.unravel_index(flat, shape))
    elif node.operation == "concat":
        axis = int(node.settings.get("axis", 0))
        at = list(index)
        for source in node.inputs:
            size = passed.values[source].shape[axis]
            if at[axis] < size:
                break
            at[axis] -= size
        index = tuple(at)
    terms = _take(passed, source, np.asarray(index, np.intp))
    return Arithmetic(cell, node.operation, Kind.COPY, value, (terms,))


def _function(passed: Pass, node: Node, cell: Cell, value: float) -> Arithmetic:
    terms = _take(passed, node.inputs[0], np.asarray(cell.index, np.intp))
    formula = functions.formula(node.operation, node.settings)
    return Arithmetic(cell, node.operation, Kind.FUNCTION, value, (terms,), formula=formula)


def _unknown(_passed: Pass, node: Node, cell: Cell, value: float) -> Arithmetic:
    kind = str(node.settings.get("type", node.operation))
    return Arithmetic(cell, node.operation, Kind.UNKNOWN, value, formula=kind)


_Rule = Callable[[Pass, Node, Cell, float], Arithmetic]
_FUNCTION: _Rule = _function
_RULES: dict[str, _Rule] = {
    "conv": _conv, "linear": _linear, "batch_norm": _norm, "layer_norm": _norm, "group_norm": _norm, "max_pool": _pool,
    "avg_pool": _pool, "mean": _mean, "add": _combined, "multiply": _combined, "concat": _copy, "flatten": _copy,
    "reshape": _copy, "identity": _copy,
}  # fmt: skip
