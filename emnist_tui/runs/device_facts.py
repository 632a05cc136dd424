"""Facts about the device that a run computes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from emnist_tui.runs.events import RunStarted


class DeviceFacts(NamedTuple):
    """A device, and on a GPU how it is used.

    What is unknown, or of no interest, is empty.
    """

    device: str
    """Such as `cpu` or `cuda (NVIDIA H100)`."""
    way: str = ""
    """How optimizer steps are taken there, such as `fused kernels`."""
    cuda: str = ""
    """Version of CUDA that torch was built with, such as `CUDA 13.0`."""

    def __str__(self) -> str:
        return ", ".join(filter(None, self))


def device_facts(started: RunStarted) -> DeviceFacts:
    """Return the facts about a run's device.

    On the CPU its name says enough.
    """
    kind = started.device.partition(" ")[0].partition(":")[0]
    if kind == "cpu":
        return DeviceFacts(started.device)
    version = started.versions.get("cuda") if kind == "cuda" else None
    return DeviceFacts(started.device, started.way or "", f"CUDA {version}" if version else "")
