"""The splits that a run trains and is evaluated on."""

from dataclasses import dataclass

import torch

from emnist_tui.learning.data.dataset import Dataset, Split, hold_out
from emnist_tui.runs.config import TrainConfig


@dataclass(frozen=True, eq=False)
class RunData:
    """Train, validation and test split of a run, on its device."""

    name: str
    """Name of the dataset."""
    fingerprint: str
    """Fingerprint of the dataset."""
    train: Split
    validation: Split | None
    """None if the config holds out no validation split."""
    test: Split

    @property
    def selection(self) -> tuple[str, Split]:
        """Name and images of the split evaluated after each epoch."""
        return ("validation", self.validation) if self.validation else ("test", self.test)


def split_dataset(dataset: Dataset, config: TrainConfig, device: torch.device) -> RunData:
    """Hold out the validation split, and move all splits to `device`.

    Raises `UsageError` if the validation split would leave no image to train on.
    """
    train, validation = dataset.train, None
    if config.validation:
        train, held_out = hold_out(dataset.train, config.validation, config.seed)
        validation = held_out.to(device)
    return RunData(dataset.name, dataset.fingerprint, train.to(device), validation, dataset.test.to(device))
