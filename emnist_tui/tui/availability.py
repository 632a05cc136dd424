"""Keys that work now, and why the others do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.binding import ActiveBinding
from textual.screen import Screen

from emnist_tui.runs.record import RunState
from emnist_tui.tui.keymap import Keymap, keymap_of
from emnist_tui.tui.targets import explain_not_training
from emnist_tui.tui.terminal.textual_private import active_binding

if TYPE_CHECKING:
    from emnist_tui.tui.session.run_session import RunSession

RESUMABLE = (RunState.STOPPED, RunState.INTERRUPTED, RunState.FAILED)

_ONE_EVALUATION = "fewer than two evaluations"
_REASONS = {
    "epoch-before": _ONE_EVALUATION,
    "epoch-after": _ONE_EVALUATION,
    "look": _ONE_EVALUATION,
    "undo": "nothing to undo",
    "mark": "no runs here",
    "filter-runs": "no runs here",
    "sort-runs": "no runs here",
    "edit-run": "no runs here",
    "delete-run": "no runs here",
    "zoom": "no steps yet",
    "log-scale": "no steps yet",
    "look-inside": "no digit here",
    "compare-marked": "mark exactly two",
    "overlay": "mark two or more runs, or a group of seeds, first",
}
"""Reasons by the key names of `keymap.DEFAULTS`; by action for a key that has no name there.

The reasons of other keys depend on what is open.
"""

_EPOCHS = ("epoch-before", "epoch-after", "compare")
_EVALUATION = ("mode", "filter", "sort", "confident", "unjudged")
_DIGIT = ("wrong-label", "ambiguous", "model-fault", "copy", "picture", "look-inside")


def check_run_action(action: str, session: RunSession | None) -> bool | None:
    """Return whether an action works now, as `check_action` does.

    True if it works, None if it is grayed out, False if it is hidden.

    Several actions share the key `start`; one of them is not hidden.
    """
    run = session if session and session.checkpoint is None else None
    state = run.state if run else None
    is_resumable = run is not None and state in RESUMABLE and run.follower.folder.is_resumable()
    match action:
        case "resume":
            return is_resumable
        case "unpause":
            return state is RunState.PAUSED
        case "pause":
            if is_resumable or state is RunState.PAUSED:
                return False
            return True if run and run.state.is_live else None
        case "restart":
            return bool(run and run.record.is_impaired)
    return True


def describe_availability(active: ActiveBinding) -> str:
    """Return why a key is grayed out; empty for one that works.

    For example `unavailable: nothing is training`.
    """
    if active.enabled:
        return ""
    reason = _reason(active)
    return f"unavailable: {reason}" if reason else "unavailable"


def explain_key(screen: Screen[Any], key: str) -> str:
    """Return a sentence on a pressed key that is grayed out.

    For example `Save: nothing is training.` Empty for a key that works, is hidden or does nothing on the screen.
    """
    active = active_binding(screen, key)
    if active is None or active.enabled:
        return ""
    return f"{active.binding.description}: {_reason(active) or 'unavailable now'}."


def _reason(active: ActiveBinding) -> str:
    binding = active.binding
    explain = getattr(active.node, "explain_unavailable", None)
    action = binding.action.partition("(")[0]
    if explain and (reason := explain(action)):
        return str(reason)
    if binding.id is not None:
        app = getattr(active.node, "app", None)
        reason = explain_by_session(binding.id, getattr(app, "session", None), keymap_of(app) if app else Keymap())
        if reason and "," not in binding.action:  # the two sides of a comparison are not what is open
            return reason
    return _REASONS.get(binding.id or action, "")


def explain_by_session(name: str, session: RunSession | None, keys: Keymap) -> str:
    """Return why a key does not work with what is open.

    `name` is its name in `keymap.DEFAULTS`. Empty for a key that does not depend on what is open.
    """
    if name == "start":
        if session is None:
            return f"nothing is open; {keys.label('new')} trains a new network"
        if session.checkpoint is None and session.state in RESUMABLE:
            return f"no checkpoint to resume from; {keys.label('new')} starts a new run"
        return explain_not_training(None if session.checkpoint else session.state)
    if name not in (*_EPOCHS, *_EVALUATION, *_DIGIT):
        return ""
    if session is None:
        return "nothing is open"
    if session.evaluation is None:
        if session.checkpoint is None:
            return "no evaluation yet"
        return "the checkpoint is being evaluated" if session.state.is_live else "the checkpoint could not be evaluated"
    if name in _EPOCHS:
        return "a checkpoint has one evaluation" if session.checkpoint else _ONE_EVALUATION
    if name in _DIGIT:
        return "no digit passes the filter" if session.review.filter.is_narrow else "there are no mistakes"
    return ""
