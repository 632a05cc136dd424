"""Cached reading of a sweep's trial.json files."""

from __future__ import annotations

import os
import time
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path

from emnist_tui.runs.sweeps.folder import SweepFolder, trial_number
from emnist_tui.runs.sweeps.trial import Trial, TrialState, read_trial

DAMAGED = "trial.json cannot be read."
_ROUND = 64  # ended trials that are looked at anew in one refresh
_TICK = 0.05  # seconds; a second change within a file system's tick leaves the time as it is
_LISTED_AGAIN = 30.0  # seconds; where a shared folder's own time lags behind
_FINAL = (TrialState.FINISHED, TrialState.PRUNED, TrialState.STUCK, TrialState.DIVERGED, TrialState.FAILED)
"""States that nothing leaves, unlike that of a trial which its user may have resumed."""


@dataclass(slots=True)
class _Known:
    """One trial as it was read."""

    path: str
    signature: int = 0
    """Of trial.json; 0 before it was read."""
    trial: Trial | None = None


class TrialFiles:
    """Reader of all trial.json files of a sweep."""

    def __init__(self, folder: SweepFolder) -> None:
        self._folder = folder
        self._known: dict[int, _Known] = {}
        self._open: dict[int, _Known] = {}
        """Trials that may change at any time."""
        self._round: list[int] = []
        self._listing = 0
        self._listed = self._changed = float("-inf")
        self._trials: tuple[Trial, ...] = ()
        self.is_complete = True
        """Whether `refresh` read all that it found."""
        self._new: deque[int] = deque()

    def refresh(self, budget: int) -> tuple[tuple[Trial, ...], int]:
        """Return the trials by number, and the budget that is left.

        Reads at most `budget` files; the same tuple is returned while nothing changed.
        """
        changed = self._list()
        self.is_complete = True
        kept = budget // 2 if self._new else 0  # for new trials, however often the others change
        for number in [*self._next_ended(), *self._open]:
            known = self._known[number]
            if (signature := _signature(known.path)) == known.signature:
                continue
            if budget <= kept:
                self.is_complete = False
                break
            budget, changed = budget - 1, True
            self._read(number, known, signature)
        while self._new and budget > 0:
            number = self._new.popleft()
            if new := self._known.get(number):
                budget, changed = budget - 1, True
                self._read(number, new, _signature(new.path))
        self.is_complete &= not self._new
        if changed:
            self._trials = tuple(trial for number in sorted(self._known) if (trial := self._known[number].trial))
        return self._trials, budget

    @property
    def unread(self) -> int:
        """Trials found but not read yet."""
        return len(self._new)

    def _read(self, number: int, known: _Known, signature: int) -> None:
        """Read a trial, which the next refresh looks at last."""
        known.trial, known.signature = _read(number, known.path, signature), signature
        self._open.pop(number, None)
        if known.trial is None or known.trial.state not in _FINAL:
            self._open[number] = known

    def _list(self) -> bool:
        """List the trials' folders if they may have changed.

        Returns whether one is gone.
        """
        runs = str(self._folder.runs)
        listing, now = _signature(runs), time.monotonic()
        if listing != self._listing:
            self._listing, self._changed = listing, now
        elif self._listed - self._changed > _TICK and now - self._listed < _LISTED_AGAIN:
            return False
        self._listed = now
        try:
            names = os.listdir(runs)  # noqa: PTH208 - names are enough
        except OSError:
            names = []
        found = {number: name for name in names if (number := trial_number(name)) is not None}
        gone = self._known.keys() - found.keys()
        for number in gone:
            del self._known[number]
            self._open.pop(number, None)
        for number in sorted(found.keys() - self._known.keys()):
            self._known[number] = _Known(f"{runs}/{found[number]}/trial.json")
            self._new.append(number)
        return bool(gone)

    def _next_ended(self) -> list[int]:
        """Return the next few of the trials that have ended."""
        if not self._round:
            self._round = [number for number, known in self._known.items() if known.trial and number not in self._open]
        looked, self._round = self._round[-_ROUND:], self._round[:-_ROUND]
        return [number for number in looked if number in self._known]


def _read(number: int, path: str, signature: int) -> Trial | None:
    """Read a trial, a damaged one as a trial with a reason.

    None for a missing file, whose trial has not begun.
    """
    if not signature:
        return None
    trial = read_trial(Path(path))
    if trial is None:
        return Trial(number, {}, TrialState.ORPHANED, DAMAGED)
    return trial if trial.number == number else replace(trial, number=number)


def _signature(path: str) -> int:
    """Hash a file's time, size and inode; 0 without a file."""
    try:
        status = os.stat(path)  # noqa: PTH116 - as fast as can be, thousands of times
    except OSError:
        return 0
    return hash((status.st_mtime_ns, status.st_size, status.st_ino)) or 1
