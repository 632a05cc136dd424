"""Reasons why a grayed key does not work now."""

from textual.binding import ActiveBinding

_NO_EVALUATION = "no evaluation yet"
_ONE_EVALUATION = "fewer than two evaluations"
_NO_DIGIT = "no digit is selected"
_REASONS = {
    "start": "nothing is training",
    "save": "nothing is training",
    "stop": "nothing is training",
    "test": "no checkpoint yet",
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
    "mark": "no runs yet",
    "compare-marked": "mark exactly two",
    "overlay": "mark two or more runs first",
}
"""Reasons by the key names of `keymap.DEFAULTS`; by action for a key that has no name there."""


def describe_availability(active: ActiveBinding) -> str:
    """Return why a key is grayed out; empty for one that works.

    For example `unavailable: nothing is training`.
    """
    if active.enabled:
        return ""
    reason = _REASONS.get(active.binding.id or active.binding.action.partition("(")[0])
    return f"unavailable: {reason}" if reason else "unavailable"
