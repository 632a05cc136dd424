"""Arithmetic of one cell of a network, as text and as JSON."""

from collections.abc import Sequence

from emnist_tui.analysis.explain.arithmetic import Arithmetic, Kind
from emnist_tui.analysis.explain.cells import Cell
from emnist_tui.analysis.explain.field import Use, receptive_field, uses
from emnist_tui.analysis.explain.sums import trace
from emnist_tui.analysis.network.network import Pass
from emnist_tui.text import formats


def place(index: Sequence[int]) -> str:
    """Format the index of a cell, `1:9,13`, or of a unit, `8`."""
    first, *rest = index
    return f"{first}:{','.join(map(str, rest))}" if rest else str(first)


def draw_cell(passed: Pass, cell: Cell, *, folded: bool = False) -> list[str]:
    """Write the steps to a cell; printed numbers add up."""
    field = receptive_field(passed, cell)
    top, left, bottom, right = field.box
    lines = [f"{_named(cell)} = {passed.values[cell.node][cell.index]:+.4f}"]
    if not field.is_known:
        lines.append("it may depend on every pixel: an unknown operation comes before it")
    else:
        lines.append(f"it sees rows {top} to {bottom - 1} and columns {left} to {right - 1} of the image")
    gradient = passed.gradients.get(cell.node)
    if gradient is not None:
        lines.append(f"gradient of the loss {gradient[cell.index]:+.3e}")
    for step in trace(passed, cell, folded=folded):
        lines += ["", *_draw_step(step)]
    return [*lines, *_draw_uses(uses(passed, cell))]


def _named(cell: Cell) -> str:
    return f"{formats.printable(cell.node)}:{place(cell.index)}"


def _draw_step(step: Arithmetic) -> list[str]:
    title = f"{_named(step.cell)}  {step.operation}{' with its norm' if step.is_folded else ''}"
    if step.kind is Kind.UNKNOWN:
        return [title, f"{formats.printable(step.formula)} is computed by torch alone: a value without arithmetic"]
    if step.kind is Kind.FUNCTION:
        x = float(step.products[0])
        return [title, f"{step.formula} of x = {x:+.4f} is {step.value:+.4f}"]
    if step.kind is Kind.COPY:
        return [title, f"the value of {_sources(step)[0]}, {step.value:+.4f}"]
    if step.kind is Kind.LARGEST:
        return [title, *_draw_window(step)]
    if step.kind is Kind.PRODUCT:
        factors = " × ".join(f"{part:+.4f}" for part in step.products)
        return [title, f"{factors} = {step.value:+.4f}  ({' × '.join(_sources(step))})"]
    return [title, *_draw_sum(step)]


def _draw_window(step: Arithmetic) -> list[str]:
    values = step.terms[0].values.ravel()
    inside = step.terms[0].inside.ravel()
    return [
        f"{source:16}{value:+.4f}{'  the largest' if position == step.winner else ''}"
        for position, (source, value, is_inside) in enumerate(zip(_sources(step), values, inside, strict=True))
        if is_inside
    ]


def _draw_sum(step: Arithmetic) -> list[str]:
    shown = step.displayed()
    lines = []
    sources = iter(_sources(step))
    for terms, products in zip(step.terms, shown.products, strict=True):
        parts = zip(terms.values.ravel(), terms.weights.ravel(), products.ravel(), terms.inside.ravel(), strict=True)
        for value, weight, product, is_inside in parts:
            source = next(sources)
            if is_inside:
                lines.append(f"{source:22}{value:+9.4f} × {weight:+9.4f} = {product:+9.4f}")
    if step.facts:
        facts = "  ".join(f"{name} {formats.number(value)}" for name, value in step.facts.items())
        lines.append(f"with {facts}")
    if shown.bias is not None:
        lines.append(f"{'shift' if step.facts and not step.is_folded else 'bias':46}{shown.bias:+9.4f}")
    return [*lines, f"{'sum':46}{shown.total:+9.4f}"]


def _sources(step: Arithmetic) -> list[str]:
    """Name the cell of each term; padding is `padding`."""
    names = []
    for terms in step.terms:
        for index in terms.places.reshape(-1, terms.places.shape[-1]).tolist():
            names.append("padding" if index[0] < 0 else f"{formats.printable(terms.source)}:{place(index)}")
    return names


def _draw_uses(found: Sequence[Use]) -> list[str]:
    lines = []
    for use in found:
        name = f"{formats.printable(use.node)} ({use.operation})"
        if len(use.cells) == 1:
            won = (", as the largest of its window" if use.won[0] else ", but is not the largest") if use.won else ""
            lines.append(f"it goes to {_named(use.cells[0])} ({use.operation}){won}")
        else:
            lines.append(f"it goes to {formats.count(use.count)} cells of {name}")
    return ["", *lines] if lines else []


def cell_to_json(passed: Pass, cell: Cell, *, folded: bool = False) -> dict[str, object]:
    """Describe a cell with the steps to it, the exact numbers."""
    gradient = passed.gradients.get(cell.node)
    field = receptive_field(passed, cell)
    return {
        "node": cell.node,
        "index": list(cell.index),
        "value": float(passed.values[cell.node][cell.index]),
        "gradient": None if gradient is None else float(gradient[cell.index]),
        "field": list(field.box) if field.is_known else None,
        "steps": [_step_to_json(step) for step in trace(passed, cell, folded=folded)],
        "uses": [
            {
                "node": use.node,
                "count": use.count,
                "cells": [list(each.index) for each in use.cells],
                "won": list(use.won),
            }
            for use in uses(passed, cell)
        ],
    }


def _step_to_json(step: Arithmetic) -> dict[str, object]:
    return {
        "node": step.cell.node,
        "index": list(step.cell.index),
        "operation": step.operation,
        "kind": str(step.kind),
        "value": step.value,
        "bias": step.bias,
        "winner": step.winner,
        "formula": step.formula or None,
        "facts": dict(step.facts),
        "terms": [
            {
                "source": terms.source,
                "places": terms.places.reshape(-1, terms.places.shape[-1]).tolist(),
                "values": terms.values.ravel().tolist(),
                "weights": terms.weights.ravel().tolist(),
                "products": terms.products.ravel().tolist(),
            }
            for terms in step.terms
        ],
    }
