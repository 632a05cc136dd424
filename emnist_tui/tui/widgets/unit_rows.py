"""Rows of the run card about dead and saturated units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emnist_tui.runs.unit_health import DEAD, SATURATED, LayerHealth, LostUnits
from emnist_tui.text.formats import count, printable

if TYPE_CHECKING:
    from emnist_tui.runs.record import RunRecord

Row = tuple[str, str]


def unit_rows(record: RunRecord) -> list[Row]:
    """Return the lost units of a run or opened checkpoint."""
    if record.started:
        return _rows(record.units.lost)
    evaluated = record.last_evaluation()
    return _rows([layer for layer in LayerHealth.all_of(evaluated) if layer.units] if evaluated else [])


def _rows(lost: Sequence[LayerHealth]) -> list[Row]:
    rows = []
    for state in (DEAD, SATURATED):
        layers = [layer for layer in lost if layer.state == state]
        if layers:
            rows.append((state, printable(_where(layers))))
            steps = [step for layer in layers if isinstance(layer, LostUnits) for step in layer.steps]
            if steps:
                numbers = " to ".join(count(step) for step in sorted({min(steps), max(steps)}))
                rows.append((f"{state} by", f"step {numbers}"))
    return rows


def _where(layers: Sequence[LayerHealth]) -> str:
    """Name a single unit, or count them."""
    units, of = sum(len(layer.units) for layer in layers), sum(layer.of for layer in layers)
    first = layers[0]
    if len(layers) > 1:
        return f"{count(units)} of {count(of)} units, {count(len(layers))} layers"
    if units == 1:
        return f"{first.unit} {first.units[0]} of {first.layer}"
    return f"{count(units)} of {count(of)} {first.unit}s, {first.layer}"
