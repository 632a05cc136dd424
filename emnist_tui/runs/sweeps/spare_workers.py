"""Number of workers for which this machine has cores and memory."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from emnist_tui.runs.config import AUTOMATIC_THREADS, TrainConfig

_CPU_LIMIT = Path("/sys/fs/cgroup/cpu.max")
_MEMORY = Path("/proc/meminfo")
_GPU_FILES = ("/proc/driver/nvidia", "/dev/dxg")
_MOST = 64
_MEMORY_OF_WORKER = 1_200_000_000  # bytes: torch, EMNIST as bytes, and an evaluation


def spare_workers(config: TrainConfig, runs: int) -> int:
    """Return how many workers should train so many runs, at least 1.

    On the CPU each has its own cores and memory. On a GPU it is one, which leaves no time to others; `auto` counts as a
    GPU where there seems to be one.
    """
    if on_gpu(config):
        return 1
    threads = config.threads or AUTOMATIC_THREADS
    memory = available_memory()
    fitting = runs if memory is None else memory // _MEMORY_OF_WORKER
    return max(1, min(runs, usable_cores() // threads, fitting, _MOST))


def on_gpu(config: TrainConfig) -> bool:
    """Return whether a configuration seems to be trained on a GPU."""
    return config.device != "cpu" and (config.device != "auto" or has_gpu())


def has_gpu() -> bool:
    """Return whether a GPU of NVIDIA's seems to be usable.

    Torch would know better, but takes seconds to import.
    """
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return False
    return any(os.path.exists(path) for path in _GPU_FILES)  # noqa: PTH110 - constants, of which none is a Path


def usable_cores() -> int:
    """Return the cores that affinity and container allow this process."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota, period = _CPU_LIMIT.read_text().split()
        if quota != "max":
            cores = min(cores, int(quota) // int(period))
    return max(1, cores)


def available_memory() -> int | None:
    """Return the bytes that can be allocated without swapping; None if unknown."""
    with suppress(OSError, ValueError):
        for line in _MEMORY.read_text().splitlines():
            name, _, rest = line.partition(":")
            if name == "MemAvailable":
                return int(rest.split()[0]) * 1024
    return None
