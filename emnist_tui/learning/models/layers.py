"""Building blocks shared by the networks."""

from torch import Tensor, nn


class Chain(nn.Module):
    """A network of layers applied one after another."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        """Compute the logits of images.

        Images are float32 [N, 1, 28, 28] in 0..1, logits float32 [N, 10].
        """
        logits: Tensor = self.layers(images)
        return logits
