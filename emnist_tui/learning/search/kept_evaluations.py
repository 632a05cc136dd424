"""Retention of evaluations: those of a sweep's best trials are kept."""

from contextlib import suppress

from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.sweeps.board import Board
from emnist_tui.runs.sweeps.folder import TrialFolder

MOST = 10
"""Trials whose evaluations are kept."""


class KeptEvaluations:
    """A worker's memory of the trials whose evaluations it has deleted."""

    def __init__(self) -> None:
        self._retired: set[int] = set()

    def retire(self, board: Board) -> None:
        """Delete the evaluations of ended trials that are not among the best.

        Seeds keep theirs, which are compared in pairs. Raises nothing: what cannot be deleted stays.
        """
        if board.spec.is_seeds:
            return
        kept = {trial.number for trial in board.ranking[:MOST]}
        for trial in board.trials:
            if trial.state.has_ended and trial.number not in kept and trial.number not in self._retired:
                self._retired.add(trial.number)
                _remove_evaluations(board.folder.trial(trial.number))


def _remove_evaluations(folder: TrialFolder) -> None:
    """Delete evaluations and neighbors, except where the user has judged mistakes."""
    from emnist_tui.analysis.triage import judged_files  # here, since these bring numpy and torch
    from emnist_tui.learning.training.retention import epoch_of

    with suppress(OSError, EmnistTuiError):
        judged, since = judged_files(folder.path)
        for path in folder.path.glob("*.npz"):
            if epoch_of(path.name) is not None and path.name not in judged and path.lstat().st_mtime > since:
                path.unlink(missing_ok=True)
