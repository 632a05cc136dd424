"""The same training in plain PyTorch, timed at batch size 32 on the CPU if nothing else is said."""

import time
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.models.registry import build_model

BATCH_SIZE = 32

Train = Callable[[int], float]
"""Train for a number of steps and return the seconds they took."""


class _Digits(torch.utils.data.Dataset[tuple[torch.Tensor, int]]):
    """Images as torchvision's EMNIST class returns them."""

    def __init__(self, split: Split) -> None:
        self._split = split

    def __len__(self) -> int:
        return len(self._split)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        image = Image.fromarray(self._split.images[index].numpy(), mode="L")
        return _to_tensor(image), int(self._split.labels[index])


def _to_tensor(image: Image.Image) -> torch.Tensor:
    """Convert an image as torchvision's ToTensor does, without importing torchvision.

    That import fails beside some builds of torch.
    """
    pixels = torch.from_numpy(np.array(image, np.uint8, copy=True)).view(image.size[1], image.size[0], 1)
    return pixels.permute((2, 0, 1)).contiguous().to(torch.float32).div(255)


def script(split: Split, name: str = "baseline", batch_size: int = BATCH_SIZE, device: str = "cpu") -> Train:
    """Build a typical script: Dataset, ToTensor, DataLoader, Adam, `.item()` every batch."""
    model = build_model(name).train().to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    criterion = nn.CrossEntropyLoss()
    loader = DataLoader(_Digits(split), batch_size=batch_size, shuffle=True)

    def train(steps: int) -> float:
        start, running, correct = time.perf_counter(), 0.0, 0
        for step, (images, labels) in enumerate(loader):
            if step == steps:
                break
            images, labels = images.to(device), labels.to(device)
            optimizer.zero_grad()
            logits = model(images)
            loss = criterion(logits, labels)
            loss.backward()
            optimizer.step()
            running += loss.item()
            correct += (logits.argmax(1) == labels).sum().item()
        return time.perf_counter() - start

    return train


def preloaded(split: Split, name: str = "baseline", batch_size: int = BATCH_SIZE) -> Train:
    """Build an eager script: preloaded images, fused Adam, `.item()` every batch.

    It trains on the device of the images.
    """
    device = split.labels.device
    model = build_model(name).train().to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, fused=True)
    images, labels = split.images.unsqueeze(1).float() / 255, split.labels

    def train(steps: int) -> float:
        start = time.perf_counter()
        order = torch.randperm(len(labels), device=device)
        for indices in torch.split(order[: steps * batch_size], batch_size):
            target = labels[indices]
            logits = model(images[indices])
            loss = cross_entropy(logits, target)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            loss.item()
            (logits.argmax(1) == target).sum().item()
        return time.perf_counter() - start

    return train
