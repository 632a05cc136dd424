"""Search for the nearest correctly classified images of each mistake."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from emnist_tui.analysis.neighbors import NONE, Neighbors
from emnist_tui.analysis.predictions import Evaluation, Integers, Mistake
from emnist_tui.learning.data.dataset import Split, hold_out, load_dataset
from emnist_tui.learning.data.digits import OnPhase
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.task import CLASSES

MOST_SEARCHED = 5_000
"""Mistakes searched by default: an untrained network makes 36,000, of which the worst are enough."""

OnProgress = Callable[[int, int], None]
"""Callback for progress: neighbors found so far, and their total."""

_MISTAKES_AT_ONCE = 512
_IMAGES_AT_ONCE = 4096


def find_neighbors(
    split: Split, evaluation: Evaluation, on_progress: OnProgress, mistakes: Sequence[Mistake] | None = None
) -> Neighbors:
    """Find the nearest correctly classified images of an evaluation's mistakes.

    For each mistake these are one of its true and one of its predicted class, by Euclidean distance between pixels,
    which is exact; of equally near images, the first in the split is taken. `mistakes` are by default the 5,000 with
    the highest loss; all others get the index -1. `split` is on the CPU.

    Raises `EmnistTuiError` if the evaluation is of another split.
    """
    check_split(split, evaluation)
    wrong = evaluation.wrong
    searched = _worst(evaluation) if mistakes is None else _rows(evaluation, mistakes)
    indices = np.full((len(wrong), 2), NONE, np.int64)
    squared = np.zeros((len(wrong), 2), np.int64)
    done = 0
    for column, chunk, candidates in _tasks(evaluation, searched):
        if len(candidates):
            mistaken = split.images[torch.from_numpy(wrong[chunk])]
            indices[chunk, column], squared[chunk, column] = _nearest(mistaken, split.images, candidates)
        done += len(chunk)
        on_progress(done, 2 * len(searched))
    has_neighbor = indices != NONE
    images = np.zeros((*indices.shape, *split.images.shape[1:]), np.uint8)
    images[has_neighbor] = split.images.numpy()[indices[has_neighbor]]
    return Neighbors(evaluation, indices, np.sqrt(squared).astype(np.float32), images)


def check_split(split: Split, evaluation: Evaluation) -> None:
    """Raise `EmnistTuiError` unless the evaluation is of this split.

    Compares all labels and the misclassified images.
    """
    if np.array_equal(split.labels.numpy(), evaluation.true):
        wrong_images = split.images[torch.from_numpy(evaluation.wrong)]
        if np.array_equal(wrong_images.numpy(), evaluation.wrong_images):
            return
    raise EmnistTuiError(
        f"The {evaluation.split} images are not those of the evaluation, which is of {evaluation.data}; "
        "choose its data with --data, or evaluate the checkpoint again."
    )


def load_split(evaluation: Evaluation, source: str, config: TrainConfig | None, on_phase: OnPhase) -> Split:
    """Load the evaluated split from `source`; `config` is its run's.

    Raises `UsageError` if the source does not exist, `EmnistTuiError` if the data is unusable, or the split is a
    validation split and its run's `config` is missing.
    """
    dataset = load_dataset(source, on_phase=on_phase)
    if evaluation.split == "test":
        return dataset.test
    if config is None or not config.validation:
        raise EmnistTuiError(
            f"Only a run's config determines the images of its {evaluation.split} split; choose an evaluation in the "
            "run's folder."
        )
    return hold_out(dataset.train, config.validation, config.seed)[1]


def _worst(evaluation: Evaluation) -> Integers:
    """Return rows of `wrong`, int64 [at most 5,000], by descending loss."""
    return np.argsort(-evaluation.losses[evaluation.wrong], kind="stable")[:MOST_SEARCHED]


def _rows(evaluation: Evaluation, mistakes: Sequence[Mistake]) -> Integers:
    """Return the rows of `wrong` that are these mistakes, int64 [mistakes]."""
    return np.searchsorted(evaluation.wrong, np.array([mistake.index for mistake in mistakes], np.int64))


def _tasks(evaluation: Evaluation, searched: Integers) -> Iterator[tuple[int, Integers, Integers]]:
    """Yield a column, rows of `wrong`, and the candidates for their neighbors.

    The candidates are the correctly classified images of the rows' class in that column: true or predicted.
    """
    true, predicted = evaluation.true, evaluation.predicted
    for digit in range(CLASSES):
        candidates = np.flatnonzero((true == digit) & (predicted == digit))
        for column, digits in enumerate((true, predicted)):
            rows = searched[digits[evaluation.wrong[searched]] == digit]
            for start in range(0, len(rows), _MISTAKES_AT_ONCE):
                yield column, rows[start : start + _MISTAKES_AT_ONCE], candidates


def _nearest(mistakes: Tensor, images: Tensor, candidates: Integers) -> tuple[Integers, Integers]:
    """Return each mistake's nearest candidate and the squared distance.

    `mistakes` are uint8 [M, 28, 28]; both results are int64 [M].
    """
    nearest = torch.full((len(mistakes),), NONE, dtype=torch.int64)
    least = torch.full((len(mistakes),), torch.iinfo(torch.int32).max, dtype=torch.int32)
    for chunk in torch.split(torch.from_numpy(candidates), _IMAGES_AT_ONCE):
        values, positions = _squared_distances(mistakes, images[chunk]).min(dim=1)
        is_nearer = values < least
        least = torch.where(is_nearer, values, least)
        nearest = torch.where(is_nearer, chunk[positions], nearest)
    return nearest.numpy(), least.long().numpy()


def _squared_distances(first: Tensor, second: Tensor) -> Tensor:
    """Compute exact squared distances, int32 [M, N].

    The arguments are pixels, uint8 [M, 28, 28] and [N, 28, 28]. They are shifted to -128..127, so
    that every sum of 784 products is below 2**24, up to which float32 holds all integers.
    """
    left, right = (images.flatten(1).float() - 128 for images in (first, second))
    left_squares, right_squares = ((pixels * pixels).sum(dim=1).int() for pixels in (left, right))
    products = (left @ right.T).int()
    return left_squares[:, None] + right_squares - 2 * products
