"""Cards that torch claims to have, for tests on machines without one."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from emnist_tui.learning.models import device

OLD_DRIVER = (
    "The NVIDIA driver on your system is too old (found version 11040). Please update your GPU driver by downloading "
    "and installing a new version from the URL: http://www.nvidia.com/Download/index.aspx Alternatively, go to: "
    "https://pytorch.org to install a PyTorch version that has been compiled with your version of the CUDA driver."
)
NO_KERNEL = (
    "CUDA error: no kernel image is available for execution on the device\nSearch for `cudaErrorNoKernelImageForDevice'"
    " in https://docs.nvidia.com/cuda/cuda-runtime-api/group__CUDART__TYPES.html for more information.\nCUDA kernel "
    "errors might be asynchronously reported at some other API call, so the stacktrace below might be incorrect.\nFor "
    "debugging consider passing CUDA_LAUNCH_BLOCKING=1\nCompile with `TORCH_USE_CUDA_DSA` to enable device-side "
    "assertions.\n"
)
ILLEGAL_ACCESS = NO_KERNEL.replace(
    "no kernel image is available for execution on the device", "an illegal memory access was encountered"
).replace("NoKernelImageForDevice", "IllegalAddress")
OUT_OF_MEMORY = (
    "CUDA out of memory. Tried to allocate 180.00 MiB. GPU 0 has a total capacity of 79.11 GiB of which 54.31 MiB is "
    "free. Process 4242 has 78.00 GiB memory in use. Including non-PyTorch memory, this process has 1.05 GiB memory in "
    "use. Of the allocated memory 480.00 MiB is allocated by PyTorch, and 64.00 MiB is reserved by PyTorch but "
    "unallocated. If reserved but unallocated memory is large try setting PYTORCH_ALLOC_CONF=expandable_segments:True "
    "to avoid fragmentation."
)


@dataclass
class FakeCuda:
    """Torch's entry points about CUDA, as a machine with cards has them."""

    is_built: bool = True
    warning: str | None = None
    """Text that torch warns with before it claims to have no card."""
    cards: int = 1
    errors: dict[int, Exception] = field(default_factory=dict)
    """Error of the first kernel on a card."""
    chosen: list[int] = field(default_factory=list)
    """Cards that were made the current one."""

    def is_available(self) -> bool:
        if self.warning:
            warnings.warn(f"CUDA initialization: {self.warning} (Triggered internally at x.cpp:109.)", stacklevel=2)
        return self.cards > 0

    def ones(self, *size: Any, device: Any = "cpu", **options: Any) -> torch.Tensor:
        if not str(device).startswith("cuda"):
            return torch.full(size, 1.0, device=device, **options)
        index = int(str(device).removeprefix("cuda:"))
        warnings.warn("Found GPU1 NVIDIA T4 which is of compute capability (CC) 7.5.", stacklevel=2)
        if index in self.errors:
            raise self.errors[index]
        return torch.full(size, 1.0)

    @contextmanager
    def installed(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: self.is_built)
        monkeypatch.setattr(torch.cuda, "is_available", self.is_available)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: self.cards)
        monkeypatch.setattr(torch, "ones", self.ones)
        monkeypatch.setattr(torch.cuda, "set_device", self.chosen.append)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "NVIDIA H100 80GB HBM3")
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (9, 0))
        monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: ["sm_75", "sm_80"])
        uuid = SimpleNamespace(uuid="b1f0c0de-0000-4000-8000-0123456789ab")
        monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: uuid)
        deterministic, tf32 = torch.backends.cudnn.deterministic, torch.backends.cudnn.allow_tf32
        _forget()
        yield
        _forget()
        torch.backends.cudnn.deterministic, torch.backends.cudnn.allow_tf32 = deterministic, tf32


def _forget() -> None:
    device._driver_fault.cache_clear()
    device._card_fault.cache_clear()
