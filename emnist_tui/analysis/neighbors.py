"""Beside each mistake its nearest correctly classified images, kept in a file next to the evaluation's.

They let the eye judge whether the label or the network is at fault, without the data and without torch.
"""

import hashlib
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from emnist_tui.analysis.predictions import Evaluation, Integers, Mistake
from emnist_tui.runs.atomic_files import replacing
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.task import SIDE

NONE = -1
"""The index where there is no neighbor."""

_DIGEST_BYTES = 32
_FARTHEST = 255.0 * SIDE  # from an image all paper to one all ink


@dataclass(frozen=True, eq=False)
class Neighbor:
    """A correctly classified image near a mistake."""

    index: int
    """Position in the split."""
    digit: int
    """Its class, true and predicted."""
    distance: float
    """Euclidean, over pixels of 0 to 255."""
    image: npt.NDArray[np.uint8]
    """uint8 [28, 28], upright, 255 is ink."""


@dataclass(frozen=True, eq=False)
class Neighbors:
    """The nearest correctly classified images of every mistake of one evaluation.

    The rows are those of `Evaluation.wrong`; the first column is of the true class, the second of the predicted one.
    Where the index is -1 the class has no correctly classified image, or the mistake was not searched for.
    """

    evaluation: Evaluation
    indices: Integers
    """int64 [mistakes, 2]: positions in the split, or -1."""
    distances: npt.NDArray[np.float32]
    """float32 [mistakes, 2]: Euclidean, over pixels of 0 to 255; 0 where the index is -1."""
    images: npt.NDArray[np.uint8]
    """uint8 [mistakes, 2, 28, 28], upright; blank where the index is -1."""

    @cached_property
    def searched(self) -> npt.NDArray[np.bool_]:
        """bool [mistakes]: false where both columns are -1 though one of the two classes has a right image."""
        return np.asarray((self.indices != NONE).any(axis=1) | ~self._has_right[self._digits].any(axis=1))

    def of(self, mistake: Mistake) -> tuple[Neighbor | None, Neighbor | None]:
        """The nearest of the true and of the predicted class; `mistake` is one of the same evaluation."""
        row = int(np.searchsorted(self.evaluation.wrong, mistake.index))
        return self._neighbor(row, 0, mistake.true), self._neighbor(row, 1, mistake.predicted)

    def save(self, path: Path) -> None:
        """Raises `OSError`."""
        with replacing(path) as file:
            np.savez_compressed(
                file,
                evaluation=np.frombuffer(_digest(self.evaluation), np.uint8),
                indices=self.indices,
                distances=self.distances,
                images=self.images[self.indices != NONE],
            )

    @classmethod
    def load(cls, path: Path, evaluation: Evaluation) -> Self:
        """Raises `EmnistTuiError` when the file is missing, damaged or of another evaluation."""
        again = "find them again with `emnist-tui neighbors`"
        try:
            with zipfile.ZipFile(path) as archive:
                of_evaluation = _read(archive, "evaluation", np.uint8, (_DIGEST_BYTES,)).tobytes()
                if of_evaluation != _digest(evaluation):
                    raise EmnistTuiError(f"{path} holds the neighbors of another evaluation; {again}.")
                neighbors = cls._read(archive, evaluation)
            neighbors._check()
        except FileNotFoundError:
            raise EmnistTuiError(f"{path} is not there; {again}.") from None
        except EmnistTuiError:
            raise
        except Exception as error:  # whatever damaged bytes make zip, zlib and numpy raise
            reason = " ".join(str(error).split())
            raise EmnistTuiError(f"{path} does not hold readable neighbors ({reason}); {again}.") from None
        return neighbors

    @classmethod
    def _read(cls, archive: zipfile.ZipFile, evaluation: Evaluation) -> Self:
        shape = (len(evaluation.wrong), 2)
        indices = _read(archive, "indices", np.int64, shape)
        distances = _read(archive, "distances", np.float32, shape)
        found = indices != NONE
        images = np.zeros((*shape, SIDE, SIDE), np.uint8)
        images[found] = _read(archive, "images", np.uint8, (int(found.sum()), SIDE, SIDE))
        return cls(evaluation, indices, distances, images)

    def _check(self) -> None:
        found = self.indices != NONE
        indices, evaluation = self.indices[found], self.evaluation
        if ((indices < 0) | (indices >= evaluation.images)).any():
            raise ValueError("an image is not in the split")
        digits = self._digits[found]
        if (evaluation.true[indices] != digits).any() or (evaluation.predicted[indices] != digits).any():
            raise ValueError("an image is not a correctly classified one of its class")
        if not ((self.distances >= 0) & (self.distances <= _FARTHEST)).all():
            raise ValueError("a distance is out of range")

    @property
    def _digits(self) -> Integers:
        """int64 [mistakes, 2]: the classes, true and predicted."""
        wrong = self.evaluation.wrong
        return np.stack([self.evaluation.true[wrong], self.evaluation.predicted[wrong]], axis=1)

    @property
    def _has_right(self) -> npt.NDArray[np.bool_]:
        """bool [10]: which classes have a correctly classified image."""
        return np.asarray(self.evaluation.confusion.diagonal() > 0)

    def _neighbor(self, row: int, column: int, digit: int) -> Neighbor | None:
        index = int(self.indices[row, column])
        if index == NONE:
            return None
        return Neighbor(index, digit, float(self.distances[row, column]), self.images[row, column])


def neighbors_path(evaluation_path: Path) -> Path:
    """Name the file to write: `neighbors-epoch-003.npz` for `evaluation-epoch-003.npz`."""
    return _beside(evaluation_path, "neighbors")


def existing_neighbors_path(evaluation_path: Path) -> Path:
    """Name the file to read, which may still have the old name: `neighbours-epoch-003.npz`."""
    path, old = neighbors_path(evaluation_path), _beside(evaluation_path, "neighbours")
    return old if old.is_file() and not path.is_file() else path


def _beside(evaluation_path: Path, prefix: str) -> Path:
    name = evaluation_path.name
    rest = name.removeprefix("evaluation")
    return evaluation_path.with_name(f"{prefix}{rest}" if rest != name else f"{prefix}-{name}")


def _digest(evaluation: Evaluation) -> bytes:
    """The sha256 of everything that an evaluation's file holds."""
    digest = hashlib.sha256(repr((evaluation.data, evaluation.split, evaluation.images)).encode())
    for array in (evaluation.true.astype(np.uint8), evaluation.logits, evaluation.wrong_images):
        digest.update(np.ascontiguousarray(array).data)
    return digest.digest()


def _read(archive: zipfile.ZipFile, name: str, kind: type[np.generic], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """One array, refused before it is allocated unless it declares this type and shape. Raises `ValueError`."""
    with archive.open(f"{name}.npy") as member:
        np.lib.format.read_magic(member)
        declared_shape, transposed, declared_kind = np.lib.format.read_array_header_1_0(member)
        if transposed or declared_shape != shape or declared_kind != np.dtype(kind):
            raise ValueError(f"{name} do not fit the evaluation")
        size = int(np.prod(shape)) * np.dtype(kind).itemsize
        content = member.read(size + 1)  # one byte more than there may be
        if len(content) != size:
            raise ValueError(f"{name} are cut short or too long")
    return np.frombuffer(content, kind).reshape(shape)
