"""NVML of a machine with one GPU, by the documented calls of `pynvml`."""

import threading
from types import SimpleNamespace
from typing import Any

import pynvml

UUID = "b1f0c0de-0000-4000-8000-0123456789ab"
GIB = 1 << 30


class FakeNvml:
    """The module `pynvml`, with its own error classes and figures that a test sets."""

    NVMLError = pynvml.NVMLError
    NVML_TEMPERATURE_GPU = pynvml.NVML_TEMPERATURE_GPU

    def __init__(self, prefix: str = "GPU-") -> None:
        self._uuid = f"{prefix}{UUID}"
        self.utilization, self.used, self.total = 97, int(1.2 * GIB), int(79.6 * GIB)
        self.temperature, self.milliwatts = 54, 310_400
        self.refuses: dict[str, int] = {}
        """Error codes of calls that fail."""
        self.calls: list[str] = []
        self.threads: set[str] = set()

    @property
    def is_open(self) -> bool:
        return self.calls.count("nvmlInit") > self.calls.count("nvmlShutdown")

    def nvmlInit(self) -> None:  # noqa: N802 - NVML's names
        self._called("nvmlInit")

    def nvmlShutdown(self) -> None:  # noqa: N802
        self._called("nvmlShutdown")

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> object:  # noqa: N802
        self._called("nvmlDeviceGetHandleByUUID")
        if uuid != self._uuid:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)
        return self

    def nvmlDeviceGetUtilizationRates(self, handle: object) -> Any:  # noqa: N802
        self._called("nvmlDeviceGetUtilizationRates", handle)
        return SimpleNamespace(gpu=self.utilization, memory=3)

    def nvmlDeviceGetMemoryInfo(self, handle: object) -> Any:  # noqa: N802
        self._called("nvmlDeviceGetMemoryInfo", handle)
        return SimpleNamespace(total=self.total, used=self.used, free=self.total - self.used)

    def nvmlDeviceGetTemperature(self, handle: object, sensor: int) -> int:  # noqa: N802
        assert sensor == pynvml.NVML_TEMPERATURE_GPU
        self._called("nvmlDeviceGetTemperature", handle)
        return self.temperature

    def nvmlDeviceGetPowerUsage(self, handle: object) -> int:  # noqa: N802
        self._called("nvmlDeviceGetPowerUsage", handle)
        return self.milliwatts

    def _called(self, name: str, handle: object | None = None) -> None:
        assert handle in (None, self)
        self.calls.append(name)
        self.threads.add(threading.current_thread().name)
        if name in self.refuses:
            raise pynvml.NVMLError(self.refuses[name])
