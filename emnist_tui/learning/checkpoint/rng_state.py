"""Random generator states and weights, captured for a checkpoint and restored."""

import torch
from torch import Tensor

from emnist_tui.learning.checkpoint.own_network import StateDict


def copied(tensors: StateDict) -> StateDict:
    """Copy tensors to the CPU, where training no longer changes them."""
    return {
        name: tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
        for name, tensor in tensors.items()
    }


def random_states(device: torch.device) -> dict[str, Tensor]:
    """Capture the random generators used by training on `device`.

    Returns states, uint8 [bytes], by device type: `cpu`, and `cuda` if `device` is a GPU.
    """
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def restore_random(states: dict[str, Tensor], device: torch.device) -> None:
    """Restore random generator states for training on `device`."""
    torch.set_rng_state(states["cpu"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
