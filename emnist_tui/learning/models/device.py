"""The device and the number of CPU threads that torch uses."""

import os
import warnings
from functools import cache

import torch

from emnist_tui.learning.models.device_errors import (
    CPU_BUILD,
    NO_KERNELS,
    Fault,
    find_fault,
    first_line,
    hidden_cards,
    no_card,
    unknown_to_torch,
)
from emnist_tui.runs.config import AUTOMATIC_THREADS, explain_bad_value
from emnist_tui.runs.errors import UnavailableDeviceError, UsageError

_ADVICE = "use --device cpu"


def choose_device(name: str) -> torch.device:
    """Resolve `auto`, `cpu`, `cuda`, `cuda:N` or `mps` to a torch device.

    `auto` is CUDA where it is there and usable, else the CPU. A card that was named becomes torch's current one. Raises
    `UsageError` for any other name, `UnavailableDeviceError` for a device that cannot be used.
    """
    if explain_bad_value("device", name):
        raise UsageError(f"There is no device {name!r}; choose auto, cpu, cuda, cuda:N or mps.")
    if name == "cpu":
        return torch.device("cpu")
    if name == "mps":
        if not torch.backends.mps.is_available():
            raise UnavailableDeviceError(f"The device mps is the GPU of a Mac with Apple silicon; here, {_ADVICE}.")
        return torch.device("mps")
    index = int(name.partition(":")[2] or 0)
    if not _driver_fault() and index >= (cards := torch.cuda.device_count()):
        raise UnavailableDeviceError(f"There is no {name}: CUDA sees {_listed(cards)}; choose another, or {_ADVICE}.")
    if fault := _find_fault(index):
        if name == "auto":
            return torch.device("cpu")
        raise UnavailableDeviceError(f"CUDA is not available: {fault.error}; {fault.remedy}, or {_ADVICE}.")
    torch.backends.cudnn.deterministic = True  # a resumed run repeats the uninterrupted one
    torch.backends.cudnn.allow_tf32 = False  # products of float32, not of 10 bits, as everywhere else
    if name in ("auto", "cuda"):
        return torch.device("cuda")
    torch.cuda.set_device(index)  # for kernels and graphs, which take the current card
    return torch.device("cuda", index)


def device_notice(name: str) -> str | None:
    """Return the doubt about a named device, as a sentence.

    `auto` falls back to the CPU; only a card that should work is worth a word.
    """
    if name == "mps" and torch.backends.mps.is_available():
        return "The device mps is untested with this program; compare a run on it with one on the CPU."
    fault = _find_fault(0) if name == "auto" else None
    if fault is None or fault.is_expected:
        return None
    return f"CUDA is not available, so the CPU is used: {fault.error}; to use the GPU, {fault.remedy}."


def describe_device(device: torch.device) -> str:
    """Return the device's name, with the card's for CUDA."""
    return f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else device.type


def device_uuid(device: torch.device) -> str | None:
    """Return the identifier of a GPU for its driver; None for others."""
    if device.type != "cuda":
        return None
    uuid = getattr(torch.cuda.get_device_properties(device), "uuid", None)  # not of every build
    return str(uuid) if uuid else None


def _listed(cards: int) -> str:
    return "one GPU, cuda:0" if cards == 1 else f"{cards} GPUs, cuda:0 to cuda:{cards - 1}"


def _find_fault(index: int) -> Fault | None:
    """Return why a card cannot be used; None if it computes."""
    return _driver_fault() or _card_fault(index)


@cache  # torch warns of a driver only once
def _driver_fault() -> Fault | None:
    """Return why torch finds no card, if so.

    What torch would print as a warning is part of it.
    """
    if not torch.backends.cuda.is_built():  # type: ignore[no-untyped-call]
        return CPU_BUILD
    if fault := hidden_cards(os.environ):
        return fault
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if torch.cuda.is_available():
            return None
    warned = (find_fault(str(warning.message)) for warning in caught)
    return next(filter(None, warned), None) or no_card(os.environ)


@cache
def _card_fault(index: int) -> Fault | None:
    """Return why a card does not compute, if so.

    Torch's warnings about cards are dropped: a card that computes is good enough, and another one is of no interest.
    """
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        try:
            _compute_on(index)
        except Exception as error:  # of kinds that differ by version and fault
            return _describe(error, index)
    return None


def _compute_on(index: int) -> None:
    """Let a card compute, which shows whether it knows torch's kernels.

    Raises what torch raises.
    """
    if torch.ones(1, device=f"cuda:{index}").add_(1).item() != 2:
        raise RuntimeError("CUDA error: 1 + 1 is not 2 on this GPU")


def _describe(error: Exception, index: int) -> Fault:
    """Describe the error of a card's first use."""
    fault = find_fault(str(error)) or Fault(f"{type(error).__name__}: {first_line(error)}", "repair it")
    if fault is not NO_KERNELS:
        return fault
    major, minor = torch.cuda.get_device_capability(index)
    return unknown_to_torch(torch.cuda.get_device_name(index), f"{major}.{minor}", torch.cuda.get_arch_list())


def choose_threads(requested: int | None, device: torch.device) -> int:
    """Set torch's CPU threads to `requested`, or 1, and return their number.

    One thread is the default: a step of the baseline at batch 32 takes half a millisecond, too short to split. Measured
    on two idle cores, two threads made 2,160 steps a second and one made 1,870; on busy cores two made 390 to 520 and
    one made 1,170 to 1,300, because the threads wait for each other. On a GPU the CPU only launches kernels, so one
    thread is enough as well. The number also decides the order of summation, so a run repeats bit for bit only with the
    same number.
    """
    del device  # one thread feeds a GPU as well
    threads = requested or AUTOMATIC_THREADS
    torch.set_num_threads(threads)
    return threads
