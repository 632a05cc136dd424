"""Neighbors, compared with a plain search in numpy."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from emnist_tui.analysis.neighbors import NONE, Neighbors
from emnist_tui.analysis.predictions import Evaluation, Integers, Mistake
from emnist_tui.learning.data.dataset import Split, hold_out, load_dataset
from emnist_tui.learning.inference import neighbor_search
from emnist_tui.learning.inference.neighbor_search import find_neighbors, load_split
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError

IMAGES = 300


def random_case(wrong_share: float = 0.2, seed: int = 0) -> tuple[Split, Evaluation]:
    """Return noise images, and predictions of which a share is wrong."""
    chance = np.random.default_rng(seed)
    true = chance.integers(0, 10, IMAGES)
    predicted = (true + chance.integers(1, 10, IMAGES) * (chance.uniform(size=IMAGES) < wrong_share)) % 10
    images = chance.integers(0, 256, (IMAGES, 28, 28), dtype=np.uint8)
    return case(images, true, predicted, chance.uniform(1, 5, IMAGES))


def case(
    images: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
    true: Integers,
    predicted: Integers,
    confidence: np.ndarray[tuple[int, ...], np.dtype[np.float64]] | float = 5.0,
) -> tuple[Split, Evaluation]:
    logits = np.eye(10, dtype=np.float32)[predicted] * np.reshape(confidence, (-1, 1)).astype(np.float32)
    split = Split(torch.from_numpy(images), torch.from_numpy(true))
    return split, Evaluation("noise", "test", true, logits, images[predicted != true])


def find(split: Split, evaluation: Evaluation, mistakes: Sequence[Mistake] | None = None) -> Neighbors:
    return find_neighbors(split, evaluation, lambda done, total: None, mistakes)


def plain_search(split: Split, evaluation: Evaluation) -> tuple[list[list[int]], list[list[float]]]:
    images = split.images.numpy().astype(np.int64)
    indices, distances = [], []
    for row, index in enumerate(evaluation.wrong):
        indices.append([NONE, NONE])
        distances.append([0.0, 0.0])
        for column, digit in enumerate((evaluation.true[index], evaluation.predicted[index])):
            least = None
            for other in range(evaluation.images):
                if evaluation.true[other] == evaluation.predicted[other] == digit:
                    squared = int(((images[index] - images[other]) ** 2).sum())
                    if least is None or squared < least:
                        least = squared
                        indices[row][column], distances[row][column] = other, squared**0.5
    return indices, distances


def assert_same(found: Neighbors, indices: object, distances: object) -> None:
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_array_equal(found.distances, np.array(distances, np.float32))


def test_neighbors_are_those_of_a_plain_search() -> None:
    split, evaluation = random_case()
    found = find(split, evaluation)
    assert len(found.indices) == len(evaluation.wrong) > 30
    assert_same(found, *plain_search(split, evaluation))
    np.testing.assert_array_equal(found.images, split.images.numpy()[found.indices])
    assert found.searched.all()


def test_a_class_without_correctly_classified_images_has_no_neighbors() -> None:
    split, evaluation = random_case(wrong_share=0.9)
    assert 0 < (evaluation.confusion.diagonal() == 0).sum() < 10
    found = find(split, evaluation)
    assert_same(found, *plain_search(split, evaluation))
    missing = found.indices == NONE
    assert missing.any()
    assert not found.images[missing].any()
    assert found.searched.all()


def test_the_largest_distances_are_exact() -> None:
    """Compare two distances that differ by 1 in 50 million, too little for float32."""
    images = np.zeros((4, 28, 28), np.uint8)
    images[1:3] = 255
    images[1, 0, :2] = 8, 1
    images[2, 0, :2] = 8, 0
    true, predicted = np.array([3, 3, 3, 5]), np.array([5, 3, 3, 5])
    found = find(*case(images, true, predicted))
    assert_same(found, [[2, 3]], [[(782 * 255**2 + 8**2) ** 0.5, 0]])


def test_the_first_of_equally_near_images_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.zeros((9, 28, 28), np.uint8)
    images[[2, 4, 6, 8], 0, 0] = 7
    images[[1, 3], 0, 0] = 9
    true = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1])
    predicted = np.array([1, 0, 0, 0, 0, 1, 1, 1, 1])
    split, evaluation = case(images, true, predicted)
    for at_once in (1, 2, 4096):
        monkeypatch.setattr(neighbor_search, "_IMAGES_AT_ONCE", at_once)
        assert_same(find(split, evaluation), [[2, 5]], [[7, 0]])


@pytest.mark.parametrize("at_once", [1, 7, 29])
def test_neighbors_do_not_depend_on_the_chunk_sizes(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    split, evaluation = random_case(wrong_share=0.5)
    whole = find(split, evaluation)
    monkeypatch.setattr(neighbor_search, "_MISTAKES_AT_ONCE", at_once)
    monkeypatch.setattr(neighbor_search, "_IMAGES_AT_ONCE", at_once)
    assert_same(find(split, evaluation), whole.indices, whole.distances)


def test_only_the_worst_mistakes_are_searched_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    split, evaluation = random_case()
    whole = find(split, evaluation)
    monkeypatch.setattr(neighbor_search, "MOST_SEARCHED", 10)
    found = find(split, evaluation)
    worst = {mistake.index for mistake in evaluation.mistakes()[:10]}
    is_worst = np.isin(evaluation.wrong, list(worst))
    assert found.searched.tolist() == is_worst.tolist()
    indices = np.where(is_worst[:, None], whole.indices, NONE)
    assert_same(found, indices, np.where(is_worst[:, None], whole.distances, 0))


def test_given_mistakes_are_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbor_search, "MOST_SEARCHED", 1)
    split, evaluation = random_case()
    indices, _ = plain_search(split, evaluation)
    found = find(split, evaluation, [evaluation.mistake(7), evaluation.mistake(2)])
    assert np.flatnonzero(found.searched).tolist() == [2, 7]
    assert found.indices[[2, 7]].tolist() == [indices[2], indices[7]]


def test_progress_increases_to_the_total() -> None:
    split, evaluation = random_case()
    reported: list[tuple[int, int]] = []
    find_neighbors(split, evaluation, lambda done, total: reported.append((done, total)))
    total = 2 * len(evaluation.wrong)
    assert reported == sorted(set(reported))
    assert reported[-1] == (total, total)


def test_an_evaluation_without_mistakes_has_no_neighbors() -> None:
    assert find(*random_case(wrong_share=0)).indices.shape == (0, 2)


@pytest.mark.parametrize("other", ["another label", "another image", "fewer images"])
def test_another_split_is_refused(other: str) -> None:
    split, evaluation = random_case()
    images, labels = split.images.clone(), split.labels.clone()
    if other == "another label":
        labels[0] = 9 - labels[0]
    elif other == "another image":
        images[evaluation.wrong[3], 5, 5] ^= 1
    else:
        images, labels = images[:-1], labels[:-1]
    with pytest.raises(EmnistTuiError, match="test images are not those of the evaluation, which is of noise"):
        find(Split(images, labels), evaluation)


def test_the_loaded_split_is_that_of_the_evaluation(small_archive: Path, root: Path) -> None:
    dataset = load_dataset(str(small_archive))
    _, evaluation = random_case()

    def loaded(name: str, config: TrainConfig | None) -> Split:
        return load_split(replace(evaluation, split=name), str(small_archive), config, lambda phase: None)

    assert torch.equal(loaded("test", None).images, dataset.test.images)
    config = TrainConfig(validation=8, seed=3)
    assert torch.equal(loaded("validation", config).images, hold_out(dataset.train, 8, 3)[1].images)
    for unknown in (None, TrainConfig()):
        with pytest.raises(EmnistTuiError, match="determines the images of its validation split"):
            loaded("validation", unknown)
