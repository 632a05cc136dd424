"""What is said after the app has gone: how the run stands, where its checkpoint is, and how to come back to it."""

import shlex

from emnist_tui.runs.record import RunState
from emnist_tui.text.formats import count, duration, percent, printable
from emnist_tui.tui.session.run_session import RunSession


def summary(opened: RunSession) -> str:
    """A few lines; none for a checkpoint, or for a run that nothing was trained of."""
    record, folder = opened.record, opened.follower.folder
    if opened.checkpoint:
        return ""
    path = shlex.quote(printable(str(folder.path)))
    if opened.state.is_live:
        commands = [("show it", f"emnist-tui {path}"), ("stop it", f"emnist-tui stop {path}")]
        where = f", step {count(record.step)} of {count(record.total_steps)}" if record.started else ""
        return _lines(f"{folder.name} goes on training{where}.", commands)
    if not record.started:
        return ""
    facts = [f"step {count(record.step)} of {count(record.total_steps)}"]
    if record.ended:
        facts.append(f"{duration(record.ended.seconds)} of training")
    if tested := record.last_evaluation():
        facts.append(f"{tested.split} {percent(tested.accuracy, 2)}")
    rows = []
    saved = next((file for name in ("best.pt", "last.pt") if (file := folder.path / name).is_file()), None)
    if saved:
        rows.append(("checkpoint", shlex.quote(printable(str(saved)))))
    rows.append(("look again", f"emnist-tui {path}"))
    if saved and opened.state is not RunState.FINISHED:
        rows.append(("go on", f"emnist-tui train --resume {path}"))
    return _lines(f"{folder.name} {opened.state}: {', '.join(facts)}.", rows)


def _lines(first: str, rows: list[tuple[str, str]]) -> str:
    return "\n".join([printable(first), *(f"  {name:<11} {value}" for name, value in rows)])
