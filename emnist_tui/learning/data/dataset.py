"""Training and test images as tensors."""

from dataclasses import dataclass
from typing import Self

import torch

from emnist_tui.analysis.digit_sample import keep_sample_of
from emnist_tui.learning.data import digits
from emnist_tui.learning.data.digits import SYNTHETIC_NAME, Digits, OnPhase
from emnist_tui.runs.errors import UsageError


@dataclass(frozen=True, eq=False)
class Split:
    """Images and their labels."""

    images: torch.Tensor
    """Images, uint8 [N, 28, 28], upright, contiguous, 255 is ink."""
    labels: torch.Tensor
    """Labels, int64 [N], 0 to 9."""

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, indices: torch.Tensor) -> Self:
        """Select the images at `indices`, int64 [M]."""
        return type(self)(self.images[indices], self.labels[indices])

    def to(self, device: torch.device | str) -> Self:
        return type(self)(self.images.to(device), self.labels.to(device))


@dataclass(frozen=True, eq=False)
class Dataset:
    """Train and test split of a run."""

    name: str
    """Name shown beside the dataset's numbers."""
    train: Split
    test: Split
    fingerprint: str
    """16 hex digits of the sha256 of both splits: equal if and only if the data is."""


def load_dataset(source: str, *, on_phase: OnPhase | None = None) -> Dataset:
    """Load a dataset by name or path.

    `source` is `auto`, `emnist`, `synthetic`, or the path of an archive or a folder. `auto` is the installed EMNIST
    digits, or else the synthetic ones (see `notice`). `on_phase` is called with descriptions of slow steps, such as
    "reading EMNIST digits". Raises `UsageError` if the path does not exist, `EmnistTuiError` if the data is not
    installed or damaged.
    """
    return to_dataset(digits.load_digits(source, on_phase or (lambda _: None)))


def to_dataset(loaded: Digits) -> Dataset:
    """Wrap arrays as tensors, which share their memory."""
    train = Split(torch.from_numpy(loaded.train_images), torch.from_numpy(loaded.train_labels))
    test = Split(torch.from_numpy(loaded.test_images), torch.from_numpy(loaded.test_labels))
    return Dataset(loaded.name, train, test, loaded.fingerprint)


def keep_sample(dataset: Dataset) -> None:
    """Keep a sample of the test digits for the app.

    Raises nothing.
    """
    keep_sample_of(dataset.fingerprint, dataset.test.images.numpy(), dataset.test.labels.numpy())


def notice(source: str, dataset: Dataset) -> str | None:
    """Return the notice that `auto` chose synthetic digits; None otherwise."""
    if source != "auto" or dataset.name != SYNTHETIC_NAME:
        return None
    return (
        "The EMNIST digits are not installed, so this uses synthetic digits: "
        "get the real ones with `emnist-tui data download`."
    )


def hold_out(split: Split, count: int, seed: int) -> tuple[Split, Split]:
    """Shuffle a split by `seed` and hold out `count` images.

    Returns the train split and the validation split. Raises `UsageError` unless both get at least one image.
    """
    if not 0 < count < len(split):
        raise UsageError(
            f"{count:,} images cannot be held out of {len(split):,}: choose a validation from 1 to {len(split) - 1:,}."
        )
    order = torch.randperm(len(split), generator=torch.Generator().manual_seed(seed)).to(split.labels.device)
    return split[order[:-count]], split[order[-count:]]


def fingerprint(train: Split, test: Split) -> str:
    """Hash the shapes and contents of both splits; see `digits.fingerprint`."""
    tensors = train.images, train.labels, test.images, test.labels
    return digits.fingerprint(*(tensor.cpu().contiguous().numpy() for tensor in tensors))
