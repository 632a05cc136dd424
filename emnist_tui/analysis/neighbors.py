"""Nearest correctly classified images of each mistake.

They help to judge by eye whether the label or the network is at fault. They are kept in a file beside the evaluation's,
so that neither the data nor torch is needed to show them.
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
from emnist_tui.runs.folder import is_file
from emnist_tui.runs.task import SIDE

NONE = -1
"""Index in place of a missing neighbor."""

_DIGEST_BYTES = 32
_FARTHEST = 255.0 * SIDE  # distance from a blank image to a fully inked one


@dataclass(frozen=True, eq=False)
class Neighbor:
    """A correctly classified image near a mistake."""

    index: int
    """Position in the split."""
    digit: int
    """Class, both true and predicted."""
    distance: float
    """Euclidean distance over pixels of 0 to 255."""
    image: npt.NDArray[np.uint8]
    """uint8 [28, 28], upright, 255 is ink."""


@dataclass(frozen=True, eq=False)
class Neighbors:
    """The nearest correctly classified images of every mistake of one evaluation.

    Rows correspond to `Evaluation.wrong`; the first column holds the nearest image of the true class, the second that
    of the predicted class. An index is -1 if the class has no correctly classified image or the mistake was not
    searched.
    """

    evaluation: Evaluation
    indices: Integers
    """Positions in the split, or -1; int64 [mistakes, 2]."""
    distances: npt.NDArray[np.float32]
    """Euclidean distances over pixels of 0 to 255, 0 where the index is -1; float32 [mistakes, 2]."""
    images: npt.NDArray[np.uint8]
    """uint8 [mistakes, 2, 28, 28], upright; blank where the index is -1."""

    @cached_property
    def searched(self) -> npt.NDArray[np.bool_]:
        """Mistakes that were searched; bool [mistakes].

        False where both columns are -1 although one of the two classes has a correctly classified image.
        """
        return np.asarray((self.indices != NONE).any(axis=1) | ~self._has_correct[self._digits].any(axis=1))

    def of(self, mistake: Mistake) -> tuple[Neighbor | None, Neighbor | None]:
        """Return the nearest images of the true and the predicted class.

        `mistake` must belong to the same evaluation.
        """
        row = int(np.searchsorted(self.evaluation.wrong, mistake.index))
        return self._neighbor(row, 0, mistake.true), self._neighbor(row, 1, mistake.predicted)

    def save(self, path: Path) -> None:
        """Write the file atomically. Raises `OSError`."""
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
        """Read a file of neighbors.

        Raises `EmnistTuiError` if it is missing, damaged or of another evaluation.
        """
        again = "search again with `emnist-tui neighbors`"
        try:
            with zipfile.ZipFile(path) as archive:
                digest = _read(archive, "evaluation", np.uint8, (_DIGEST_BYTES,)).tobytes()
                if digest != _digest(evaluation):
                    raise EmnistTuiError(f"{path} belongs to another evaluation; {again}.")
                neighbors = cls._read(archive, evaluation)
            neighbors._check()
        except FileNotFoundError:
            raise EmnistTuiError(f"{path} does not exist; {again}.") from None
        except EmnistTuiError:
            raise
        except Exception as error:  # damaged bytes make zip, zlib and numpy raise many types
            reason = " ".join(str(error).split())
            raise EmnistTuiError(f"{path} is not a readable file of neighbors ({reason}); {again}.") from None
        return neighbors

    @classmethod
    def _read(cls, archive: zipfile.ZipFile, evaluation: Evaluation) -> Self:
        shape = (len(evaluation.wrong), 2)
        indices = _read(archive, "indices", np.int64, shape)
        distances = _read(archive, "distances", np.float32, shape)
        present = indices != NONE
        images = np.zeros((*shape, SIDE, SIDE), np.uint8)
        images[present] = _read(archive, "images", np.uint8, (int(present.sum()), SIDE, SIDE))
        return cls(evaluation, indices, distances, images)

    def _check(self) -> None:
        present = self.indices != NONE
        indices, evaluation = self.indices[present], self.evaluation
        if ((indices < 0) | (indices >= evaluation.images)).any():
            raise ValueError("an image is not in the split")
        digits = self._digits[present]
        if (evaluation.true[indices] != digits).any() or (evaluation.predicted[indices] != digits).any():
            raise ValueError("an image is not a correctly classified one of its class")
        if not ((self.distances >= 0) & (self.distances <= _FARTHEST)).all():
            raise ValueError("a distance is out of range")

    @property
    def _digits(self) -> Integers:
        """True and predicted classes; int64 [mistakes, 2]."""
        wrong = self.evaluation.wrong
        return np.stack([self.evaluation.true[wrong], self.evaluation.predicted[wrong]], axis=1)

    @property
    def _has_correct(self) -> npt.NDArray[np.bool_]:
        """Classes with a correctly classified image; bool [10]."""
        return np.asarray(self.evaluation.confusion.diagonal() > 0)

    def _neighbor(self, row: int, column: int, digit: int) -> Neighbor | None:
        index = int(self.indices[row, column])
        if index == NONE:
            return None
        return Neighbor(index, digit, float(self.distances[row, column]), self.images[row, column])


def neighbors_path(evaluation_path: Path) -> Path:
    """Return the path to write neighbors to.

    It is `neighbors-epoch-003.npz` for `evaluation-epoch-003.npz`.
    """
    return _beside(evaluation_path, "neighbors")


def existing_neighbors_path(evaluation_path: Path) -> Path:
    """Return the path to read neighbors from.

    A file of the name that earlier versions used, `neighbours-epoch-003.npz`, is read unless there is a new one.
    """
    path, old = neighbors_path(evaluation_path), _beside(evaluation_path, "neighbours")
    return old if is_file(old) and not is_file(path) else path


def _beside(evaluation_path: Path, prefix: str) -> Path:
    name = evaluation_path.name
    rest = name.removeprefix("evaluation")
    return evaluation_path.with_name(f"{prefix}{rest}" if rest != name else f"{prefix}-{name}")


def _digest(evaluation: Evaluation) -> bytes:
    """Hash the content of an evaluation with SHA-256."""
    digest = hashlib.sha256(repr((evaluation.data, evaluation.split, evaluation.images)).encode())
    for array in (evaluation.true.astype(np.uint8), evaluation.logits, evaluation.wrong_images):
        digest.update(np.ascontiguousarray(array).data)
    return digest.digest()


def _read(archive: zipfile.ZipFile, name: str, dtype: type[np.generic], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Read one array.

    Raises `ValueError`, before memory is allocated, unless the array declares this dtype and shape.
    """
    with archive.open(f"{name}.npy") as member:
        np.lib.format.read_magic(member)
        declared_shape, fortran_order, declared_dtype = np.lib.format.read_array_header_1_0(member)
        if fortran_order or declared_shape != shape or declared_dtype != np.dtype(dtype):
            raise ValueError(f"{name} do not match the evaluation")
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        content = member.read(size + 1)  # one byte more than there may be
        if len(content) != size:
            raise ValueError(f"{name} are cut short or too long")
    return np.frombuffer(content, dtype).reshape(shape)
