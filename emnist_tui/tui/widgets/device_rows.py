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
_BETWEEN = " · "


def device_rows(started: RunStarted, figures: GpuFigures | None) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the rows about a GPU.

    Each has values from the longest to the shortest. The CPU has none, and neither has what is unknown.
    """
    if figures and (parts := _parts(figures)):
        yield GPU, tuple(_joined(parts[:count]) for count in range(len(parts), 0, -1))
    facts = device_facts(started)
    if facts.way:
        texts = (", ".join(filter(None, [facts.way, facts.cuda])), facts.way)
        yield WAY, tuple(map(printable, texts))


def _parts(figures: GpuFigures) -> list[tuple[str, int]]:
    """Return the known figures, most important first, each with its greatest width."""
    parts = []
    if figures.utilization is not None:
        parts.append((f"{figures.utilization} %", len("100 %")))
    if figures.used is not None and figures.total:
        used, total = figures.used / _GIB, figures.total / _GIB
        whole = f" of {total:.0f} GiB"
        parts.append((f"{used:.1f}{whole}", len(f"{total:.1f}{whole}")))
    if figures.temperature is not None:
        parts.append((f"{figures.temperature:>2} °C", len("99 °C")))
    if figures.power is not None:
        parts.append((f"{figures.power:>3.0f} W", len("999 W")))
    return parts


def _joined(parts: list[tuple[str, int]]) -> str:
    """Join figures, with blanks before them instead of between them.

    The text is as wide as its figures may become, so that whether it fits does not depend on them.
    """
    texts, widths = zip(*parts, strict=True)
    return _BETWEEN.join(texts).rjust(sum(widths) + len(_BETWEEN) * (len(parts) - 1))
