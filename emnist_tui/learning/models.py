"""The networks that can be trained, by name."""

from collections.abc import Callable

from torch import Tensor, nn

from emnist_tui.runs.errors import UsageError


class Chain(nn.Module):
    """A network that is one layer after another."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        """Logits, float32 [N, 10], of images float32 [N, 1, 28, 28] in 0..1."""
        logits: Tensor = self.layers(images)
        return logits


class Baseline(Chain):
    """The documented recipe's network: two small convolutions and a linear layer, 1,138 parameters."""

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


MODELS: dict[str, Callable[[], nn.Module]] = {"baseline": Baseline}


def build_model(name: str) -> nn.Module:
    """A freshly initialised network, on the CPU. Raises `UsageError` for a name that is not in `MODELS`."""
    if name not in MODELS:
        raise UsageError(f"There is no model {name!r}; choose one of: {', '.join(MODELS)}.")
    return MODELS[name]()


def count_parameters(model: nn.Module) -> int:
    """How many numbers training adjusts."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
