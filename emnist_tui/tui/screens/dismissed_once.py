"""Screens that are put on top of others, and taken away by a key."""

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import Screen

Result = TypeVar("Result")


class DismissedOnce(Screen[Result]):
    """A key that takes it away may be pressed again before it has gone, which must not take away what lies below."""

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Does nothing unless the screen is on top."""
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()
