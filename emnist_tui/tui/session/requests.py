"""Requests to the trainer, and whether it has obeyed them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from emnist_tui.runs.control import Desired, ask_for, ask_for_save, read_control

if TYPE_CHECKING:
    from emnist_tui.runs.follower import RunFollower


class Request(StrEnum):
    """A request, in the word for the time until the trainer obeys."""

    PAUSE = "pausing"
    UNPAUSE = "resuming"
    SAVE = "saving"
    STOP = "stopping"


_DESIRED = {Request.PAUSE: Desired.PAUSE, Request.UNPAUSE: Desired.RUN, Request.STOP: Desired.STOP}


def write_request(control: Path, request: Request) -> None:
    """Write a request into a run's control file. Raises `OSError`."""
    if request is Request.SAVE:
        ask_for_save(control)
    else:
        ask_for(control, _DESIRED[request])


def requested_rate(control: Path) -> float | None:
    """Return the learning rate requested last of a trainer, if any.

    It may have been requested by another terminal or by a command.
    """
    return read_control(control).learning_rate


class TrainerRequests:
    """Requests made from this terminal to the trainer of a run."""

    def __init__(self, follower: RunFollower) -> None:
        self._follower = follower
        self._made: Request | None = None
        self._saved_before: tuple[object, object] = (None, None)

    def make(self, request: Request) -> None:
        """Write a request for the trainer. Raises `OSError`."""
        write_request(self._follower.folder.control, request)
        self._made, self._saved_before = request, self._saves()

    def clear(self) -> None:
        """Forget the requests: another trainer has been launched."""
        self._made = None

    def pending(self, *, is_live: bool) -> Request | None:
        """Return the last request that a live trainer has not obeyed."""
        record = self._follower.record
        match self._made:
            case Request.PAUSE:
                is_obeyed = record.paused
            case Request.UNPAUSE:
                is_obeyed = not record.paused
            case Request.SAVE:
                is_obeyed = self._saves() != self._saved_before
            case _:
                is_obeyed = False  # a stopped trainer is no longer live
        if is_obeyed or not is_live:
            self._made = None
        return self._made

    def _saves(self) -> tuple[object, object]:
        record = self._follower.record
        return record.checkpoint, record.checkpoint_failure
