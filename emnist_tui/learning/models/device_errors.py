"""Errors of GPUs and of memory, in the user's words.

Importing this module does not import torch. The messages are those of torch 2.9 to 2.13, CUDA and Triton.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from emnist_tui.runs.errors import EmnistTuiError

_VISIBLE = "CUDA_VISIBLE_DEVICES"
_INSTALL = "https://pytorch.org/get-started/locally"


@dataclass(frozen=True)
class Fault:
    """A device that cannot be used, as two clauses of a sentence."""

    error: str
    remedy: str
    is_expected: bool = False
    """Whether a machine without a GPU has it, so that `auto` need not mention it."""
    is_of_memory: bool = False
    is_of_machine: bool = False
    """Whether the CPU would have it too."""


CPU_BUILD = Fault("this PyTorch is built for the CPU only", f"install a CUDA build as on {_INSTALL}", is_expected=True)
NO_KERNELS = Fault("this PyTorch has no kernels for the GPU", f"install a build that knows it, see {_INSTALL}")
_DRIVERLESS = Fault("no NVIDIA driver is found", "install one", is_expected=True)
_UNUSABLE_DRIVER = Fault("the NVIDIA driver cannot be used", "check that `nvidia-smi` lists a GPU", is_expected=True)
_BUSY = Fault("another process has the GPU for itself", "wait for its end")
_MACHINE_FULL = Fault("the machine is out of memory", "end what else runs on it", is_of_memory=True, is_of_machine=True)


def hidden_cards(environment: Mapping[str, str]) -> Fault | None:
    """Return the fault of a `CUDA_VISIBLE_DEVICES` that names no card at all."""
    value = environment.get(_VISIBLE)
    if value is None or value.strip() not in ("", "-1"):
        return None
    spelled = "to nothing" if not value.strip() else "to -1"
    return Fault(f"{_VISIBLE} is set {spelled}, which hides every GPU", "unset it", is_expected=True)


def no_card(environment: Mapping[str, str]) -> Fault:
    """Return the fault of a machine on which CUDA sees no card."""
    if value := environment.get(_VISIBLE):
        return Fault(f"{_VISIBLE}={value} names no GPU of this machine", "correct or unset it")
    return Fault("no NVIDIA GPU is found", "check that `nvidia-smi` lists one", is_expected=True)


def unknown_to_torch(card: str, capability: str, known: Sequence[str]) -> Fault:
    """Return the fault of a card that torch was not built for."""
    return Fault(
        f"{card} has compute capability {capability}, and this PyTorch is built for {', '.join(known)}",
        NO_KERNELS.remedy,
    )


def find_fault(message: str) -> Fault | None:
    """Recognize a device's fault in a message of torch, CUDA or Triton."""
    for pattern, describe in _FAULTS:
        if found := pattern.search(message):
            return describe(found)
    return None


def explain(error: BaseException) -> Fault | None:
    """Recognize a device's fault in an error, if it is one."""
    if isinstance(error, MemoryError):
        return _MACHINE_FULL
    return find_fault(str(error)) if isinstance(error, RuntimeError) else None


def is_of_gpu(error: BaseException) -> bool:
    """Return whether a GPU has failed, whatever code it was running."""
    fault = explain(error)
    return fault is not None and not fault.is_of_machine


def training_failed(fault: Fault, run: str | None) -> tuple[str, str]:
    """Return the error and the hint of a failed training.

    `run` is the name of the run if it can be resumed.
    """
    ways = []
    if run and fault.is_of_machine:
        ways.append(f"resume the run from its last checkpoint with `emnist-tui train --resume {run}`")
    elif run:
        ways.append(f"resume the run from its last checkpoint with `emnist-tui train --resume {run} --device cpu`")
    elif not fault.is_of_machine:
        ways.append("train with --device cpu")
    if fault.is_of_memory:
        ways.append("train with a smaller --batch-size")
    return f"{_capitalized(fault.error)}.", f"{_capitalized(', or '.join(ways))}."


