"""Run or checkpoint that a key acts on, or cannot."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.folder import RunFolder, is_file
from emnist_tui.runs.record import RunRecord, RunState

if TYPE_CHECKING:
    from emnist_tui.runs.events import StoppedEarly
    from emnist_tui.tui.session.run_session import RunSession

_NOT_TRAINING = {
    RunState.FINISHED: "the run has finished",
    RunState.STOPPED: "the run has been stopped",
    RunState.FAILED: "the run has failed",
    RunState.INTERRUPTED: "the run was interrupted",
}


@dataclass(frozen=True)
class Target:
    """A run, or a checkpoint file."""

    path: Path
    """The run's folder, or the file."""
    state: RunState | None = None
    """State of a run; None for a checkpoint."""
    config: TrainConfig | None = None
    """Configuration of a run that has started."""
    learning_rate: float | None = None
    """Learning rate set last in a run that has started."""
    epochs_saved: float | None = None
    """Epochs that the last checkpoint of a run was trained for, such as 2.5; None without one."""
    stopped_early: StoppedEarly | None = None
    """Early end of a finished run, if it had one."""
    log: RunFolder | None = None
    """Folder with its events; None for a checkpoint that is not open."""
    network: str | None = None
    """Recorded file of a network of one's own, which an open checkpoint needs."""
    has_failed: bool = False
    """Whether the evaluation of an open checkpoint failed."""
    is_sweep: bool = False
    """True for a listed sweep, on whose trials its screen acts."""
    is_unread: bool = False
    """True for a listed run whose events are still being read."""

    @classmethod
    def opened(cls, session: RunSession) -> Target:
        """Describe the open run or checkpoint."""
        folder = session.follower.folder
        if session.checkpoint:
            return cls(
                session.checkpoint,
                log=folder,
                network=session.network_to_ask_for,
                has_failed=session.state is RunState.FAILED,
            )
        return cls.of_run(folder, session.state, session.record)

    @classmethod
    def listed(cls, path: Path, record: RunRecord | None) -> Target:
        """Describe a run or checkpoint of the list.

        `record` is what is read of a run's events; None if nothing is yet, and for a checkpoint.
        """
        folder = RunFolder(path)
        if not folder.exists():
            return cls(path)
        if record is None:
            return cls(path, RunState.UNKNOWN, log=folder, is_unread=True)
        return cls.of_run(folder, record.state(is_training=folder.is_training()), record)

    @classmethod
    def of_run(cls, folder: RunFolder, state: RunState, record: RunRecord) -> Target:
        """Describe a run by its events."""
        early = record.stopped_early if record.early_end else None
        saved, started = record.last_checkpoint, record.started
        epochs = saved.step / started.steps_per_epoch if saved and started and started.steps_per_epoch > 0 else None
        return cls(folder.path, state, record.config, record.learning_rate, epochs, early, folder)

    @property
    def is_run(self) -> bool:
        return self.state is not None

    @property
    def is_live(self) -> bool:
        return self.state is not None and self.state.is_live


def explain_unavailable(action: str, target: Target) -> str:
    """Explain why an action is unavailable; empty if it works."""
    if (target.is_run or not target.log) and not os.path.lexists(target.path):
        return "it is no longer there"
    if target.is_sweep:
        return "open the sweep and choose a trial"
    if target.is_unread and action != "log":
        return "its events are still being read"
    match action:
        case "log":
            return "" if target.log else "open the checkpoint first"
        case "train_longer":
            return _explain_no_training(target)
        case "save" | "stop":
            return "" if target.is_live else explain_not_training(target.state)
        case "evaluate":
            return _explain_no_test(target)
    return ""


def explain_not_training(state: RunState | None) -> str:
    """Explain why nothing can be requested of a trainer.

    `state` is that of the run; None for a checkpoint.
    """
    return _NOT_TRAINING.get(state, "nothing is training") if state else "a checkpoint is open, not a run"


def _explain_no_training(target: Target) -> str:
    if not target.is_run:
        return "only a run can train longer"
    if target.state is RunState.UNKNOWN:
        return "perhaps it trains: its lock is unreadable"
    if target.is_live:
        return "the run trains already"
    if target.config is None:
        return "the run never started"
    return "" if RunFolder(target.path).is_resumable() else "no checkpoint to continue from"


def _explain_no_test(target: Target) -> str:
    if not target.is_run:
        return "the checkpoint is evaluated already" if target.log and not target.has_failed else ""
    return "" if is_file(RunFolder(target.path).last_checkpoint) else "the run has no checkpoint"
