"""Adam's factors of each step, computed before an epoch."""

from collections.abc import Sequence

import torch
from torch import Tensor

from emnist_tui.learning.training.optimizer import ADAM_BETAS


def adam_coefficients(rates: Sequence[float], taken: int) -> Tensor:
    """Compute the factors of the steps after the first `taken` ones.

    With bias corrections (Kingma & Ba, 2015, algorithm 1) step t changes a weight by -rate / (1 - b1ᵗ) · m / (√v /
    √(1 - b2ᵗ) + epsilon). Returns rate / (1 - b1ᵗ) and √(1 - b2ᵗ) for each learning rate, computed in float64:
    float32 [steps, 2] on the CPU.
    """
    steps = torch.arange(taken + 1, taken + len(rates) + 1, dtype=torch.float64)
    # Beyond e^-40 a power no longer changes the difference, and its underflow would be slow.
    first, second = (1 - beta ** steps.clamp(max=40 / (1 - beta)) for beta in ADAM_BETAS)
    return torch.stack([torch.tensor(rates, dtype=torch.float64) / first, second.sqrt()], 1).float()
