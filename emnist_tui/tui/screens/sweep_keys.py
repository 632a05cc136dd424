"""Keys of the sweep screen: which work, and why others do not."""

from __future__ import annotations

from emnist_tui.runs.control import Desired
from emnist_tui.runs.sweeps.board import Board
from emnist_tui.runs.sweeps.trial import Trial, TrialState

_TRAINED = (TrialState.RUNNING, TrialState.PAUSED)
_REASONS = {
    "stop_trial": "nobody trains the trial",
    "resume_trial": "only a stopped trial can be resumed",
    "compare_top": "fewer than two trials have an accuracy",
    "extend": "a grid has a trial for every combination; add trials of your own",
    "sort": "no trial has begun",
    "turn": "no trial has begun",
    "parameter": "no trial has begun",
}
_OF_THE_WHOLE = ("pause_sweep", "resume_sweep", "stop_sweep", "work", "add_trial")
SWEEP_ACTIONS = (*_REASONS, *_OF_THE_WHOLE)
"""Actions that do not always work."""


def check_sweep_action(action: str, board: Board | None, trial: Trial | None) -> bool | None:
    """Return whether an action works now, as `check_action` does.

    Pause and resume share a key; one of them is hidden.
    """
    if action in ("pause_sweep", "resume_sweep"):
        is_held = board is not None and board.desired is not Desired.RUN
        if is_held != (action == "resume_sweep"):
            return False
    if board is None:
        return None
    works = {
        "pause_sweep": not board.is_done,
        "stop_sweep": not board.is_done and board.desired is not Desired.STOP,
        "work": not board.is_done,
        "extend": board.spec.sampler != "grid" or board.spec.is_seeds,
        "stop_trial": trial is not None and trial.state in _TRAINED,
        "resume_trial": trial is not None and trial.state is TrialState.STOPPED,
        "compare_top": len(board.ranking) > 1,
        "sort": bool(board.trials),
        "turn": bool(board.trials),
        "parameter": bool(board.trials),
    }
    return True if works.get(action, True) else None


def explain_sweep_action(action: str, board: Board | None) -> str:
    """Explain why an action does not work; empty for other actions."""
    if action not in SWEEP_ACTIONS:
        return ""
    if board is None:
        return "the sweep is not read yet"
    if action in _OF_THE_WHOLE:
        return "every trial has ended" if board.is_done else "the sweep is stopped already"
    return _REASONS[action]
