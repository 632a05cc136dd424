"""Type-ahead: keys wait until the app has handled the keys before them.

Textual posts a key to the focused widget at once, although the dialog that an earlier key opens may not have the focus
yet, and resolves bindings on the screen that is current when the key has bubbled up to the app. A burst of keys, normal
over SSH, would reach what lies below.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from textual.app import App
from textual.events import Event, Key, MouseMove
from textual.screen import Screen

from emnist_tui.tui.terminal.textual_private import current_screen, is_laid_out, is_waiting

_PATIENCE = 5.0  # seconds after which a key is delivered whatever still happens
_TURNS = 50  # of the event loop, in which nearly every key is handled
_AT_ONCE = 0.05  # seconds in which the keys of a burst are read, even on a busy machine
_REPEATS = 0.015, 0.06  # seconds between the repeats of a held key; no hand presses one key so often
_PAUSE = 0.002  # seconds between later looks: a layout waits for the next frame


class TypeAhead:
    """Queue of input events, delivered one at a time and in order."""

    def __init__(self, app: App[Any], deliver: Callable[[Event], Awaitable[None]]) -> None:
        """Deliver events with `deliver`, in the app's message loop."""
        self._app = app
        self._deliver = deliver
        self._waiting: deque[Event] = deque()
        self._first_at = self._last_at = 0.0
        """Times of the first and last press of the key that waits last."""
        self._settling: asyncio.Task[None] | None = None
        self._seen: Screen[Any] | None = None
        """Screen that was ready for keys when they were last delivered."""

    @property
    def is_settled(self) -> bool:
        """True while no input waits and the last one has been handled."""
        return not self._waiting and self._settling is None

    async def take(self, event: Event) -> None:
        """Deliver an event now, or after those that wait."""
        if isinstance(event, MouseMove) and self._waiting and isinstance(self._waiting[-1], MouseMove):
            self._waiting.pop()  # only the last position matters
        if isinstance(event, Key) and self._is_held(event):
            return  # the cursor stops when the key is released
        self._waiting.append(event)
        if self._settling is None:
            if self._seen is current_screen(self._app):
                await self._deliver_next()
            else:
                self._settle()

    def _is_held(self, event: Key) -> bool:
        """Return whether a held key repeats one that still waits.

        Text for a field is never such a repeat.
        """
        last = self._waiting[-1] if self._waiting else None
        before, self._last_at = self._last_at, event.time
        if not isinstance(last, Key) or last.key != event.key:
            self._first_at = event.time
            return False
        field = self._app.focused
        if self._seen is not current_screen(self._app) or (
            field and field.check_consume_key(event.key, event.character)
        ):
            return False
        shortest, longest = _REPEATS
        gap = event.time - before
        return gap < longest and (gap > shortest or event.time - self._first_at > _AT_ONCE)

    async def _deliver_next(self) -> None:
        self._settle()
        await self._deliver(self._waiting.popleft())

    def _settle(self) -> None:
        self._settling = asyncio.create_task(self._wait_until_handled())

    async def _wait_until_handled(self) -> None:
        """Wait for the last event's effects, then deliver the next event."""
        end, turns = time.monotonic() + _PATIENCE, 0
        while not self._is_handled() and time.monotonic() < end:
            turns += 1
            await asyncio.sleep(0 if turns < _TURNS else _PAUSE)
        self._seen = current_screen(self._app)
        if self._waiting and self._app.call_later(self._deliver_next):
            return  # it goes on there
        self._settling = None
        self._waiting.clear()  # the app is closing, if anything is left

    def _is_handled(self) -> bool:
        """Return whether every widget on the screen waits for messages.

        A screen that is new must also have its layout.
        """
        screen = current_screen(self._app)
        if screen is None or not is_waiting(self._app):
            return False
        if screen is not self._seen and not is_laid_out(screen, self._app.size):
            return False
        return getattr(screen, "is_ready", True) and all(map(is_waiting, screen.walk_children(with_self=True)))