@contextmanager
def evaluation_explained() -> Iterator[None]:
    """Explain a device's fault in an evaluation, as an `EmnistTuiError`."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if (fault := explain(error)) is None:
            raise
        remedy = fault.remedy if fault.is_of_machine else "use --device cpu"
        raise EmnistTuiError(f"{_capitalized(fault.error)}; {remedy}.") from error


def _capitalized(clause: str) -> str:
    return f"{clause[:1].upper()}{clause[1:]}"


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, without its period."""
    return str(error).strip().partition("\n")[0].rstrip(".")


def _driver_too_old(found: re.Match[str]) -> Fault:
    number = int(found[1])
    knows = f"{number // 1000}.{number % 1000 // 10}"
    return Fault(
        f"the NVIDIA driver is too old for this PyTorch, as it supports CUDA {knows} only",
        f"update the driver or install a PyTorch for that version, see {_INSTALL}",
    )


def _out_of_memory(found: re.Match[str]) -> Fault:
    """Describe a full card, with the sizes where the message has them."""
    message = found.string
    wanted = re.search(r"[Tt]ried to allocate ([\d.]+ \w+)", message)
    room = re.search(r"total capacity of ([\d.]+ \w+) of which ([\d.]+ \w+) is free", message)
    sizes = [f"{wanted[1]} wanted" if wanted else "", f"{room[2]} of {room[1]} free" if room else ""]
    told = ", ".join(filter(None, sizes))
    return Fault(
        f"the GPU is out of memory{f' ({told})' if told else ''}", "end what else runs on it", is_of_memory=True
    )


def _stopped(found: re.Match[str]) -> Fault:
    return Fault(f"the GPU stopped working ({_reason(found)})", "look at its state with `nvidia-smi`")


def _not_initialized(found: re.Match[str]) -> Fault:
    return Fault(f"CUDA cannot be initialized ({_reason(found)})", "look at the GPU's state with `nvidia-smi`")


def _reason(found: re.Match[str]) -> str:
    return found[1].strip().rstrip(".")


def _fixed(fault: Fault) -> Callable[[re.Match[str]], Fault]:
    return lambda _: fault


_FAULTS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Fault]], ...] = (
    (re.compile(r"NVIDIA driver on your system is too old \(found version (\d+)\)"), _driver_too_old),
    (re.compile(r"Found no NVIDIA driver"), _fixed(_DRIVERLESS)),
    (re.compile(r"no kernel image is available"), _fixed(NO_KERNELS)),
    (re.compile(r"DefaultCPUAllocator: (?:can't allocate|not enough) memory"), _fixed(_MACHINE_FULL)),
    (
        re.compile(
            r"(?:CUDA|HIP|MPS backend) out of memory"
            r"|(?:(?:CUDA|HIP) (?:driver )?error|Triton Error \[CUDA\]): out of memory"
            r"|CU(?:BLAS|DNN)_STATUS_ALLOC_FAILED|cudaErrorMemoryAllocation"
        ),
        _out_of_memory,
    ),
    (re.compile(r"device\(?s?\)? (?:is|are|is/are) busy or unavailable"), _fixed(_BUSY)),
    (re.compile(r"(?:(?:CUDA|HIP) (?:driver )?error|Triton Error \[CUDA\]): ([^\n]+)"), _stopped),
    (re.compile(r"(CU(?:BLAS|DNN|SOLVER|SPARSE)_STATUS_\w+)"), _stopped),
    (re.compile(r"cudaGetDeviceCount\(\).*?(Error \d+: [^\n(]+)", re.DOTALL), _not_initialized),
    (re.compile(r"CUDA driver initialization failed"), _fixed(_UNUSABLE_DRIVER)),
    (re.compile(r"NVML_SUCCESS == .*(INTERNAL ASSERT FAILED)"), _stopped),
)
"""Messages, the first that matches first, and what each means."""
