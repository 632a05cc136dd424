"""`emnist-tui neighbors`, also as the app launches it."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from emnist_tui.analysis.neighbors import Neighbors, neighbors_path
from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.commands.output import progress
from emnist_tui.learning.data.dataset import load_dataset
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.launch import launch_neighbors
from tests.support.call import Call
from tests.support.trained_run import train_arguments


@pytest.fixture
def validated(root: Path, archive: Path, call: Call) -> RunFolder:
    """Train a run with a validation split."""
    options = ["--name", "validated", "--epochs", 2, "--validation", 20]
    assert call(*train_arguments(archive, root, *options)).code == 0
    return RunFolder(root / "validated")


def _check_nearest(neighbors: Neighbors, archive: Path) -> None:
    """Check that the images are the test split's and no correctly classified one is nearer."""
    images = load_dataset(str(archive)).test.images.numpy()
    evaluation = neighbors.evaluation
    right = evaluation.predicted == evaluation.true
    compared = 0
    for mistake in evaluation.mistakes():
        for digit, found in zip((mistake.true, mistake.predicted), neighbors.of(mistake), strict=True):
            of_class = images[right & (evaluation.true == digit)].astype(np.float64)
            assert (found is None) == (len(of_class) == 0)
            if found:
                distances = np.sqrt(((of_class - mistake.image) ** 2).sum(axis=(1, 2)))
                assert found.distance == pytest.approx(distances.min())
                np.testing.assert_array_equal(found.image, images[found.index])
                compared += 1
    assert compared


def test_neighbors_are_written_beside_the_evaluation(call: Call, copied: RunFolder, archive: Path) -> None:
    file = copied.path / "evaluation-epoch-006.npz"
    result = call("neighbors", file)
    assert (result.code, result.out) == (0, f"{copied.path / 'neighbors-epoch-006.npz'}\n")
    assert "finding the neighbors …" in result.err
    _check_nearest(Neighbors.load(neighbors_path(file), Evaluation.load(file)), archive)


def test_json_has_the_file_and_counts(call: Call, validated: RunFolder) -> None:
    file = validated.path / "evaluation-validation-epoch-001.npz"
    wrong = len(Evaluation.load(file).wrong)
    found = call("neighbors", file, "--json").json
    assert found == {"file": str(neighbors_path(file)), "errors": wrong, "searched": wrong}


def test_images_of_a_validation_split_are_loaded(call: Call, validated: RunFolder) -> None:
    file = validated.path / "evaluation-validation-epoch-002.npz"
    assert call("neighbors", file).code == 0
    assert Neighbors.load(validated.path / "neighbors-validation-epoch-002.npz", Evaluation.load(file)).searched.all()


def test_outside_a_run_data_or_checkpoint_is_given(call: Call, copied: RunFolder, tmp_path: Path) -> None:
    file = Path(shutil.copy(copied.path / "evaluation-epoch-006.npz", tmp_path / "evaluation.npz"))
    data = copied.read_config().data
    for source in (["--data", data], ["--data-of", copied.last_checkpoint]):
        assert call("neighbors", file, *source).code == 0
        neighbors_path(file).unlink()


def test_data_of_another_evaluation_is_refused(call: Call, copied: RunFolder, other_archive: Path) -> None:
    file = copied.path / "evaluation-epoch-006.npz"
    result = call("neighbors", file, "--data", other_archive)
    assert (result.code, result.out) == (1, "")
    assert result.err.splitlines()[-1].startswith("emnist-tui: The test images are not those of the evaluation")
    assert not neighbors_path(file).exists()


@pytest.mark.parametrize(
    ("arguments", "code", "phrase"),
    [
        (["missing.npz"], 1, "missing.npz does not exist"),
        (["checkpoints/first/run.json"], 1, "is not a readable evaluation"),
        (["checkpoints/first/evaluation-epoch-006.npz", "--data", "nowhere"], 2, "nowhere"),
        (["checkpoints/first/evaluation-epoch-006.npz", "--data-of", "checkpoints/first/run.json"], 1, "run.json"),
        (
            ["checkpoints/first/evaluation-epoch-006.npz", "--data", "auto", "--data-of", "checkpoints/first/last.pt"],
            2,
            "not allowed with",
        ),
    ],
)
def test_wrong_use_is_one_sentence(call: Call, copied: RunFolder, arguments: list[str], code: int, phrase: str) -> None:
    result = call("neighbors", *arguments)
    assert (result.code, result.out) == (code, "")
    last = result.err.splitlines()[-1]
    assert last.startswith("emnist-tui: ")
    assert phrase in last


def test_folder_that_cannot_be_written_is_named(call: Call, copied: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Neighbors, path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Neighbors, "save", full)
    result = call("neighbors", copied.path / "evaluation-epoch-006.npz")
    assert result.code == 1
    assert "cannot be written (No space left on device)" in result.err


@pytest.mark.slow
def test_launched_search_writes_the_same_file(copied: RunFolder, archive: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    of_run = copied.path / "evaluation-epoch-006.npz"
    of_checkpoint = Path(shutil.copy(of_run, alone / "evaluation.npz"))
    for process, file in (
        (launch_neighbors(of_run), of_run),
        (launch_neighbors(of_checkpoint, checkpoint=copied.last_checkpoint), of_checkpoint),
    ):
        log = file.with_name("neighbors.log")
        assert process.wait(timeout=60) == 0, log.read_text()
        _check_nearest(Neighbors.load(neighbors_path(file), Evaluation.load(file)), archive)
    failed = launch_neighbors(of_checkpoint, data=str(tmp_path / "nowhere"))
    assert failed.wait(timeout=60) == 2
    assert "nowhere" in (alone / "neighbors.log").read_text().splitlines()[-1]


def test_progress_of_a_long_search_is_printed(call: Call, copied: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LINE_INTERVAL", 0.0)
    wrong = len(Evaluation.load(copied.path / "evaluation-epoch-006.npz").wrong)
    result = call("neighbors", copied.path / "evaluation-epoch-006.npz")
    assert result.err.splitlines()[-1] == f"neighbors found: {2 * wrong} of {2 * wrong}"


def test_former_name_of_the_command_works_and_is_not_listed(call: Call, copied: RunFolder) -> None:
    file = copied.path / "evaluation-epoch-006.npz"
    assert call("neighbours", file).out == f"{neighbors_path(file)}\n"
    assert "neighbours" not in call("--help").out
