"""Run or checkpoint that a key acts on, or cannot."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.folder import RunFolder, is_file
from emnist_tui.runs.record import RunRecord, RunState, summarize

if TYPE_CHECKING:
    from emnist_tui.tui.session.run_session import RunSession

_READ_EVERY = 2.0  # seconds
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
    log: RunFolder | None = None
    """Folder with its events; None for a checkpoint that is not open."""

    @classmethod
    def opened(cls, session: RunSession) -> Target:
        """Describe the open run or checkpoint."""
        folder = session.follower.folder
        if session.checkpoint:
            return cls(session.checkpoint, log=folder)
        return cls(folder.path, session.state, session.record.config, folder)

    @property
    def is_run(self) -> bool:
        return self.state is not None

    @property
    def is_live(self) -> bool:
        return self.state is not None and self.state.is_live


class TargetReader:
    """Reader of targets that are not open."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._size = -1
        self._read_at = 0.0
        self._record = RunRecord()

    def read(self, path: Path) -> Target:
        """Describe a run from its events, or a checkpoint unread.

        Events are read at most every two seconds, since the keys of a screen are checked one by one.
        """
        folder = RunFolder(path)
        if not folder.exists():
            return Target(path)
        now = time.monotonic()
        if path != self._path or now - self._read_at >= _READ_EVERY:
            size = _size(folder.events)
            if (path, size) != (self._path, self._size):
                self._record = summarize(folder)
            self._path, self._size, self._read_at = path, size, now
        return Target(path, self._record.state(is_training=folder.is_training()), self._record.config, folder)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def explain_unavailable(action: str, target: Target) -> str:
    """Explain why an action is unavailable; empty if it works."""
    if (target.is_run or not target.log) and not os.path.lexists(target.path):
        return "it is no longer there"
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
    return "" if _has_checkpoint(target) else "no checkpoint to continue from"


def _explain_no_test(target: Target) -> str:
    if not target.is_run:
        return "the checkpoint is evaluated already" if target.log else ""
    return "" if is_file(RunFolder(target.path).last_checkpoint) else "the run has no checkpoint"


def _has_checkpoint(target: Target) -> bool:
    return any(is_file(path) for path in target.path.glob("*.pt"))
