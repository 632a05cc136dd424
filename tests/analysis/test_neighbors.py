"""The file of neighbors: read back exactly, refused if damaged or of another evaluation."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from emnist_tui.analysis.neighbors import NONE, Neighbors, existing_neighbors_path, neighbors_path
from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.task import SIDE
from tests.support.scripted_runs import evaluation as scripted_evaluation
from tests.support.scripted_runs import neighbors as scripted_neighbors

Arrays = dict[str, npt.NDArray[Any]]


def made_up(evaluation: Evaluation) -> Neighbors:
    """Make neighbors with random images and distances; the last mistake was not searched."""
    indices = scripted_neighbors(evaluation).indices.copy()
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (len(indices), 2, SIDE, SIDE), dtype=np.uint8)
    distances = random.uniform(0, 7000, indices.shape).astype(np.float32)
    indices[-1], images[-1], distances[-1] = NONE, 0, 0
    return Neighbors(evaluation, indices, distances, images)


@pytest.fixture
def evaluation() -> Evaluation:
    return scripted_evaluation()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "neighbors.npz"


def stored(path: Path) -> Arrays:
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def test_neighbors_are_read_back_exactly(evaluation: Evaluation, path: Path) -> None:
    neighbors = made_up(evaluation)
    neighbors.save(path)
    loaded = Neighbors.load(path, evaluation)
    for name in ("indices", "distances", "images"):
        before, after = getattr(neighbors, name), getattr(loaded, name)
        assert before.dtype == after.dtype
        np.testing.assert_array_equal(before, after)


def test_every_mistake_has_its_own_neighbors(evaluation: Evaluation, path: Path) -> None:
    made_up(evaluation).save(path)
    neighbors = Neighbors.load(path, evaluation)
    for row, index in list(enumerate(evaluation.wrong))[:-1]:
        mistake = evaluation.mistake(row)
        assert mistake.index == index
        true, predicted = neighbors.of(mistake)
        assert true is not None
        assert predicted is not None
        for column, (digit, found) in enumerate(((mistake.true, true), (mistake.predicted, predicted))):
            assert found.digit == digit == evaluation.true[found.index] == evaluation.predicted[found.index]
            assert found.distance == neighbors.distances[row, column]
            np.testing.assert_array_equal(found.image, neighbors.images[row, column])
    assert neighbors.of(evaluation.mistake(len(evaluation.wrong) - 1)) == (None, None)


def test_unsearched_mistakes_differ_from_those_without_neighbors() -> None:
    true, predicted = np.array([3, 5, 5, 7]), np.array([5, 3, 5, 9])
    logits = np.eye(10, dtype=np.float32)[predicted]
    evaluation = Evaluation("bars", "test", true, logits, np.zeros((3, 28, 28), np.uint8))
    indices = np.array([[NONE, 2], [NONE, NONE], [NONE, NONE]])
    found = Neighbors(evaluation, indices, np.zeros((3, 2), np.float32), np.zeros((3, 2, 28, 28), np.uint8))
    assert found.searched.tolist() == [True, False, True]  # neither 7 nor 9 has a correctly classified image


def test_an_evaluation_without_mistakes_has_a_file_too(evaluation: Evaluation, path: Path) -> None:
    logits = np.eye(10, dtype=np.float32)[evaluation.true]
    perfect = replace(evaluation, logits=logits, wrong_images=np.zeros((0, 28, 28), np.uint8))
    made = Neighbors(
        perfect, np.zeros((0, 2), np.int64), np.zeros((0, 2), np.float32), np.zeros((0, 2, 28, 28), np.uint8)
    )
    made.save(path)
    assert Neighbors.load(path, perfect).images.shape == (0, 2, 28, 28)


@pytest.mark.parametrize("part", ["data", "split", "true", "logits", "wrong_images"])
def test_neighbors_of_another_evaluation_are_refused(evaluation: Evaluation, path: Path, part: str) -> None:
    made_up(evaluation).save(path)
    value = getattr(evaluation, part)
    other: Any
    if isinstance(value, str):
        other = value + "!"
    else:
        other = value.copy()
        other.flat[-1] = 9 - other.flat[-1]
    with pytest.raises(EmnistTuiError, match=r"neighbors\.npz belongs to another evaluation; .*again"):
        Neighbors.load(path, replace(evaluation, **{part: other}))


def test_a_missing_file_is_named_with_the_command_to_run(evaluation: Evaluation, path: Path) -> None:
    with pytest.raises(EmnistTuiError, match=r"neighbors\.npz does not exist; .*`emnist-tui neighbors`"):
        Neighbors.load(path, evaluation)


def _changed(arrays: Arrays, name: str) -> None:
    value = arrays[name]
    match name:
        case "indices":
            arrays[name] = value.astype(np.int32)
        case "distances":
            arrays[name] = np.asfortranarray(value)
        case "images":
            arrays[name] = value[:-1]
        case "evaluation":
            arrays[name] = value[:16]


@pytest.mark.parametrize("name", ["evaluation", "indices", "distances", "images"])
@pytest.mark.parametrize("missing", [True, False])
def test_mismatched_arrays_are_refused(evaluation: Evaluation, path: Path, name: str, missing: bool) -> None:
    made_up(evaluation).save(path)
    arrays = stored(path)
    if missing:
        del arrays[name]
    else:
        _changed(arrays, name)
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]
    with pytest.raises(EmnistTuiError, match=rf"is not a readable file of neighbors \(.*{name}.*\); .*again"):
        Neighbors.load(path, evaluation)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("indices", 500, "not in the split"),
        ("indices", -2, "not in the split"),
        ("indices", "wrong", "not a correctly classified one"),
        ("indices", "of another class", "not a correctly classified one"),
        ("distances", np.nan, "out of range"),
        ("distances", -1.0, "out of range"),
        ("distances", 7141.0, "out of range"),
    ],
)
def test_impossible_values_are_refused(
    evaluation: Evaluation, path: Path, name: str, value: float | str, reason: str
) -> None:
    made_up(evaluation).save(path)
    arrays = stored(path)
    if value == "wrong":
        value = int(evaluation.wrong[0])
    elif value == "of another class":
        right = (evaluation.predicted == evaluation.true) & (evaluation.true != evaluation.true[evaluation.wrong[0]])
        value = int(np.flatnonzero(right)[0])
    arrays[name][0, 0] = value
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]
    with pytest.raises(EmnistTuiError, match=rf"is not a readable file of neighbors \(.*{reason}.*\)"):
        Neighbors.load(path, evaluation)


def test_a_huge_declared_array_is_refused_before_it_is_read(evaluation: Evaluation, path: Path) -> None:
    made_up(evaluation).save(path)
    arrays = stored(path)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<i8", "fortran_order": False, "shape": (10**12, 2)})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("indices.npy", header.getvalue())
        with archive.open("evaluation.npy", "w") as member:
            np.lib.format.write_array(member, arrays["evaluation"])
    with pytest.raises(EmnistTuiError, match="indices do not match"):
        Neighbors.load(path, evaluation)


def test_more_content_than_declared_is_refused(evaluation: Evaluation, path: Path) -> None:
    made_up(evaluation).save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["images.npy"] += b"."
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(EmnistTuiError, match="images are cut short or too long"):
        Neighbors.load(path, evaluation)


def test_every_truncated_file_is_refused(evaluation: Evaluation, path: Path) -> None:
    made_up(evaluation).save(path)
    whole = path.read_bytes()
    for length in range(0, len(whole), len(whole) // 50):
        path.write_bytes(whole[:length])
        with pytest.raises(EmnistTuiError, match="is not a readable file of neighbors"):
            Neighbors.load(path, evaluation)


def test_damaged_bytes_are_refused_or_harmless(evaluation: Evaluation, path: Path) -> None:
    made_up(evaluation).save(path)
    whole, before = path.read_bytes(), Neighbors.load(path, evaluation)
    random = np.random.default_rng(0)
    refused = 0
    for position in random.integers(0, len(whole), 100):
        damaged = bytearray(whole)
        damaged[position] ^= 255
        path.write_bytes(damaged)
        try:
            np.testing.assert_array_equal(Neighbors.load(path, evaluation).images, before.images)
        except EmnistTuiError:
            refused += 1
    assert refused > 80


@pytest.mark.parametrize(
    ("evaluation_file", "neighbors_file"),
    [
        ("evaluation.npz", "neighbors.npz"),
        ("evaluation-epoch-003.npz", "neighbors-epoch-003.npz"),
        ("evaluation-validation-epoch-003.npz", "neighbors-validation-epoch-003.npz"),
        ("mine.npz", "neighbors-mine.npz"),
    ],
)
def test_the_file_is_named_after_the_evaluation(evaluation_file: str, neighbors_file: str) -> None:
    assert neighbors_path(Path("runs") / evaluation_file) == Path("runs") / neighbors_file


@pytest.mark.parametrize(
    ("evaluation_file", "old_file"),
    [("evaluation-epoch-003.npz", "neighbours-epoch-003.npz"), ("mine.npz", "neighbours-mine.npz")],
)
def test_a_file_of_the_old_name_is_read_until_there_is_a_new_one(
    tmp_path: Path, evaluation: Evaluation, evaluation_file: str, old_file: str
) -> None:
    beside = tmp_path / evaluation_file
    assert existing_neighbors_path(beside) == neighbors_path(beside)
    neighbors = made_up(evaluation)
    neighbors.save(tmp_path / old_file)
    assert existing_neighbors_path(beside) == tmp_path / old_file
    loaded = Neighbors.load(existing_neighbors_path(beside), evaluation)
    np.testing.assert_array_equal(loaded.indices, neighbors.indices)
    neighbors.save(neighbors_path(beside))
    assert existing_neighbors_path(beside) == neighbors_path(beside)
