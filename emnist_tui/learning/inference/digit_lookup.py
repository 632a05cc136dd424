"""Digits of the data of a run or checkpoint, by number.

Torch is imported only for a validation split, which its random numbers make, and for checkpoints of other programs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emnist_tui.analysis.digit_sample import Digit, DigitSample, draw_sample, keep_sample
from emnist_tui.learning.data.digits import SYNTHETIC_NAME, Digits, OnPhase, load_digits, resolve_auto
from emnist_tui.runs.checkpoint_file.reader import read_plain
from emnist_tui.runs.checkpoint_file.refusal import UnusualFileError
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.data_paths import require_source
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.record import summarize

_SPLITS = ("test", "train", "validation")


@dataclass(frozen=True)
class DataReference:
    """Data that a run or checkpoint was trained on, as recorded."""

    source: str
    """Source as `--data` takes it."""
    name: str = ""
    """Name of the data."""
    fingerprint: str = ""
    config: TrainConfig | None = None

    @classmethod
    def of_run(cls, folder: RunFolder) -> "DataReference":
        """Return the data of a run.

        Raises `EmnistTuiError` if the run is damaged.
        """
        started, config = summarize(folder).started, folder.read_config()
        if started is None:
            return cls(config.data, config=config)
        source = folder.recorded_data(started.fingerprint) or config.data
        return cls(resolve_auto(source, started.data), started.data, started.fingerprint, config)

    @classmethod
    def of_checkpoint(cls, path: Path) -> "DataReference":
        """Return the data of a checkpoint.

        It is `auto` if nothing is recorded. Raises `EmnistTuiError` as `load_checkpoint` does.
        """
        try:
            found = read_plain(path)
        except (UnusualFileError, OSError):
            return cls._of_unusual(path)
        if found.config is None or not found.fingerprint or not found.data:
            return cls("auto")
        return cls._trained_on(path, found.config, found.data, found.fingerprint)

    @classmethod
    def _of_unusual(cls, path: Path) -> "DataReference":
        from emnist_tui.learning.checkpoint.format import load_checkpoint  # here, since it loads torch

        try:
            training = load_checkpoint(path).training
        except UsageError:
            raise
        except EmnistTuiError:
            return cls("auto")  # such as one of several weights; its network's own request says what is wrong
        if training is None:
            return cls("auto")
        return cls._trained_on(path, training.config, training.data, training.fingerprint)

    @classmethod
    def _trained_on(cls, path: Path, config: TrainConfig, name: str, fingerprint: str) -> "DataReference":
        source = RunFolder(path.absolute().parent).recorded_data(fingerprint) or config.data
        return cls(resolve_auto(source, name), name, fingerprint, config)


class DigitLookup:
    """Digits of one data set, which is kept in memory."""

    def __init__(self, on_phase: OnPhase) -> None:
        """Call `on_phase` with what takes time, such as `reading EMNIST digits`."""
        self._on_phase = on_phase
        self._loaded: tuple[str, Digits] | None = None

    def digit(self, data: DataReference, split: str, index: int) -> Digit:
        """Return an image of a split.

        Raises `UsageError` for a split or index that does not exist, `EmnistTuiError` if the data is unusable or other
        than recorded.
        """
        if split not in _SPLITS:
            raise UsageError(f"There is no split {split!r}; choose one of: {', '.join(_SPLITS)}.")
        digits = self._load(data)
        images, labels = _split(digits, split, data.config)
        if not 0 <= index < len(labels):
            raise UsageError(
                f"There is no image {index:,} in the {split} split of {digits.name}; choose one from 0 to "
                f"{len(labels) - 1:,}."
            )
        image, label = np.array(images[index]), int(labels[index])
        return Digit(image, label, index, split, len(labels), digits.name, digits.fingerprint)

    def sample(self, data: DataReference) -> DigitSample:
        """Return a sample of the test digits, and keep it on disk.

        Raises `EmnistTuiError` as `digit` does.
        """
        digits = self._load(data)
        sample = draw_sample(digits.test_images, digits.test_labels)
        keep_sample(digits.fingerprint, sample)
        return sample

    def let_go(self) -> None:
        """Forget the data, which is read again when it is asked for."""
        self._loaded = None

    def _load(self, data: DataReference) -> Digits:
        if not self._loaded or self._loaded[0] != data.source:
            self._loaded = None  # before the next is loaded, or both would be in memory
            require_source(data.source)
            self._loaded = data.source, load_digits(data.source, self._on_phase)
        digits = self._loaded[1]
        is_synthetic = digits.name == SYNTHETIC_NAME == (data.name or digits.name)
        if data.fingerprint and digits.fingerprint != data.fingerprint and not is_synthetic:
            raise EmnistTuiError(
                f"The digits in {data.source} are others than these were, {digits.name} ({digits.fingerprint}) and not "
                f"{data.fingerprint}; restore the former."
            )
        return digits


def reference(content: Mapping[str, Any]) -> DataReference:
    """Return the data that a request of `tui.session.network_server` names.

    Raises `EmnistTuiError` if a run or checkpoint cannot be read.
    """
    source, expected = content.get("source"), str(content.get("fingerprint") or "")
    if run := content.get("run"):
        found = DataReference.of_run(RunFolder(Path(run)))
    elif checkpoint := content.get("checkpoint"):
        found = DataReference.of_checkpoint(Path(checkpoint))
    else:
        found = DataReference("auto")
    if source:
        return DataReference(str(source), found.name if expected else "", expected, found.config)
    return DataReference(found.source, found.name, expected or found.fingerprint, found.config)


def _split(digits: Digits, split: str, config: TrainConfig | None) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    if split == "test":
        return digits.test_images, digits.test_labels
    if split == "train":
        return digits.train_images, digits.train_labels
    if config is None or not config.validation:
        raise UsageError(f"There is no validation split; choose one of: {', '.join(_SPLITS[:2])}.")
    from emnist_tui.learning.data.dataset import hold_out, to_dataset  # here, since it loads torch

    held = hold_out(to_dataset(digits).train, config.validation, config.seed)[1]
    return held.images.numpy(), held.labels.numpy()
