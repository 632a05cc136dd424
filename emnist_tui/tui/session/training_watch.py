"""Watch for a run that trains while another is open."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from emnist_tui.runs.control import Desired, read_control
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.record import RunState

_LOOK_EVERY = 2.0  # seconds between two looks into the runs directory
_AT_ONCE = 25  # folders, whose locks take three milliseconds


@dataclass(frozen=True)
class TrainingRun:
    """A run whose trainer is alive."""

    path: Path
    state: RunState
    """`TRAINING` or `PAUSED`."""


class TrainingWatch:
    """Watch over the runs directory for another training run."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._next_look = 0.0
        self._opened: Path | None = None
        self._unseen: list[Path] = []
        """Folders that the current look has not come to."""
        self.found: TrainingRun | None = None
        """Result of the last look."""

    def poll(self, opened: Path | None) -> None:
        """Look for a training run every two seconds, in portions.

        It begins anew once another run is opened. `opened` is the absolute path of the open run's folder. Only
        locks are read, a few at each call, and the control file of the run that is found.
        """
        now = time.monotonic()
        if now >= self._next_look or opened != self._opened:
            self._next_look, self._opened = now + _LOOK_EVERY, opened
            self._unseen = self._folders()
        elif not self._unseen:
            return
        now_seen, self._unseen = self._unseen[:_AT_ONCE], self._unseen[_AT_ONCE:]
        if path := next(filter(self._is_other, now_seen), None):
            self.found, self._unseen = TrainingRun(path, _state(path)), []
        elif not self._unseen:
            self.found = None

    def _folders(self) -> list[Path]:
        """List the runs directory, the training run found last first."""
        try:
            with os.scandir(self._root) as entries:
                paths = [Path(entry.path) for entry in entries]
        except OSError:
            return []
        known = self.found.path if self.found else None
        return sorted(paths, key=lambda path: path != known)

    def _is_other(self, path: Path) -> bool:
        """Return whether another run than the open one is known to train."""
        folder = RunFolder(path)
        return bool(folder.is_training()) and path.absolute() != self._opened and folder.exists()


def _state(path: Path) -> RunState:
    is_paused = read_control(RunFolder(path).control).desired is Desired.PAUSE
    return RunState.PAUSED if is_paused else RunState.TRAINING
