"""Finding the nearest correctly classified images of each mistake, by plain pixel distance."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from emnist_tui.analysis.neighbors import NONE, Neighbors
from emnist_tui.analysis.predictions import Evaluation, Integers, Mistake
from emnist_tui.learning.data.dataset import OnPhase, Split, hold_out, load_dataset
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.task import CLASSES

MOST_SEARCHED = 5_000
"""A network that learned nothing makes 36,000 mistakes; the neighbors of the worst will do."""

OnProgress = Callable[[int, int], None]
"""Told how many neighbors are found, of how many."""

_MISTAKES_AT_ONCE = 512
_IMAGES_AT_ONCE = 4096


def find_neighbors(
    split: Split, evaluation: Evaluation, on_progress: OnProgress, mistakes: Sequence[Mistake] | None = None
) -> Neighbors:
    """The nearest right images, of the true and of the predicted class, of some of the evaluation's mistakes.

    By default of the 5,000 of the highest loss; every other mistake keeps the index -1. Distances are exact, and of
    images equally near the first in the split is taken. `split` is on the CPU.

    Raises `EmnistTuiError` when the evaluation is not of this split.
    """
    refuse_other_split(split, evaluation)
    wrong = evaluation.wrong
    searched = _worst(evaluation) if mistakes is None else _rows(evaluation, mistakes)
    indices = np.full((len(wrong), 2), NONE, np.int64)
    squared = np.zeros((len(wrong), 2), np.int64)
    done = 0
    for column, chunk, candidates in _tasks(evaluation, searched):
        if len(candidates):
            images = split.images[torch.from_numpy(wrong[chunk])]
            indices[chunk, column], squared[chunk, column] = _nearest(images, split.images, candidates)
        done += len(chunk)
        on_progress(done, 2 * len(searched))
    found = indices != NONE
    pictures = np.zeros((*indices.shape, *split.images.shape[1:]), np.uint8)
    pictures[found] = split.images.numpy()[indices[found]]
    return Neighbors(evaluation, indices, np.sqrt(squared).astype(np.float32), pictures)


def refuse_other_split(split: Split, evaluation: Evaluation) -> None:
    """Raises `EmnistTuiError` unless labels and misclassified images are those of the evaluation."""
    if np.array_equal(split.labels.numpy(), evaluation.true):
        wrong_images = split.images[torch.from_numpy(evaluation.wrong)]
        if np.array_equal(wrong_images.numpy(), evaluation.wrong_images):
            return
    raise EmnistTuiError(
        f"The {evaluation.split} images are not those of the evaluation, made on {evaluation.data}; "
        "name its data with --data, or evaluate the checkpoint again."
    )


def load_split(evaluation: Evaluation, source: str, config: TrainConfig | None, on_phase: OnPhase) -> Split:
    """The split that the evaluation is of, from `source`; `config` is that of its run.

    Raises `UsageError` when there is nothing at the source, `EmnistTuiError` when the data will not do, or the images
    of a validation split are asked for without its run.
    """
    dataset = load_dataset(source, on_phase=on_phase)
    if evaluation.split == "test":
        return dataset.test
    if config is None or not config.validation:
        raise EmnistTuiError(
            f"Only a run says which images its {evaluation.split} split has; name an evaluation in its folder."
        )
    return hold_out(dataset.train, config.validation, config.seed)[1]


def _worst(evaluation: Evaluation) -> Integers:
    """int64 [at most 5,000]: rows of `wrong`, the highest loss first."""
    return np.argsort(-evaluation.losses[evaluation.wrong], kind="stable")[:MOST_SEARCHED]


def _rows(evaluation: Evaluation, mistakes: Sequence[Mistake]) -> Integers:
    """int64 [mistakes]: where they are in `wrong`."""
    return np.searchsorted(evaluation.wrong, np.array([mistake.index for mistake in mistakes], np.int64))


def _tasks(evaluation: Evaluation, searched: Integers) -> Iterator[tuple[int, Integers, Integers]]:
    """Column, rows of `wrong`, and the positions of the right images of the class that these rows have there."""
    true, predicted = evaluation.true, evaluation.predicted
    for digit in range(CLASSES):
        candidates = np.flatnonzero((true == digit) & (predicted == digit))
        for column, digits in enumerate((true, predicted)):
            rows = searched[digits[evaluation.wrong[searched]] == digit]
            for start in range(0, len(rows), _MISTAKES_AT_ONCE):
                yield column, rows[start : start + _MISTAKES_AT_ONCE], candidates


def _nearest(mistakes: Tensor, images: Tensor, candidates: Integers) -> tuple[Integers, Integers]:
    """Of each mistake, uint8 [M, 28, 28]: the nearest of the candidates, and the squared distance; int64 [M] both."""
    nearest = torch.full((len(mistakes),), NONE, dtype=torch.int64)
    least = torch.full((len(mistakes),), torch.iinfo(torch.int32).max, dtype=torch.int32)
    for chunk in torch.split(torch.from_numpy(candidates), _IMAGES_AT_ONCE):
        values, positions = _squared_distances(mistakes, images[chunk]).min(dim=1)
        is_nearer = values < least
        least = torch.where(is_nearer, values, least)
        nearest = torch.where(is_nearer, chunk[positions], nearest)
    return nearest.numpy(), least.long().numpy()


def _squared_distances(first: Tensor, second: Tensor) -> Tensor:
    """int32 [M, N], exact, of pixels uint8 [M, 28, 28] and [N, 28, 28].

    Pixels are shifted to -128..127, so that every sum of 784 products is below 2**24, where float32 holds all integers.
    """
    left, right = (images.flatten(1).float() - 128 for images in (first, second))
    left_squares, right_squares = ((pixels * pixels).sum(dim=1).int() for pixels in (left, right))
    products = (left @ right.T).int()
    return left_squares[:, None] + right_squares - 2 * products
