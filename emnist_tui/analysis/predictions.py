"""Predictions of one evaluation and the metrics derived from them.

They are kept in a file with the labels, the logits and the misclassified images, so that a run can be inspected without
its data and without torch.
"""

import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self, overload

import numpy as np
import numpy.typing as npt

from emnist_tui.analysis import metrics
from emnist_tui.analysis.statistics import expected_calibration_error, wilson_interval
from emnist_tui.runs.atomic_files import replacing
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.task import CLASSES, SIDE

SORTS = ("loss", "confidence", "margin", "index")
"""Orders of mistakes, worst first; `index` is the order of the split."""
_MOST_IMAGES = 1_000_000

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Mistake:
    """One misclassified image."""

    index: int
    """Position in the split."""
    true: int
    predicted: int
    probabilities: Floats
    """Probability of each class; float64 [10]."""
    loss: float
    """Cross-entropy on this image, in nats."""
    image: npt.NDArray[np.uint8]
    """uint8 [28, 28], upright, 255 is ink."""

    @property
    def confidence(self) -> float:
        """Probability of the predicted class, 0 to 1."""
        return float(self.probabilities[self.predicted])

    @property
    def margin(self) -> float:
        """Probability of the predicted minus the true class, 0 to 1."""
        return float(self.probabilities[self.predicted] - self.probabilities[self.true])


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Predictions of one network on one split."""

    data: str
    """Name of the data."""
    split: str
    true: Integers
    """Labels, 0 to 9; int64 [images]."""
    logits: npt.NDArray[np.float32]
    """float32 [images, 10]."""
    wrong_images: npt.NDArray[np.uint8]
    """Misclassified images, upright, in the order of the split; uint8 [mistakes, 28, 28]."""
    fingerprint: str = ""
    """Hash of the data's contents; empty if the file does not say."""

    @cached_property
    def predicted(self) -> Integers:
        """Predicted classes, the lowest in a tie; int64 [images]."""
        return np.asarray(self.logits.argmax(axis=1), np.int64)

    @cached_property
    def wrong(self) -> Integers:
        """Misclassified images as positions in the split; int64 [mistakes]."""
        return np.flatnonzero(self.predicted != self.true)

    @cached_property
    def _log_probabilities(self) -> Floats:
        shifted = self.logits.astype(np.float64) - self.logits.max(axis=1, keepdims=True)
        return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))

    @cached_property
    def probabilities(self) -> Floats:
        """Class probabilities; float64 [images, 10]."""
        return np.asarray(np.exp(self._log_probabilities))

    @cached_property
    def losses(self) -> Floats:
        """Cross-entropy of each image, in nats; float64 [images]."""
        return np.asarray(-self._log_probabilities[np.arange(len(self.true)), self.true])

    @property
    def images(self) -> int:
        return len(self.true)

    @property
    def accuracy(self) -> float:
        """Share of correctly classified images, 0 to 1."""
        return (self.images - len(self.wrong)) / self.images

    @property
    def loss(self) -> float:
        """Mean cross-entropy, in nats."""
        return float(self.losses.mean())

    @cached_property
    def confusion(self) -> Integers:
        """Confusion matrix, images by `[true, predicted]`; int64 [10, 10]."""
        cells = np.bincount(self.true * CLASSES + self.predicted, minlength=CLASSES * CLASSES)
        return cells.reshape(CLASSES, CLASSES)

    @property
    def accuracy_interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the accuracy, 0 to 1."""
        return wilson_interval(self.images - len(self.wrong), self.images)

    @property
    def macro_f1(self) -> float:
        """Unweighted mean F1 of the classes, 0 to 1."""
        return metrics.macro_f1(self.confusion)

    @cached_property
    def calibration_error(self) -> float:
        """Expected calibration error in 15 bins, 0 to 1."""
        return expected_calibration_error(self.probabilities.max(axis=1), self.predicted == self.true)

    def normalized_by_true(self) -> Floats:
        """Normalize the confusion matrix by row.

        Returns float64 [10, 10]; the rows sum to 1, empty ones to 0.
        """
        return metrics.normalized_by_true(self.confusion)

    def normalized_by_predicted(self) -> Floats:
        """Normalize the confusion matrix by column.

        Returns float64 [10, 10]; the columns sum to 1, empty ones to 0.
        """
        return metrics.normalized_by_predicted(self.confusion)

    def most_confused(self, limit: int) -> list[metrics.ConfusedPair]:
        """List the `limit` most frequent confusions, largest first."""
        return metrics.most_confused(self.confusion, limit)

    def mistakes(
        self,
        true: int | None = None,
        predicted: int | None = None,
        sort: str = "loss",
        *,
        min_confidence: float | None = None,
        indices: Collection[int] | None = None,
    ) -> "Mistakes":
        """Select misclassified images that pass every given filter.

        `sort` is one of `SORTS`, with ties in the order of the split. `min_confidence`, 0 to 1, is a lower bound on the
        probability of the predicted class. `indices` are the positions in the split to select from.
        """
        wrong = self.wrong
        kept = np.ones(len(wrong), bool)
        if true is not None:
            kept &= self.true[wrong] == true
        if predicted is not None:
            kept &= self.predicted[wrong] == predicted
        if min_confidence is not None:
            kept &= self.probabilities[wrong, self.predicted[wrong]] >= min_confidence
        if indices is not None:
            kept &= np.isin(wrong, np.fromiter(indices, np.int64, len(indices)))
        rows = np.flatnonzero(kept)
        return Mistakes(self, rows[np.argsort(-self._badness(wrong[rows], sort), kind="stable")])

    def _badness(self, indices: Integers, sort: str) -> Floats:
        """Return float64 [indices], largest for the image that comes first."""
        predicted = self.predicted[indices]
        match sort:
            case "loss":
                return self.losses[indices]
            case "confidence":
                return self._log_probabilities[indices, predicted]
            case "margin":
                return np.asarray(
                    self.probabilities[indices, predicted] - self.probabilities[indices, self.true[indices]]
                )
            case "index":
                return -indices.astype(np.float64)
        raise ValueError(f"unknown order {sort!r}; choose one of {', '.join(SORTS)}")

    def mistake(self, row: int) -> Mistake:
        """Return the misclassified image at a position in `wrong`."""
        index = int(self.wrong[row])
        return Mistake(
            index=index,
            true=int(self.true[index]),
            predicted=int(self.predicted[index]),
            probabilities=self.probabilities[index],
            loss=float(self.losses[index]),
            image=self.wrong_images[row],
        )

    def per_class(self) -> list[dict[str, float | int]]:
        """Compute precision, recall, F1 and support of each class."""
        return metrics.per_class(self.confusion)

    def to_json(self) -> dict[str, Any]:
        """Build the object of `emnist-tui evaluate --json`."""
        return {
            "dataset": self.data,
            "split": self.split,
            "images": self.images,
            "accuracy": self.accuracy,
            "accuracy_interval": list(self.accuracy_interval),
            "loss": self.loss,
            "macro_f1": self.macro_f1,
            "calibration_error": self.calibration_error,
            "confusion": self.confusion.tolist(),
            "per_class": self.per_class(),
        }

    def save(self, path: Path) -> None:
        """Write the file atomically. Raises `OSError`."""
        with replacing(path) as file:
            np.savez_compressed(
                file,
                data=np.frombuffer(self.data.encode(), np.uint8),
                split=np.frombuffer(self.split.encode(), np.uint8),
                fingerprint=np.frombuffer(self.fingerprint.encode(), np.uint8),
                true=self.true.astype(np.uint8),
                logits=self.logits,
                wrong_images=self.wrong_images,
            )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read an evaluation from its file.

        Raises `EmnistTuiError` if it is missing or damaged.
        """
        try:
            _refuse_oversized(path)
            with np.load(path, allow_pickle=False) as arrays:
                evaluation = cls(
                    data=arrays["data"].tobytes().decode(),
                    split=arrays["split"].tobytes().decode(),
                    true=arrays["true"].astype(np.int64),
                    logits=arrays["logits"],
                    wrong_images=arrays["wrong_images"],
                    fingerprint=arrays["fingerprint"].tobytes().decode() if "fingerprint" in arrays else "",
                )
            evaluation._check()
        except FileNotFoundError:
            raise EmnistTuiError(f"{path} does not exist; evaluate the checkpoint again.") from None
        except Exception as error:  # damaged bytes make zip, zlib and numpy raise many types
            reason = " ".join(str(error).split())
            raise EmnistTuiError(
                f"{path} is not a readable evaluation ({reason}); evaluate the checkpoint again."
            ) from None
        return evaluation

    def _check(self) -> None:
        images = len(self.true)
        if self.true.ndim != 1 or not images or self.true.max() >= CLASSES:
            raise ValueError("labels are not digits")
        if self.logits.dtype != np.float32 or self.logits.shape != (images, CLASSES):
            raise ValueError("logits do not match the labels")
        if not np.isfinite(self.logits).all():
            raise ValueError("logits are not finite")
        expected = (len(self.wrong), SIDE, SIDE)
        if self.wrong_images.dtype != np.uint8 or self.wrong_images.shape != expected:
            raise ValueError("images do not match the mistakes")


class Mistakes(Sequence[Mistake]):
    """Ordered misclassified images, each built on access because there may be 36,000."""

    def __init__(self, evaluation: Evaluation, rows: Integers) -> None:
        """Refer to images by `rows`, positions in `evaluation.wrong`."""
        self._evaluation = evaluation
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, position: int) -> Mistake: ...
    @overload
    def __getitem__(self, position: slice) -> "Mistakes": ...
    def __getitem__(self, position: int | slice) -> "Mistake | Mistakes":
        if isinstance(position, slice):
            return Mistakes(self._evaluation, self._rows[position])
        return self._evaluation.mistake(int(self._rows[position]))


def _refuse_oversized(path: Path) -> None:
    """Limit the unpacked size, since arrays are allocated as their members declare.

    Raises `ValueError`.
    """
    with zipfile.ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > _MOST_IMAGES * (SIDE * SIDE + 64):
            raise ValueError("it is too large")
