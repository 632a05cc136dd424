"""A run folder read as it grows."""

import time

from emnist_tui.runs import event_log, events
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.record import RunRecord, RunState

_LOOK_AT_LOCK_EVERY = 1.0  # seconds


class RunFollower:
    """One run's folder, read as it grows. `poll` is cheap and never raises: what cannot be read is not there yet."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.record = RunRecord()
        self.is_training = folder.is_training()
        self._tail = event_log.EventTail(folder.events)
        self._next_look = 0.0

    @property
    def state(self) -> RunState:
        return self.record.state(is_training=self.is_training)

    def poll(self) -> bool:
        """Takes in what came since the last call; whether anything did."""
        was_training = self.is_training
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + _LOOK_AT_LOCK_EVERY
            self.is_training = self.folder.is_training()
        new_events = self._tail.poll()
        if self._tail.restarted:
            self.record = RunRecord()
        for event in new_events:
            self.record.apply(event)
        if any(isinstance(event, events.RunEnded | events.RunFailed) for event in new_events):
            self._next_look = 0.0
        return bool(new_events) or self._tail.restarted or was_training != self.is_training
