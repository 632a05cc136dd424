"""Building blocks that the networks share."""

from torch import Tensor, nn


class Chain(nn.Module):
    """A network that is one layer after another."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        """Logits, float32 [N, 10], of images float32 [N, 1, 28, 28] in 0..1."""
        logits: Tensor = self.layers(images)
        return logits
