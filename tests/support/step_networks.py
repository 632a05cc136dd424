"""Networks and images for comparisons of training steps."""

import torch
from torch import Tensor, nn

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.models.layers import Chain
from tests.support.small_dataset import bars


def three_channels() -> Chain:
    """Return a network with odd sizes, another order of activations, and a hidden layer."""
    return Chain(
        *(nn.Conv2d(1, 3, 3), nn.Sigmoid(), nn.MaxPool2d(2)),
        *(nn.Conv2d(3, 5, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(5 * 4 * 4, 16), nn.ReLU(), nn.Linear(16, 10)),
    )


def one_convolution() -> Chain:
    return Chain(nn.Conv2d(1, 3, 7), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(3 * 11 * 11, 10))


def bars_on_paper(images: int) -> Split:
    """Return noisy bars with a blank margin, where all members of a pooling window are equal."""
    split = bars(images, seed=1)
    split.images[:, :7] = 0
    split.images[:, :, 20:] = 0
    return split


def flat_gradient(model: nn.Module) -> Tensor:
    """Return the gradients of all parameters as one vector."""
    return torch.cat([parameter.grad.flatten() for parameter in model.parameters() if parameter.grad is not None])
