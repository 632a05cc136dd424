"""`emnist-tui neighbors` and `errors --neighbors`, and the search that the app starts."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from emnist_tui.analysis.neighbors import Neighbors, neighbors_path
from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.cli import main
from emnist_tui.commands.output import console
from emnist_tui.learning.data.dataset import load_dataset
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.launch import launch_neighbors
from emnist_tui.text.ascii_art import ascii_art
from tests.support.call import Call
from tests.support.emnist_files import draw_arrows, write_archive

TRAIN, TEST = 640, 200


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "small.zip"
    write_archive(path, *draw_arrows(TRAIN, 0), *draw_arrows(TEST, 1))
    return path


@pytest.fixture(scope="module")
def trained(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run that has learned some digits, with a validation split."""
    root = tmp_path_factory.mktemp("trained")
    options = ["--name", "first", "--epochs", "6", "--validation", "20", "--device", "cpu"]
    assert main(["train", "--data", str(archive), "--checkpoints", str(root), *options]) == 0
    return RunFolder(root / "first")


@pytest.fixture
def run(trained: RunFolder, place: Path) -> RunFolder:
    """The run, a test's own copy, in an empty working directory."""
    return RunFolder(shutil.copytree(trained.path, place / "first"))


def assert_nearest(neighbors: Neighbors, archive: Path) -> None:
    """Its images are the test split's, and none that is right is nearer."""
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


def test_the_file_is_put_beside_the_evaluation(call: Call, run: RunFolder, archive: Path) -> None:
    file = run.path / "evaluation-epoch-006.npz"
    result = call("neighbors", file)
    assert (result.code, result.out) == (0, f"{run.path / 'neighbors-epoch-006.npz'}\n")
    assert "finding the neighbors …" in result.err
    assert_nearest(Neighbors.load(neighbors_path(file), Evaluation.load(file)), archive)


def test_as_json(call: Call, run: RunFolder) -> None:
    file = run.path / "evaluation-validation-epoch-001.npz"
    wrong = len(Evaluation.load(file).wrong)
    found = call("neighbors", file, "--json").json
    assert found == {"file": str(neighbors_path(file)), "errors": wrong, "searched": wrong}


def test_a_validation_splits_images_are_found_again(call: Call, run: RunFolder) -> None:
    file = run.path / "evaluation-validation-epoch-002.npz"
    assert call("neighbors", file).code == 0
    assert Neighbors.load(run.path / "neighbors-validation-epoch-002.npz", Evaluation.load(file)).searched.all()


def test_outside_a_run_the_data_is_named_or_the_checkpoints(call: Call, run: RunFolder, tmp_path: Path) -> None:
    file = Path(shutil.copy(run.path / "evaluation-epoch-006.npz", tmp_path / "evaluation.npz"))
    data = run.read_config().data
    for source in (["--data", data], ["--data-of", run.last_checkpoint]):
        assert call("neighbors", file, *source).code == 0
        neighbors_path(file).unlink()


def test_data_of_another_kind_is_refused(call: Call, run: RunFolder, tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    write_archive(other, *draw_arrows(TRAIN, 0), *draw_arrows(TEST, 2))
    file = run.path / "evaluation-epoch-006.npz"
    result = call("neighbors", file, "--data", other)
    assert (result.code, result.out) == (1, "")
    assert result.err.splitlines()[-1].startswith("emnist-tui: The test images are not those of the evaluation")
    assert not neighbors_path(file).exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["missing.npz"], 1, "missing.npz does not exist"),
        (["first/run.json"], 1, "is not a readable evaluation"),
        (["first/evaluation-epoch-006.npz", "--data", "nowhere"], 2, "nowhere"),
        (["first/evaluation-epoch-006.npz", "--data-of", "first/run.json"], 1, "run.json"),
        (["first/evaluation-epoch-006.npz", "--data", "auto", "--data-of", "first/last.pt"], 2, "not allowed with"),
    ],
)
def test_what_is_wrong_is_one_sentence(call: Call, run: RunFolder, arguments: list[str], code: int, words: str) -> None:
    result = call("neighbors", *arguments)
    assert (result.code, result.out) == (code, "")
    last = result.err.splitlines()[-1]
    assert last.startswith("emnist-tui: ")
    assert words in last


