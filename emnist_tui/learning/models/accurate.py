"""The most accurate network found below 30,000 parameters."""

from torch import nn

from emnist_tui.learning.models.layers import Blocks, Chain, Residual


class Accurate(Chain):
    """Residual separable convolutions with SiLU, 29,958 parameters."""

    def __init__(self) -> None:
        blocks = Blocks(nn.SiLU, scaled=True)
        super().__init__(
            *blocks.convolution(1, 12, kernel=3),  # 12×28×28
            *blocks.convolution(12, 24, kernel=3, stride=2),  # 24×14×14
            *blocks.separable(24, 48, normed=True),
            Residual(*blocks.separable(48, 48, normed=True)),
            nn.MaxPool2d(2),  # 48×7×7
            *blocks.separable(48, 80, normed=True),
            Residual(*blocks.separable(80, 80, normed=True)),
            nn.MaxPool2d(2),  # 80×3×3
            *blocks.separable(80, 96, normed=True),
            *blocks.depthwise(96, padding=0),
            nn.Flatten(),
            nn.Linear(96, 10),
        )
