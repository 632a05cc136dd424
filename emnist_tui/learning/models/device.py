"""Where and with how many threads torch computes."""

import torch

from emnist_tui.runs.errors import UsageError


def choose_device(name: str) -> torch.device:
    """`auto` is CUDA if it is there, else the CPU. Raises `UsageError` when `cuda` is asked for and is not there."""
    if name not in ("auto", "cpu", "cuda"):
        raise UsageError(f"There is no device {name!r}; choose auto, cpu or cuda.")
    if name == "cuda" and not torch.cuda.is_available():
        raise UsageError("CUDA is not available on this machine; train with --device cpu, or leave the choice to auto.")
    if name == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    torch.backends.cudnn.deterministic = True  # a resumed run repeats the uninterrupted one
    return torch.device("cuda")


def describe_device(device: torch.device) -> str:
    """`cpu`, or `cuda` with the name of the card."""
    return f"cuda ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else device.type


def choose_threads(given: int | None, device: torch.device) -> int:
    """Sets torch's CPU threads to `given`, else 1, and returns their number.

    One thread is the default: a step of the baseline at batch 32 takes half a millisecond, too short to share. Measured
    on two quiet cores, two threads made 2,160 steps a second where one made 1,870; with other programs on the cores,
    390 to 520 where one made 1,170 to 1,300, as the threads wait for each other. On a GPU the CPU only hands out the
    work. The number also decides in which order sums are added up, so a run repeats bit for bit only with the same one.
    """
    del device  # one thread feeds a GPU as well
    threads = given or 1
    torch.set_num_threads(threads)
    return threads