def test_a_folder_that_cannot_be_written_is_named(call: Call, run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Neighbors, path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Neighbors, "save", full)
    result = call("neighbors", run.path / "evaluation-epoch-006.npz")
    assert result.code == 1
    assert "cannot be written (No space left on device)" in result.err


@pytest.mark.slow
def test_the_app_finds_them_in_a_process_of_its_own(run: RunFolder, archive: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    of_run = run.path / "evaluation-epoch-006.npz"
    of_checkpoint = Path(shutil.copy(of_run, alone / "evaluation.npz"))
    for process, file in (
        (launch_neighbors(of_run), of_run),
        (launch_neighbors(of_checkpoint, checkpoint=run.last_checkpoint), of_checkpoint),
    ):
        log = file.with_name("neighbors.log")
        assert process.wait(timeout=60) == 0, log.read_text()
        assert_nearest(Neighbors.load(neighbors_path(file), Evaluation.load(file)), archive)
    failed = launch_neighbors(of_checkpoint, data=str(tmp_path / "nowhere"))
    assert failed.wait(timeout=60) == 2
    assert "nowhere" in (alone / "neighbors.log").read_text().splitlines()[-1]


def test_a_long_search_says_how_far_it_is(call: Call, run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "PLAIN_LINE_EVERY", 0.0)
    wrong = len(Evaluation.load(run.path / "evaluation-epoch-006.npz").wrong)
    result = call("neighbors", run.path / "evaluation-epoch-006.npz")
    assert result.err.splitlines()[-1] == f"neighbors found: {2 * wrong} of {2 * wrong}"


def test_errors_as_json_have_their_neighbors(call: Call, run: RunFolder) -> None:
    file = run.path / "evaluation-epoch-006.npz"
    assert call("neighbors", file).code == 0
    evaluation = Evaluation.load(file)
    neighbors = Neighbors.load(neighbors_path(file), evaluation)
    shown = call("errors", run.last_checkpoint, "--neighbors", "--json", "--limit", 5).json["shown"]
    mistakes = evaluation.mistakes()[:5]
    assert [entry["index"] for entry in shown] == [mistake.index for mistake in mistakes]
    for entry, mistake in zip(shown, mistakes, strict=True):
        true, predicted = neighbors.of(mistake)
        assert entry["neighbors"] == {
            name: {"index": found.index, "distance": found.distance} if found else None
            for name, found in (("true", true), ("predicted", predicted))
        }
    assert any(entry["neighbors"]["true"] for entry in shown)
    assert "neighbors" not in call("errors", run.path, "--json", "--limit", 1).json["shown"][0]


def test_errors_as_text_draw_the_three_digits_side_by_side(call: Call, run: RunFolder, archive: Path) -> None:
    checkpoint = run.path / "epoch-001.pt"  # which has no right image of some digits
    found = call("errors", checkpoint, "--neighbors", "--json", "--limit", 200).json["shown"]
    out = call("errors", checkpoint, "--neighbors", "--limit", 200).out
    images = load_dataset(str(archive)).test.images.numpy()
    assert {place is None for entry in found for place in entry["neighbors"].values()} == {True, False}
    assert max(map(len, out.splitlines())) <= 80
    assert not any(line.endswith(" ") for line in out.splitlines())
    blocks = _blocks(out)
    assert len(blocks) == len(found)
    for entry, block in zip(found, blocks, strict=True):
        indices = [entry["index"], *(place and place["index"] for place in entry["neighbors"].values())]
        for position, index in enumerate(indices):
            columns = [line.ljust(80)[position * 27 : position * 27 + 26] for line in block[3:]]
            expected = [line[1:-1] for line in ascii_art(images[index])] if index is not None else [" " * 26] * 14
            assert columns == expected
        for digit, place in zip((entry["true"], entry["predicted"]), entry["neighbors"].values(), strict=True):
            assert (f"nearest right {digit}" if place else f"no {digit} is right") in block[1]


def _blocks(out: str) -> list[list[str]]:
    """Seventeen lines a mistake: what it is, two of captions, fourteen of digits; then an empty one."""
    lines = out.splitlines()
    return [lines[start : start + 17] for start in range(0, len(lines), 18)]
