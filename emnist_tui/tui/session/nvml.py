"""A GPU's figures, read from NVML, NVIDIA's management library."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

_PREFIXES = ("GPU-", "MIG-")
"""Beginnings of NVML's identifiers of cards and of parts of cards, which torch leaves out."""


@dataclass(frozen=True)
class GpuFigures:
    """Figures of a GPU at one moment; None where it tells none."""

    utilization: int | None = None
    """Percent of the time in which it computed."""
    used: int | None = None
    """Bytes of its memory in use, by all processes."""
    total: int | None = None
    """Bytes of its memory."""
    temperature: int | None = None
    """Degrees Celsius."""
    power: float | None = None
    """Watts."""


class Card:
    """A GPU as NVML knows it."""

    def __init__(self, library: Any, handle: Any) -> None:
        self._library = library
        self._handle = handle

    def read(self) -> GpuFigures:
        """Read all figures; may wait for the driver."""
        library = self._library
        rates = self._ask(lambda: library.nvmlDeviceGetUtilizationRates(self._handle))
        memory = self._ask(lambda: library.nvmlDeviceGetMemoryInfo(self._handle))
        return GpuFigures(
            utilization=rates and rates.gpu,
            used=memory and memory.used,
            total=memory and memory.total,
            temperature=self._ask(self._temperature),
            power=self._ask(lambda: library.nvmlDeviceGetPowerUsage(self._handle) / 1000),
        )

    def close(self) -> None:
        self._ask(self._library.nvmlShutdown)

    def _temperature(self) -> int:
        """Read the temperature by the call that the library has."""
        library = self._library
        read = getattr(library, "nvmlDeviceGetTemperature", None) or library.nvmlDeviceGetTemperatureV
        return int(read(self._handle, library.NVML_TEMPERATURE_GPU))

    def _ask(self, call: Callable[[], Any]) -> Any:
        """Return the answer of NVML; None if it refuses."""
        with suppress(Exception):  # of kinds that differ by the library's version; figures are worth no failure
            return call()
        return None


def open_card(uuid: str) -> Card | None:
    """Open the GPU with torch's identifier.

    May wait for the driver. None without the library, the driver, or that GPU in this machine.
    """
    try:
        library = import_module("pynvml")
    except ImportError:
        return None
    with suppress(library.NVMLError, OSError):
        library.nvmlInit()
        for prefix in _PREFIXES:
            with suppress(library.NVMLError, ValueError):
                return Card(library, library.nvmlDeviceGetHandleByUUID(f"{prefix}{uuid}"))
        library.nvmlShutdown()
    return None
