"""Errors of devices, recognized by torch's own messages."""

import pytest
import torch

from emnist_tui.learning.models.device_errors import evaluation_explained, explain, training_failed
from emnist_tui.runs.errors import EmnistTuiError
from tests.support.fake_cuda import ILLEGAL_ACCESS, NO_KERNEL, OUT_OF_MEMORY

CPU_ALLOCATOR = (
    "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate "
    "4194304000000 bytes. Error code 12 (Cannot allocate memory)"
)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (torch.OutOfMemoryError(OUT_OF_MEMORY), "the GPU is out of memory (180.00 MiB wanted, 54.31 MiB of 79.11 GiB"),
        (RuntimeError("CUDA error: out of memory\nSearch for"), "the GPU is out of memory"),
        (RuntimeError("Triton Error [CUDA]: out of memory"), "the GPU is out of memory"),
        (
            RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
            "the GPU is out of memory",
        ),
        (
            RuntimeError(
                "MPS backend out of memory (MPS allocated: 8.00 GB). Tried to allocate 1.00 GB on private pool."
            ),
            "the GPU is out of memory (1.00 GB wanted)",
        ),
        (torch.AcceleratorError(ILLEGAL_ACCESS), "the GPU stopped working (an illegal memory access was encountered)"),
        (RuntimeError("CUDA error: unspecified launch failure\nCUDA"), "the GPU stopped working (unspecified launch"),
        (RuntimeError("HIP error: unspecified launch failure"), "the GPU stopped working (unspecified launch failure)"),
        (RuntimeError("CUDA driver error: unknown error"), "the GPU stopped working (unknown error)"),
        (RuntimeError("Triton Error [CUDA]: device-side assert triggered"), "the GPU stopped working (device-side"),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), "stopped working (CUDNN_STATUS_EXECUTION_FAILED)"),
        (
            RuntimeError("NVML_SUCCESS == DriverAPI::get()->nvmlInit_v2_() INTERNAL ASSERT FAILED at x.cpp:1159"),
            "the GPU stopped working (INTERNAL ASSERT FAILED)",
        ),
        (torch.AcceleratorError(NO_KERNEL), "this PyTorch has no kernels for the GPU"),
        (RuntimeError(CPU_ALLOCATOR), "the machine is out of memory"),
        (MemoryError("Unable to allocate 3.9 TiB for an array"), "the machine is out of memory"),
    ],
)
def test_torchs_messages_are_recognized(error: Exception, said: str) -> None:
    fault = explain(error)
    assert fault is not None
    assert said in fault.error
    assert "\n" not in fault.error
    assert not fault.error.endswith(".")


def test_the_allocator_of_this_torch_is_recognized() -> None:
    with pytest.raises(RuntimeError) as raised:
        torch.empty(1 << 55, dtype=torch.uint8)
    fault = explain(raised.value)
    assert fault is not None
    assert fault.is_of_machine


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!"),
        RuntimeError("mat1 and mat2 shapes cannot be multiplied (32x100 and 10x100)"),
        ValueError("CUDA error: in another kind of exception"),
        KeyError("device"),
    ],
)
def test_errors_of_programs_are_not_those_of_devices(error: Exception) -> None:
    assert explain(error) is None


@pytest.mark.parametrize(
    ("error", "run", "hint"),
    [
        (
            torch.OutOfMemoryError(OUT_OF_MEMORY),
            "mine",
            "Resume the run from its last checkpoint with `emnist-tui train --resume mine --device cpu`, "
            "or train with a smaller --batch-size.",
        ),
        (torch.OutOfMemoryError(OUT_OF_MEMORY), None, "Train with --device cpu, or train with a smaller --batch-size."),
        (
            torch.AcceleratorError(ILLEGAL_ACCESS),
            "mine",
            "Resume the run from its last checkpoint with `emnist-tui train --resume mine --device cpu`.",
        ),
        (torch.AcceleratorError(ILLEGAL_ACCESS), None, "Train with --device cpu."),
        (
            RuntimeError(CPU_ALLOCATOR),
            "mine",
            "Resume the run from its last checkpoint with `emnist-tui train --resume mine`, or train with a smaller "
            "--batch-size.",
        ),
        (RuntimeError(CPU_ALLOCATOR), None, "Train with a smaller --batch-size."),
    ],
)
def test_a_failed_training_says_what_to_do(error: Exception, run: str | None, hint: str) -> None:
    fault = explain(error)
    assert fault is not None
    assert training_failed(fault, run)[1] == hint


def test_a_failed_evaluation_is_one_sentence() -> None:
    sentence = r"^The GPU stopped working \(an illegal .*\); use --device cpu\.$"
    with pytest.raises(EmnistTuiError, match=sentence), evaluation_explained():
        raise torch.AcceleratorError(ILLEGAL_ACCESS)
    with pytest.raises(RuntimeError, match="shapes"), evaluation_explained():
        raise RuntimeError("shapes differ")
