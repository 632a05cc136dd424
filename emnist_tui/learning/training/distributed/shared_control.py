"""Requests that all ranks obey at the same step."""

from pathlib import Path

from emnist_tui.learning.training.control_poller import ControlPoller
from emnist_tui.learning.training.distributed.team import LeadingTeam, Word


class SharedControl(ControlPoller):
    """The user's requests as of the last `poll`, once all ranks rest."""

    def __init__(self, path: Path, team: LeadingTeam) -> None:
        super().__init__(path)
        self._team = team

    def poll(self) -> bool:
        """Return whether anything is requested and all ranks rest.

        While they work, the next exchange lets them rest. While they rest, they are told to wait, and may ask to stop.
        """
        is_requested = super().poll()
        if not self._team.is_resting:
            self._team.wishes_rest = is_requested
            return False
        self._team.say(Word.WAIT)
        return super().poll()
