"""Watch for a run that trains while another is open."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from emnist_tui.runs.control import Desired, read_control
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.record import RunState

_LOOK_EVERY = 2.0  # seconds between two looks into the runs directory


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
        self.found: TrainingRun | None = None
        """Result of the last look."""

    def poll(self, opened: Path | None) -> None:
        """Look for a training run every two seconds.

        Another open run is a reason to look at once.

        `opened` is the absolute path of the open run's folder. Only locks are read, and the control file of the run
        that is found.
        """
        now = time.monotonic()
        if now < self._next_look and opened == self._opened:
            return
        self._next_look, self._opened = now + _LOOK_EVERY, opened
        known = self.found.path if self.found else None
        path = known if known and self._is_other(known) else self._first_other()
        self.found = TrainingRun(path, _state(path)) if path else None

    def _first_other(self) -> Path | None:
        try:
            with os.scandir(self._root) as entries:
                return next((path for entry in entries if self._is_other(path := Path(entry.path))), None)
        except OSError:
            return None

    def _is_other(self, path: Path) -> bool:
        """Return whether another run than the open one is known to train."""
        folder = RunFolder(path)
        return bool(folder.is_training()) and path.absolute() != self._opened and folder.exists()


def _state(path: Path) -> RunState:
    is_paused = read_control(RunFolder(path).control).desired is Desired.PAUSE
    return RunState.PAUSED if is_paused else RunState.TRAINING
