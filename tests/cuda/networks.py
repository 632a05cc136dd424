"""Networks of a user's own that can be captured, and that cannot."""

FILE = '''
from pathlib import Path

import torch
from torch import nn


class Dropped(nn.Module):
    """Dropout, norms and noise: everything that draws random numbers on the device."""

    def __init__(self):
        super().__init__()
        self.maps = nn.Conv2d(1, 6, 5, stride=2)
        self.norm = nn.BatchNorm2d(6)
        self.head = nn.Linear(6 * 12 * 12, 10)
        self.dropout = nn.Dropout(0.3)

    def forward(self, images):
        maps = torch.relu(self.norm(self.maps(images)))
        if self.training:
            maps = maps + 0.01 * torch.randn_like(maps)
        return self.head(self.dropout(maps.flatten(1)))


class Looks(nn.Module):
    """A forward pass that looks at a result on the host."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(28 * 28, 10)

    def forward(self, images):
        logits = self.head(images.flatten(1))
        return logits * 0.5 if logits.abs().max().item() > 50 else logits


class Replaces(nn.Module):
    """A buffer that each training pass replaces."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(28 * 28, 10)
        self.register_buffer("center", torch.zeros(28 * 28))

    def forward(self, images):
        pixels = images.flatten(1)
        if self.training:
            self.center = 0.9 * self.center + 0.1 * pixels.detach().mean(0)
        return self.head(pixels - self.center)


class Counts(nn.Module):
    """State of Python that changes each training pass."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(28 * 28, 10)
        self.passes = 0

    def forward(self, images):
        logits = self.head(images.flatten(1))
        if self.training:
            self.passes += 1
            return logits * (1 + self.passes % 3 / 4)
        return logits


class Huge(nn.Module):
    """More memory than a card has, for more than 100 images: in training, or anywhere once a file `full` is there."""

    def __init__(self, when="training"):
        super().__init__()
        self.head = nn.Linear(28 * 28, 10)
        self.when = when

    def forward(self, images):
        is_full = self.training if self.when == "training" else Path(__file__).with_name("full").exists()
        if images.is_cuda and is_full and len(images) > 100:
            torch.empty(1 << 48, dtype=torch.uint8, device=images.device)
        return self.head(images.flatten(1))


def huge_later():
    return Huge("later")
'''
"""Text of a file with one class or function for each kind."""
