"""Requests that all ranks obey at the same step."""

from pathlib import Path

from emnist_tui.learning.training.control_poller import ControlPoller
from emnist_tui.learning.training.distributed.team import Command, LeadingTeam


class SharedControl(ControlPoller):
    """Requests as of the last `poll`, once all ranks are idle."""

    def __init__(self, path: Path, team: LeadingTeam) -> None:
        super().__init__(path)
        self._team = team

    def poll(self) -> bool:
        """Return whether anything is requested and all ranks are idle.

        While they work, the next exchange interrupts them. Idle ones are sent to wait, and may request a stop.
        """
        is_requested = super().poll()
        if not self._team.is_idle:
            self._team.has_request = is_requested
            return False
        self._team.send(Command.WAIT)
        return super().poll()
