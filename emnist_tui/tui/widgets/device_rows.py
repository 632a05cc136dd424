"""Rows about the GPU that a run trains on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from emnist_tui.runs.device_facts import device_facts
from emnist_tui.text.formats import printable

if TYPE_CHECKING:
    from emnist_tui.runs.events import RunStarted
    from emnist_tui.tui.session.nvml import GpuFigures

GPU, WAY = "GPU", "steps by"
"""Names of the rows."""
_GIB = 1 << 30


def device_rows(started: RunStarted, figures: GpuFigures | None) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the rows about a GPU.

    Each has values from the longest to the shortest. The CPU has none, and neither has what is unknown.
    """
    if figures and (parts := _parts(figures)):
        yield GPU, tuple(" · ".join(parts[:count]) for count in range(len(parts), 0, -1))
    facts = device_facts(started)
    if facts.way:
        texts = (", ".join(filter(None, [facts.way, facts.cuda])), facts.way)
        yield WAY, tuple(map(printable, texts))


def _parts(figures: GpuFigures) -> list[str]:
    """Return the known figures in steady widths, most important first."""
    parts = []
    if figures.utilization is not None:
        parts.append(f"{figures.utilization:>3} %")
    if figures.used is not None and figures.total:
        total = figures.total / _GIB
        parts.append(f"{figures.used / _GIB:>{len(f'{total:.1f}')}.1f} of {total:.0f} GiB")
    if figures.temperature is not None:
        parts.append(f"{figures.temperature:>2} °C")
    if figures.power is not None:
        parts.append(f"{figures.power:>3.0f} W")
    return parts
