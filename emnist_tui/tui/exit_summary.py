"""Summary printed after the app has exited: state, checkpoint and next commands."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from emnist_tui.runs.folder import is_file
from emnist_tui.runs.record import RunState
from emnist_tui.text.formats import count, duration, percent, printable

if TYPE_CHECKING:
    from emnist_tui.tui.session.run_session import RunSession


def summary(session: RunSession) -> str:
    """Summarize a run in a few lines.

    Empty for a checkpoint, and for a run that never started.
    """
    record, folder = session.record, session.follower.folder
    if session.checkpoint:
        return ""
    path = shlex.quote(printable(str(folder.path)))
    if session.state.is_live:
        commands = [("reopen", f"emnist-tui {path}"), ("stop", f"emnist-tui stop {path}")]
        where = f", step {count(record.step)} of {count(record.total_steps)}" if record.started else ""
        verb = "may still be" if session.state is RunState.UNKNOWN else "is still"
        return _lines(f"{folder.name} {verb} training{where}.", commands)
    if not record.started:
        return ""
    facts = [f"step {count(record.step)} of {count(record.total_steps)}"]
    if record.ended:
        facts.append(f"{duration(record.trained_seconds)} of training")
    if tested := record.last_evaluation():
        when = f" after epoch {tested.epoch}" if tested.step < record.step else ""
        facts.append(f"{tested.split} {percent(tested.accuracy, 2)}{when}")
    rows = []
    saved = next((file for name in ("best.pt", "last.pt") if is_file(file := folder.path / name)), None)
    if saved:
        rows.append(("checkpoint", shlex.quote(printable(str(saved)))))
    rows.append(("reopen", f"emnist-tui {path}"))
    if saved and session.state is not RunState.FINISHED:
        rows.append(("resume", f"emnist-tui train --resume {path}"))
    state = f"{session.state} {record.early_end}" if record.early_end else str(session.state)
    return _lines(f"{folder.name} {state}: {', '.join(facts)}.", rows)


def _lines(first: str, rows: list[tuple[str, str]]) -> str:
    return "\n".join([printable(first), *(f"  {name:<10}  {value}" for name, value in rows)])
