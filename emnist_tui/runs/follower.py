"""A run folder polled while it grows."""

import time

from emnist_tui.runs import event_log, events
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.record import RunRecord, RunState

_LOCK_CHECK_INTERVAL = 1.0  # seconds
_MOST_PARSED = 400_000  # bytes of batches a second, some 23,000 steps; a fast card's would take an eighth of a core


class RunFollower:
    """The current state of a run, polled from its folder."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.record = RunRecord()
        self.is_training = folder.is_training()
        self._tail = event_log.EventTail(folder.events)
        self._next_lock_check = 0.0
        self._polled: float | None = None
        """When new events were last looked for, once all earlier ones had been read."""

    @property
    def state(self) -> RunState:
        return self.record.state(is_training=self.is_training)

    def move(self, folder: RunFolder) -> None:
        """Go on following the run in its folder's new place."""
        self.folder = folder
        self._tail.move(folder.events)

    def poll(self) -> bool:
        """Apply new events and, once a second, check the lock.

        Batches that come faster than `_MOST_PARSED` are sampled, which the history then says; those that were there
        before are all read. Returns whether anything changed. It is cheap and never raises; unreadable files count as
        missing.
        """
        was_training = self.is_training
        now = time.monotonic()
        if now >= self._next_lock_check:
            self._next_lock_check = now + _LOCK_CHECK_INTERVAL
            self.is_training = self.folder.is_training()
        new_events = self._tail.poll(most=None if self._polled is None else int((now - self._polled) * _MOST_PARSED))
        if self._polled is not None or not new_events:
            self._polled = now
        if self._tail.restarted:
            self.record = RunRecord()
        for event in new_events:
            self.record.apply(event)
        if self._tail.has_skipped:
            self.record.history.is_sampled = True
        if any(isinstance(event, events.RunEnded | events.RunFailed) for event in new_events):
            self._next_lock_check = 0.0
        return bool(new_events) or self._tail.restarted or was_training != self.is_training
