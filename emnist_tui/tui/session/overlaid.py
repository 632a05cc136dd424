"""Runs and groups of seeds whose curves are overlaid."""

from __future__ import annotations

import time
from collections.abc import Callable

from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.follower import RunFollower
from emnist_tui.runs.record import RunRecord
from emnist_tui.runs.sweeps.folder import SweepFolder

MOST_SEEDS = 30
"""Seeds of a group that are read; more would take long, and fill a chart."""
_LOOK_EVERY = 1.0  # seconds between two looks for seeds that have begun


class Overlaid:
    """A run, or all runs of a group, polled while they grow.

    A run's events are first read by `read`, in a thread: those of a long run take longer than a frame.
    """

    def __init__(self, folder: RunFolder | SweepFolder) -> None:
        """Follow a run or a group, of which sweep.json is read."""
        self.folder = folder
        self.is_group = isinstance(folder, SweepFolder)
        self.total = 1
        """Runs that it will have."""
        self._followers: dict[int, RunFollower] = {}
        self._unread: list[RunFollower] = []
        self._is_new = False
        self._next_look = 0.0
        if isinstance(folder, SweepFolder):
            try:
                self.total = folder.read_spec().trials
            except EmnistTuiError:
                self.total = 0
        else:
            self._follow(0, folder)

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def begun(self) -> int:
        """Number of runs that have begun, of those that are followed."""
        return len(self._followers)

    @property
    def followers(self) -> list[RunFollower]:
        """Runs whose events were read, in the order of their numbers."""
        waiting = set(self._unread)
        return [follower for _, follower in sorted(self._followers.items()) if follower not in waiting]

    @property
    def records(self) -> list[RunRecord]:
        return [follower.record for follower in self.followers]

    @property
    def total_steps(self) -> int:
        """Steps of the longest run, 0 while unknown."""
        return max((record.total_steps for record in self.records), default=0)

    @property
    def finished(self) -> list[RunRecord]:
        """Records of the runs that trained to their end."""
        return [record for record in self.records if record.ended and record.ended.reason == "finished"]

    @property
    def is_unread(self) -> bool:
        """Whether events of a run wait for `read`."""
        return bool(self._unread)

    def poll(self) -> bool:
        """Apply what is new in the runs that were read.

        Returns whether anything changed.
        """
        self._look_for_seeds()
        was_new, self._is_new = self._is_new, False
        changes = [follower.poll() for follower in self.followers]
        return any(changes) or was_new

    def read(self, is_stopped: Callable[[], bool]) -> None:
        """Read the runs that were not read yet, in another thread."""
        for follower in list(self._unread):
            if is_stopped():
                return
            follower.poll()
            self._unread.remove(follower)  # from here on it belongs to `poll`
            self._is_new = True

    def _look_for_seeds(self) -> None:
        """Follow the seeds that have begun since."""
        now = time.monotonic()
        if not isinstance(self.folder, SweepFolder) or now < self._next_look:
            return
        self._next_look = now + _LOOK_EVERY
        for number in range(1, MOST_SEEDS + 1):
            run = self.folder.trial(number)
            if number not in self._followers and run.exists():
                self._follow(number, run)

    def _follow(self, number: int, folder: RunFolder) -> None:
        follower = RunFollower(folder)
        self._followers[number] = follower
        self._unread.append(follower)
