"""The documented recipe's network."""

from torch import nn

from emnist_tui.learning.models.layers import Chain


class Baseline(Chain):
    """Two small convolutions and a linear layer, 1,138 parameters."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(1, 2, kernel_size=5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(2, 4, kernel_size=3),
            nn.Sigmoid(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(100, 10),
        )
