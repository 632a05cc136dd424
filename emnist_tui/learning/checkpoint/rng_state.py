"""Taking the state of torch objects out of a training, and putting it back."""

import torch
from torch import Tensor

from emnist_tui.learning.checkpoint.state_dict import StateDict


def copied(tensors: StateDict) -> StateDict:
    """On the CPU, and no longer changed by training."""
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in tensors.items()}


def random_states(device: torch.device) -> dict[str, Tensor]:
    """States of the generators that training on `device` draws from, uint8 [bytes] by device type."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def restore_random(states: dict[str, Tensor], device: torch.device) -> None:
    torch.set_rng_state(states["cpu"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
