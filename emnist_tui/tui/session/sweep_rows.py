"""Sweeps as rows of the list of runs, read in another thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.sweeps.board import SweepBoard
from emnist_tui.runs.sweeps.folder import SweepFolder, sweep_folders
from emnist_tui.runs.sweeps.listing import SweepEntry, damaged_sweep, describe_sweep

_EVERY = 2.0  # seconds from one reading to the next
_MOST_OF_TIME = 10  # times as long as the reading itself takes, at least


class SweepRows:
    """Sweeps of a directory, of which only what changed is read again."""

    def __init__(self, root: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.root = root
        self.entries: list[SweepEntry] = []
        """Rows as they were read last, newest first."""
        self._clock = clock
        self._boards: dict[Path, SweepBoard] = {}
        self._next = 0.0

    @property
    def is_due(self) -> bool:
        """Whether it is time to read again."""
        return self._clock() >= self._next

    def read(self) -> None:
        """Read what has changed, in a thread; raises nothing."""
        begun = self._clock()
        folders = sweep_folders(self.root)
        self._boards = {folder.path: self._boards[folder.path] for folder in folders if folder.path in self._boards}
        entries = [self._describe(folder) for folder in folders]
        self.entries = sorted(entries, key=lambda entry: entry.created or 0, reverse=True)
        ended = self._clock()
        self._next = ended + max(_EVERY, _MOST_OF_TIME * (ended - begun))

    def _describe(self, folder: SweepFolder) -> SweepEntry:
        try:
            reader = self._boards.get(folder.path) or SweepBoard(folder)
        except EmnistTuiError as error:
            return damaged_sweep(folder, error)
        self._boards[folder.path] = reader
        return describe_sweep(reader.refresh())
