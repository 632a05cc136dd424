"""Sweep that a screen follows, read in another thread."""

from __future__ import annotations

import time
from collections.abc import Callable

from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import gone
from emnist_tui.runs.sweeps.board import Board, SweepBoard
from emnist_tui.runs.sweeps.folder import SweepFolder

_EVERY = 1.0  # seconds from one reading to the next
_MOST_OF_TIME = 10  # times as long as the reading itself takes, at least
_AT_ONCE = 200  # files of a first step; the next steps read as many as were read before


class SweepWatch:
    """Newest board of a sweep, and why there is none."""

    def __init__(
        self, folder: SweepFolder, board: Board | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Follow a sweep; `board` is what is known already."""
        self.folder = folder
        self.board = board
        """What the files told last."""
        self.problem = ""
        """Why they cannot be read now, as a sentence."""
        self._clock = clock
        self._reader: SweepBoard | None = None
        self._read = 0
        """Trials of the last reading."""
        self._next = 0.0

    @property
    def is_due(self) -> bool:
        """Whether it is time to read again."""
        return self._clock() >= self._next

    def hurry(self) -> None:
        """Have the files read at once: they were written to."""
        self._next = 0.0

    @property
    def is_complete(self) -> bool:
        """Whether `read` has read all that it found."""
        return self._reader is None or self._reader.is_complete

    def read(self) -> None:
        """Read a part of what has changed, in a thread; raises nothing."""
        begun = self._clock()
        try:
            if not self.folder.exists():
                raise gone(self.folder.path)
            if self._reader is None:
                self._reader = SweepBoard(self.folder)
            board = self._reader.refresh(max(_AT_ONCE, self._read))
            self._read = len(board.trials)
            if self.board is None or self._read >= len(self.board.trials) or self._reader.is_complete:
                _ = board.ranking, board.counts  # computed here, since thousands take longer than a frame
                self.board = board
            self.problem = ""
        except EmnistTuiError as error:
            self.problem, self._reader = str(error), None
        ended = self._clock()
        self._next = ended + max(_EVERY, _MOST_OF_TIME * (ended - begun)) if self.is_complete else 0.0
