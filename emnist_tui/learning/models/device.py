"""The device and the number of CPU threads that torch uses."""

import torch

from emnist_tui.runs.config import AUTOMATIC_THREADS
from emnist_tui.runs.errors import UsageError


def choose_device(name: str) -> torch.device:
    """Resolve `auto`, `cpu` or `cuda` to a torch device.

    `auto` is CUDA where it is available, else the CPU. Raises `UsageError` for any other name, and for `cuda` where
    CUDA is not available.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise UsageError(f"There is no device {name!r}; choose auto, cpu or cuda.")
    if name == "cuda" and not torch.cuda.is_available():
        raise UsageError("CUDA is not available on this machine; use --device cpu or --device auto.")
    if name == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    torch.backends.cudnn.deterministic = True  # a resumed run repeats the uninterrupted one
    return torch.device("cuda")


def describe_device(device: torch.device) -> str:
    """Return the device's type, with the card's name for CUDA."""
    return f"cuda ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else device.type


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
