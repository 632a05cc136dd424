"""Random generator states and weights, captured for a checkpoint and restored."""

import torch
from torch import Tensor

from emnist_tui.learning.checkpoint.own_network import StateDict
from emnist_tui.runs.errors import EmnistTuiError


def copied(tensors: StateDict) -> StateDict:
    """Copy tensors to the CPU, where training no longer changes them."""
    return {
        name: tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
        for name, tensor in tensors.items()
    }


def random_states(device: torch.device) -> dict[str, Tensor]:
    """Capture the random generators used by training on `device`.

    Returns states, uint8 [bytes], by device type: `cpu`, and `cuda` or `mps` if that is the `device`.
    """
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    if device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def restore_random(states: dict[str, Tensor], device: torch.device) -> None:
    """Restore random generator states for training on `device`.

    States of another device are left alone. Raises `EmnistTuiError` if the device refuses its state.
    """
    torch.set_rng_state(states["cpu"])
    try:
        if device.type == "cuda" and "cuda" in states:
            torch.cuda.set_rng_state(states["cuda"], device)
        if device.type == "mps" and "mps" in states:
            torch.mps.set_rng_state(states["mps"])
    except (RuntimeError, TypeError) as error:
        raise EmnistTuiError(
            f"The checkpoint's random state is not one of {device.type} ({error}); resume with --device cpu."
        ) from None
