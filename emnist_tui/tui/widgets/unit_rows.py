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
            place = layers[0].layer if len(layers) == 1 else f"{count(len(layers))} layers"
            rows += [(state, _which(layers)), ("  in", printable(place))]
            steps = [step for layer in layers if isinstance(layer, LostUnits) for step in layer.steps]
            if steps:
                rows.append(("  by", f"step {' to '.join(count(step) for step in sorted({min(steps), max(steps)}))}"))
    return rows


def _which(layers: Sequence[LayerHealth]) -> str:
    """Name a single unit, or count them."""
    units, of = sum(len(layer.units) for layer in layers), sum(layer.of for layer in layers)
    unit = layers[0].unit if len({layer.unit for layer in layers}) == 1 else "unit"
    return f"{unit} {layers[0].units[0]}" if units == 1 else f"{count(units)} of {count(of)} {unit}s"
