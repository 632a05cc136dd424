"""What a person has to know now: what is waited for and for how long, what failed, and which key helps."""

import time

from textual.content import Content
from textual.widgets import Static

from emnist_tui.runs.record import RunState
from emnist_tui.text.bars import thin_bar
from emnist_tui.text.formats import count, duration, loss, printable
from emnist_tui.tui.keymap import Keymap, keymap_of
from emnist_tui.tui.session.run_session import RunSession

_BAR_CELLS = 24


class Notice(Static):
    """At most a few lines under the header; takes no room while there is nothing to say."""

    DEFAULT_CSS = """
    Notice {
        height: auto;
        max-height: 4;
        padding: 0 1;
        display: none;
        &.-waiting { display: block; color: $text-accent; }
        &.-warning { display: block; color: $text-warning; }
        &.-error { display: block; color: $text-error; }
    }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._shown: tuple[str, str] = ("", "")

    def show(self, opened: RunSession | None) -> None:
        shown = notice_of(opened, keymap_of(self.app)) if opened else ("", "")
        if shown == self._shown:
            return
        self._shown = shown
        kind, sentence = shown
        for name in ("waiting", "warning", "error"):
            self.set_class(name == kind, f"-{name}")
        self.update(Content(sentence))


def notice_of(opened: RunSession, keys: Keymap) -> tuple[str, str]:
    """The most urgent thing: its kind (`error`, `warning`, `waiting` or nothing) and the sentence."""
    record, state = opened.record, opened.state
    if problem := opened.problem:
        return "error", printable(problem)
    if state is RunState.INTERRUPTED:
        if record.started is None:
            return "error", f"Nothing was trained here, or its events are gone. {keys.label('new')} trains a new run."
        at = f"its last checkpoint is at step {_checkpoint_step(opened)}"
        return "error", f"The trainer is gone; {at}. Press {keys.label('start')} to resume."
    if state is RunState.FAILED:
        return "error", "The run failed."
    if record.stuck and state.is_live:
        stuck = record.stuck
        return "warning", (
            f"Stuck at guessing: after {count(stuck.step)} steps the loss is still {loss(stuck.loss)} (ln 10), "
            f"this seed's filters died. {keys.label('reseed')} trains again with seed {stuck.seed + 1}."
        )
    if record.checkpoint_failure:
        failure = record.checkpoint_failure
        return "warning", printable(
            f"No checkpoint could be saved at step {count(failure.step)}: {failure.error} It is tried again."
        )
    if waiting := _waiting(opened):
        return "waiting", printable(waiting)
    return "", ""


def _checkpoint_step(opened: RunSession) -> str:
    saved = opened.record.checkpoint
    return count(saved.step) if saved else "0"


def _waiting(opened: RunSession) -> str | None:
    if opened.state is RunState.STARTING and not opened.waiting_for:
        return "Starting the trainer …"
    phase = opened.waiting_for
    if phase is None:
        return "Starting …" if opened.checkpoint and opened.state is RunState.EVALUATING else None
    sentence = phase.phase[:1].upper() + phase.phase[1:]
    if progress := opened.record.evaluation_progress:
        share = min(1.0, progress.images / max(1, progress.total))
        return f"{sentence}  {thin_bar(share, _BAR_CELLS)}  {count(progress.images)} of {count(progress.total)} images"
    return f"{sentence} …  {duration(max(0.0, time.time() - phase.time))}"
