"""Rows of the run card about dead and saturated units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emnist_tui.runs.unit_health import DEAD, SATURATED, LayerHealth, LostUnits
from emnist_tui.text.formats import count, printable
from emnist_tui.text.unit_names import named_layer

if TYPE_CHECKING:
    from emnist_tui.runs.record import RunRecord

Row = tuple[str, str | tuple[str, ...]]
FOUND = "  found"
"""Name of the row with the steps that found the units above it."""


def unit_rows(record: RunRecord) -> list[Row]:
    """Return the lost units of a run or opened checkpoint."""
    if record.started:
        return _rows(record.units.lost)
    evaluated = record.last_evaluation()
    return _rows([layer for layer in LayerHealth.all_of(evaluated) if layer.units] if evaluated else [])


def _rows(lost: Sequence[LayerHealth]) -> list[Row]:
    rows: list[Row] = []
    for state in (DEAD, SATURATED):
        layers = [layer for layer in lost if layer.state == state]
        if layers:
            rows.append((state, _which(layers)))
            steps = [step for layer in layers if isinstance(layer, LostUnits) for step in layer.steps]
            if steps:
                rows.append((FOUND, _steps(min(steps), max(steps))))
    return rows


def _which(layers: Sequence[LayerHealth]) -> tuple[str, ...]:
    """Name a single unit, or count them; the longest text first."""
    units, of = sum(len(layer.units) for layer in layers), sum(layer.of for layer in layers)
    unit = layers[0].unit if len({layer.unit for layer in layers}) == 1 else "unit"
    which = f"{unit} {layers[0].units[0]}" if units == 1 else f"{count(units)} of {count(of)} {unit}s"
    if len(layers) > 1:
        return f"{which} in {count(len(layers))} layers", f"{count(units)} in {count(len(layers))} layers", which
    layer = printable(named_layer(layers[0].layer))
    short = layer.removeprefix("your ")
    counted = which.removesuffix(f" {unit}s")
    return f"{layer}: {which}", f"{short}: {which}", f"{short}: {counted}", which


def _steps(first: int, last: int) -> str:
    return f"at step {count(first)}" if first == last else f"at steps {count(first)}–{count(last)}"
