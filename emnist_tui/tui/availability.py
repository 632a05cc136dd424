"""Keys that work now, and why the others do not."""

from textual.binding import ActiveBinding

from emnist_tui.runs.folder import is_file
from emnist_tui.runs.record import RunState
from emnist_tui.tui.session.run_session import RunSession

RESUMABLE = (RunState.STOPPED, RunState.INTERRUPTED, RunState.FAILED)

_NO_EVALUATION = "no evaluation yet"
_ONE_EVALUATION = "fewer than two evaluations"
_NO_DIGIT = "no digit is selected"
_REASONS = {
    "start": "nothing is training",
    "save": "nothing is training",
    "stop": "nothing is training",
    "test": "no run with a checkpoint is open",
    "mode": _NO_EVALUATION,
    "epoch-before": _ONE_EVALUATION,
    "epoch-after": _ONE_EVALUATION,
    "look": _ONE_EVALUATION,
    "compare": _ONE_EVALUATION,
    "filter": _NO_EVALUATION,
    "sort": _NO_EVALUATION,
    "confident": _NO_EVALUATION,
    "unjudged": _NO_EVALUATION,
    "wrong-label": _NO_DIGIT,
    "ambiguous": _NO_DIGIT,
    "model-fault": _NO_DIGIT,
    "undo": "nothing to undo",
    "copy": _NO_DIGIT,
    "picture": _NO_DIGIT,
    "zoom": "no steps yet",
    "log-scale": "no steps yet",
    "mark": "no runs yet",
    "compare-marked": "mark exactly two",
    "overlay": "mark two or more runs first",
}
"""Reasons by the key names of `keymap.DEFAULTS`; by action for a key that has no name there."""


def check_run_action(action: str, session: RunSession | None) -> bool | None:
    """Return whether an action works now, as `check_action` does.

    True if it works, None if it is grayed out, False if it is hidden.

    Several actions share the key `start`; at most one of them is not hidden.
    """
    run = session if session and session.checkpoint is None else None
    state = run.state if run else None
    match action:
        case "start":
            return run is None
        case "resume":
            return state in RESUMABLE
        case "unpause":
            return state is RunState.PAUSED
        case "pause":
            if run is None or state in RESUMABLE or state is RunState.PAUSED:
                return False
            return True if run.state.is_live else None
        case "save" | "stop":
            return True if run and run.state.is_live else None
        case "restart":
            return bool(run and run.record.stuck)
        case "evaluate":
            return True if run and is_file(run.follower.folder.last_checkpoint) else None
    return True


def describe_availability(active: ActiveBinding) -> str:
    """Return why a key is grayed out; empty for one that works.

    For example `unavailable: nothing is training`.
    """
    if active.enabled:
        return ""
    reason = _REASONS.get(active.binding.id or active.binding.action.partition("(")[0])
    return f"unavailable: {reason}" if reason else "unavailable"
