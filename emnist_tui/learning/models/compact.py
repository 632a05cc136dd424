"""The most accurate network found that is no larger than the baseline."""

from torch import nn

from emnist_tui.learning.models.layers import Blocks, Chain, Mish, Residual


class Compact(Chain):
    """Residual depthwise convolutions with Mish, 1,267 parameters."""

    def __init__(self) -> None:
        blocks = Blocks(Mish, scaled=False)
        super().__init__(
            *blocks.convolution(1, 8, kernel=5, stride=2),  # 8×14×14
            Residual(*blocks.depthwise(8)),
            *blocks.convolution(8, 10, kernel=1),
            Residual(*blocks.depthwise(10)),
            nn.AvgPool2d(2),  # 10×7×7
            Residual(*blocks.depthwise(10)),
            *blocks.separable(10, 19, normed=False),
            nn.AvgPool2d(2),  # 19×3×3
            *blocks.depthwise(19, padding=0),
            nn.Flatten(),
            nn.Linear(19, 10),
        )
