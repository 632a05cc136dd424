"""Conclusion of a sweep: the best trial is tested once, by one worker."""

from pathlib import Path

import pytest

from emnist_tui.learning.data.dataset import Dataset
from emnist_tui.learning.inference.evaluate import evaluate_checkpoint
from emnist_tui.learning.search import conclusion
from emnist_tui.learning.search.conclusion import conclude, is_concluded
from emnist_tui.learning.search.worker import End, SweepWorker
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.sweeps import claims
from emnist_tui.runs.sweeps.board import Board, SweepBoard, read_result
from emnist_tui.runs.sweeps.clock import FolderClock
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.requests import ask_for_trials
from tests.support.small_sweeps import new_seeds, new_sweep
from tests.support.sweep_folders import NOBODY, make_worker, put_worker


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    """Train a sweep whose best is not tested yet."""
    with monkeypatch.context() as patch:
        patch.setattr(conclusion, "is_concluded", lambda board: True)
        assert SweepWorker(new_sweep(tmp_path / "sweep", trials=2)).run() is End.DONE
    return SweepBoard(SweepFolder(tmp_path / "sweep")).refresh()


def test_the_best_is_tested_as_evaluate_does(board: Board, bars: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_concluded(board)
    assert conclude(board, make_worker(), FolderClock(board.folder.workers), bars, "cpu")
    result = read_result(board.folder.result)
    assert result
    assert board.best
    assert (result.trial, result.accuracy) == (board.best.number, board.best.accuracy)
    monkeypatch.setattr("emnist_tui.learning.inference.evaluate.load_dataset", lambda *_, **__: bars)
    path = board.folder.trial(result.trial).path / "best.pt"
    expected = evaluate_checkpoint(path, data="synthetic", device="cpu", output=None, on_event=lambda _: None)
    assert (result.test_accuracy, result.test_images) == (expected.accuracy, expected.images)
    assert is_concluded(board)


def test_who_comes_while_another_tests_waits(board: Board, bars: Dataset) -> None:
    other = make_worker(2, state="concluding")
    put_worker(board.folder, other)
    claims.take(board.folder.path, other)
    assert not conclude(board, make_worker(), FolderClock(board.folder.workers), bars, "cpu")
    assert read_result(board.folder.result) is None


def test_the_claim_of_a_dead_worker_is_taken_over(board: Board, bars: Dataset) -> None:
    claims.take(board.folder.path, make_worker(2, pid=NOBODY))
    assert conclude(board, make_worker(), FolderClock(board.folder.workers), bars, "cpu")
    assert read_result(board.folder.result)


def test_an_extended_sweep_tests_a_new_best(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = new_sweep(tmp_path / "sweep", trials=1)
    assert SweepWorker(sweep).run() is End.DONE
    result = read_result(sweep.result)
    assert result
    ask_for_trials(sweep.control, 4)
    assert SweepWorker(sweep).run() is End.DONE
    best, again = SweepBoard(sweep).refresh().best, read_result(sweep.result)
    assert best
    assert again
    assert again.trial == best.number
    assert (again == result) == (best.number == 1)


def test_a_missing_checkpoint_is_one_sentence(board: Board, bars: Dataset) -> None:
    assert board.best
    (board.folder.trial(board.best.number).path / "best.pt").unlink()
    with pytest.raises(EmnistTuiError, match=r"best\.pt"):
        conclude(board, make_worker(), FolderClock(board.folder.workers), bars, "cpu")


def test_seeds_are_not_concluded(tmp_path: Path) -> None:
    sweep = new_seeds(tmp_path / "seeds")
    assert SweepWorker(sweep).run() is End.DONE
    assert is_concluded(SweepBoard(sweep).refresh())
    assert not sweep.result.exists()
