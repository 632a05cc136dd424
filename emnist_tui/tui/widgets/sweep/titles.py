"""Words on the borders of a sweep's table."""

from __future__ import annotations

from rich.cells import cell_len

from emnist_tui.runs.sweeps.board import Board
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from emnist_tui.text import formats
from emnist_tui.tui.widgets.sweep.columns import TrialOrder, columns_of

_EXPLAINED = {
    TrialState.ORPHANED: "its worker fell silent; the next worker adopts it",
    TrialState.INTERRUPTED: "its worker ended; the next worker resumes it",
    TrialState.STUCK: "it learned nothing",
}
"""Sentences about states whose reason is not recorded."""


def title_of_sweep(board: Board, order: TrialOrder, room: int) -> str:
    """Return the longest title that fits: name, number of trials, order."""
    name, by = formats.printable(board.folder.name), columns_of(board.spec)[order.by].title
    count = f"{formats.count(len(board.trials))} of {formats.count(board.total)} trials"
    arrow = "↓" if order.is_descending else "↑"
    titles = (f"{name} · {count} · by {by} {arrow}", f"{name} · {count}", name)
    return next((title for title in titles if cell_len(title) <= room), formats.shortened(name, room))


def describe_trial(trial: Trial | None, resume_key: str) -> str:
    """Say why a trial is in its state; empty if plain."""
    if trial is None:
        return ""
    reason = formats.printable(trial.reason.replace("\n", " ")) or _EXPLAINED.get(trial.state, "")
    if trial.state is TrialState.STOPPED:
        reason = f"{resume_key} lets a worker resume it"
    return f"trial {trial.number} {trial.state}: {reason}" if reason else ""
