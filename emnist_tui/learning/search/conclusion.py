"""Conclusion of a sweep: its best trial, tested once."""

from emnist_tui.learning.data.dataset import Dataset
from emnist_tui.learning.inference.predictor import Predictor
from emnist_tui.learning.inference.restore import read_checkpoint, restore_network
from emnist_tui.learning.models.device import choose_device, choose_threads
from emnist_tui.learning.models.device_errors import evaluation_explained
from emnist_tui.learning.training.retention import BEST
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights
from emnist_tui.runs.network_files import NetworkFile
from emnist_tui.runs.sweeps import claims
from emnist_tui.runs.sweeps.board import Board, Result, read_result, write_result
from emnist_tui.runs.sweeps.clock import FolderClock
from emnist_tui.runs.sweeps.trial import Trial
from emnist_tui.runs.sweeps.worker import Worker


def is_concluded(board: Board) -> bool:
    """Return whether nothing is left to test once all trials have ended.

    Seeds test themselves, and without a finished trial there is nothing to test.
    """
    best, result = board.best, read_result(board.folder.result)
    if board.spec.is_seeds or best is None:
        return True
    return result is not None and (result.trial, result.accuracy) == (best.number, best.accuracy)


def conclude(board: Board, worker: Worker, clock: FolderClock, data: Dataset, device: str) -> bool:
    """Test the best trial, unless another worker is at it.

    Writes result.json, and returns whether this worker did. The claim lies in the sweep's own folder. Raises
    `EmnistTuiError` if the checkpoint cannot be used, `OSError` if the folder cannot be written.
    """
    folder, best = board.folder, board.best
    assert best is not None
    earlier = claims.newest_claim(folder.path)
    is_taken = earlier and earlier.worker != worker.id and not claims.is_abandoned(earlier, folder, clock.now())
    claim = None if is_taken else claims.take(folder.path, worker, earlier)
    if claim is None:
        return False
    result = _test(board, best, data, device)
    if not claim.is_newest():
        return False
    write_result(folder.result, result)
    return True


@evaluation_explained()
def _test(board: Board, best: Trial, data: Dataset, device: str) -> Result:
    path = board.folder.trial(best.number).path / BEST
    model = board.spec.config.model
    foreign = ForeignWeights(network=model) if NetworkFile.parse(model) else RECOGNIZED
    checkpoint = read_checkpoint(path, foreign)
    torch_device = choose_device(device)
    choose_threads(board.spec.config.threads, torch_device)
    restored = restore_network(path, checkpoint, foreign, None)
    predictor = Predictor(restored.network.to(torch_device), data.test.to(torch_device), torch_device)
    for _ in predictor:
        pass
    evaluation = predictor.evaluation(data.name, "test", data.fingerprint)
    assert best.accuracy is not None
    return Result(best.number, best.accuracy, evaluation.accuracy, evaluation.loss, evaluation.images)
