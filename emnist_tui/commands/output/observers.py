"""Observers of a run: each is sent every event."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from emnist_tui.commands.output.streams import discard_unwritable
from emnist_tui.runs.events import Event


class Observer(Protocol):
    """Consumer of a run's events.

    Both methods may raise `OSError`.
    """

    def observe(self, event: Event) -> None: ...
    def close(self) -> None: ...


class Observers:
    """Several observers as one that survives unwritable streams."""

    def __init__(self, observers: Sequence[Observer], on_unwritable: Callable[[], object] | None = None) -> None:
        """Call `on_unwritable` whenever an observer cannot write an event."""
        self._observers = observers
        self._on_unwritable = on_unwritable

    def observe(self, event: Event) -> None:
        """Send an event to every observer."""
        for observer in self._observers:
            try:
                observer.observe(event)
            except OSError:
                discard_unwritable()
                if self._on_unwritable:
                    self._on_unwritable()

    def close(self) -> None:
        for observer in self._observers:
            with suppress(OSError):
                observer.close()
