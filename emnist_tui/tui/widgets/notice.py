"""Most urgent notice: failures, warnings and waits of a run, and downloads."""

from __future__ import annotations

import math
import os
import time
from typing import TYPE_CHECKING

from emnist_tui.runs.folder import gone
from emnist_tui.runs.record import RunState
from emnist_tui.text.bars import thin_bar
from emnist_tui.text.formats import count, duration, loss, percent, printable
from emnist_tui.text.unit_names import describe_change
from emnist_tui.tui.keymap import Keymap
from emnist_tui.tui.onboarding import missing_digits_sentences
from emnist_tui.tui.remedies import in_the_app
from emnist_tui.tui.session.download_session import describe_line

if TYPE_CHECKING:
    from emnist_tui.tui.session.download_session import DownloadSession
    from emnist_tui.tui.session.run_session import RunSession

_BAR_CELLS = 10  # so that the sentence fits 60 columns
_BRIEF = 2.0  # seconds of an evaluation during training that needs no notice


def notice_of(opened: RunSession, keys: Keymap) -> tuple[str, str]:
    """Return the kind and the text of the most urgent message.

    The kind is `error`, `warning`, `waiting` or, without a message, empty.
    """
    record, state = opened.record, opened.state
    if not opened.checkpoint and not os.path.lexists(opened.follower.folder.path):
        return "error", printable(f"{gone(opened.follower.folder.path)} {keys.label('runs')} lists the runs.")
    new_run = f"Press {keys.label('new')} to start a new run."
    is_resumable = opened.checkpoint is not None or opened.follower.folder.is_resumable()
    if problem := opened.problem:
        words = in_the_app(problem, keys)
        is_dead_end = not is_resumable and new_run.partition(" to ")[0] not in words
        return "error", printable(f"{words} {new_run}" if is_dead_end else words)
    if opened.testing:
        waiting = _waiting(opened.testing)
        return "waiting", printable(f"Last checkpoint: {waiting}" if waiting else "Evaluating the last checkpoint …")
    if state is RunState.INTERRUPTED:
        if record.started is None:
            return "error", f"This run was never trained, or its event file is missing. {new_run}"
        if not is_resumable:
            return "error", f"The trainer died before it saved a checkpoint. {new_run}"
        at = f"last checkpoint at step {_checkpoint_step(opened)}"
        return "error", f"The trainer died; {at}. Press {keys.label('start')} to resume."
    if state is RunState.UNKNOWN:
        lock = opened.follower.folder.lock
        return "warning", printable(f"You may not read {lock}, so perhaps there is no trainer.")
    if state is RunState.FAILED:
        return "error", "The run failed."
    if record.stuck and state.is_live:
        stuck = record.stuck
        return "warning", (
            f"After {count(stuck.step)} steps the loss is no better than guessing ({loss(stuck.loss)}; "
            f"ln 10 = {loss(math.log(10))}). This seed's filters have died. "
            f"Press {keys.label('reseed')} to train with another seed."
        )
    if record.checkpoint_failure:
        failure = record.checkpoint_failure
        return "warning", printable(
            f"The checkpoint at step {count(failure.step)} could not be saved: {failure.error} The trainer tries again."
        )
    if record.loaded and record.loaded.warning:
        return "warning", printable(in_the_app(record.loaded.warning, keys))
    if waiting := _waiting(opened):
        return "waiting", printable(waiting)
    if state.is_live and (lost := _lost_units(opened)):
        return "warning", printable(
            f"{lost} A lower learning rate or another seed helps: {keys.label('reseed')} reseeds."
        )
    if state.is_live and record.started and record.started.notice:
        return "warning", printable(record.started.notice)
    return ("hint", best) if (best := _best_epoch(opened, keys)) else ("", "")


def download_notice(
    download: DownloadSession, keys: Keymap, width: int, *, is_anything_opened: bool
) -> tuple[str, str]:
    """Return kind and text of the notice about a download.

    The text is at most `width` cells long.

    Without a download it is a `hint` that no digits are installed, unless a run is open, whose header names its data.
    """
    if record := download.record:
        return "waiting", printable(describe_line(record, width))
    if is_anything_opened or download.is_installed:
        return "", ""
    sentences = missing_digits_sentences(keys)
    return "hint", next((text for text in sentences if len(text) <= width), sentences[-1])


def _checkpoint_step(opened: RunSession) -> str:
    saved = opened.record.checkpoint
    return count(saved.step) if saved else "0"


def _best_epoch(opened: RunSession, keys: Keymap) -> str | None:
    """Name the best epoch of a finished run with validation.

    The sentence fits 58 columns.
    """
    record, best = opened.record, opened.record.best_epoch
    if opened.state is not RunState.FINISHED or best is None:
        return None
    share = percent(best.accuracy, 2)
    if record.stopped_early is None:
        return f"Best epoch on validation: {best.epoch} ({share}), kept in best.pt."
    return f"Stopped early. Best epoch: {best.epoch} (val {share}). {keys.label('longer')} trains on."


def _lost_units(opened: RunSession) -> str | None:
    """Name the notable loss of units that was found first."""
    layers = [layer for layer in opened.record.units.lost if layer.is_notable]
    if not layers:
        return None
    first = min(layers, key=lambda layer: min(layer.steps))
    change = describe_change(first.units, (), first.state, max(first.steps), first.unit, first.layer, first.kind)
    more = len(layers) - 1
    others = f", as did some in {count(more)} more layer{'s' * (more > 1)}" if more else ""
    return f"{change[:1].upper()}{change[1:]}{others}."


def _waiting(opened: RunSession) -> str | None:
    if opened.state is RunState.STARTING and not opened.waiting_for:
        return "Starting the trainer …"
    phase = opened.waiting_for
    if phase is None:
        return "Starting …" if opened.checkpoint and opened.state is RunState.EVALUATING else None
    waited = max(0.0, time.time() - phase.time)
    if opened.state is RunState.EVALUATING and not opened.checkpoint and waited < _BRIEF:
        return None
    sentence = phase.phase[:1].upper() + phase.phase[1:]
    if progress := opened.record.evaluation_progress:
        share = min(1.0, progress.images / max(1, progress.total))
        return f"{sentence}  {thin_bar(share, _BAR_CELLS)}  {count(progress.images)} of {count(progress.total)} images"
    return sentence if sentence.endswith(".") else f"{sentence} …  {duration(waited)}"
