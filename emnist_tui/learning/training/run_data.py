"""The splits that a run trains and is evaluated on."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

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


_Cut = tuple[int, int, str]
_last: WeakKeyDictionary[Dataset, tuple[_Cut, RunData]] = WeakKeyDictionary()
"""The last split of each dataset that is in use, which most trials of a sweep share."""


def split_dataset(dataset: Dataset, config: TrainConfig, device: torch.device) -> RunData:
    """Hold out the validation split, and move all splits to `device`.

    What is cut and placed alike is the same object. Raises `UsageError` if the validation split would leave no image to
    train on.
    """
    cut = config.validation, config.seed if config.validation else 0, str(device)
    kept = _last.pop(dataset, None)
    data = kept[1] if kept and kept[0] == cut else None
    del kept  # before another is made, since each takes as much memory as the dataset
    data = data or _split(dataset, config, device)
    _last[dataset] = cut, data
    return data


def _split(dataset: Dataset, config: TrainConfig, device: torch.device) -> RunData:
    train, validation = dataset.train, None
    if config.validation:
        train, held_out = hold_out(dataset.train, config.validation, config.seed)
        validation = held_out.to(device)
    return RunData(dataset.name, dataset.fingerprint, train.to(device), validation, dataset.test.to(device))
