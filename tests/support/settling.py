"""A pilot that waits until messages are handled and painted, not for a processor that is idle for 20 ms."""

import asyncio
import time
from typing import Any

import pytest
from textual import pilot
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from emnist_tui.tui.terminal.textual_private import current_screen, is_waiting

PATIENCE = 1.0  # seconds, as long as Textual's pilot waits at most
TURNS = 5  # of the event loop, in which nothing happens
STEP = 0.002  # seconds between looks at something that takes longer


def settle_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace Textual's waits for an idle processor."""

    async def pause(self: Pilot[Any], delay: float | None = None) -> None:
        await self._wait_for_screen()
        await (settled(self.app) if delay is None else asyncio.sleep(delay))
        self.app.screen._on_timer_update()

    async def press(self: Pilot[Any], *keys: str) -> None:
        for key in keys:
            await press_one(self, key)
            await settled(self.app)
            await self.app._animator.wait_until_complete()
            await settled(self.app)
        await self._wait_for_screen()

    press_one = Pilot.press

    async def no_wait(min_sleep: float = 0, max_sleep: float = 0) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr("textual.app.wait_for_idle", no_wait)
    monkeypatch.setattr(pilot.Pilot, "pause", pause)
    monkeypatch.setattr(pilot.Pilot, "press", press)


async def settled(app: App[Any]) -> None:
    """Wait until every widget on the screen waits for messages, and all is painted."""
    end, still, turns = time.monotonic() + PATIENCE, 0, 0
    while still < TURNS and time.monotonic() < end:
        turns += 1
        await asyncio.sleep(0 if turns < 50 or still else STEP)
        screen = current_screen(app)
        if screen is None:
            return
        still = still + 1 if _is_still(app, screen) else 0


def _is_still(app: App[Any], screen: Screen[Any]) -> bool:
    if not is_waiting(app) or not all(map(is_waiting, screen.walk_children(with_self=True))):
        return False
    if screen._layout_required or screen._dirty_widgets or screen._repaint_required or screen._callbacks:
        screen._on_timer_update()
        return False
    return app._resize_timer is None
