"""Retention of evaluations and recorded weights of a sweep's best trials."""

from contextlib import suppress

from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.sweeps.board import Board
from emnist_tui.runs.sweeps.folder import TrialFolder

MOST = 10
"""Trials whose files are kept."""


class KeptEvaluations:
    """A worker's memory of the trials whose files it has deleted."""

    def __init__(self) -> None:
        self._retired: set[int] = set()

    def retire(self, board: Board) -> None:
        """Delete these files of ended trials that are not among the best.

        Seeds keep theirs, which are compared in pairs. Raises nothing: what cannot be deleted stays.
        """
        if board.spec.is_seeds:
            return
        kept = {trial.number for trial in board.ranking[:MOST]}
        for trial in board.trials:
            if trial.state.has_ended and trial.number not in kept and trial.number not in self._retired:
                self._retired.add(trial.number)
                _remove_bulk(board.folder.trial(trial.number))


def _remove_bulk(folder: TrialFolder) -> None:
    """Delete recorded weights, evaluations and neighbors.

    Those where the user has judged mistakes stay.
    """
    from emnist_tui.analysis.triage import judged_files  # here, since these bring numpy and torch
    from emnist_tui.learning.training.retention import epoch_of
    from emnist_tui.runs.weights_recording import RECORDING

    with suppress(OSError, EmnistTuiError):
        (folder.path / RECORDING).unlink(missing_ok=True)
        judged, since = judged_files(folder.path)
        for path in folder.path.glob("*.npz"):
            if epoch_of(path.name) is not None and path.name not in judged and path.lstat().st_mtime > since:
                path.unlink(missing_ok=True)
