"""Type-ahead: keys are delivered one at a time, in order, on the screen that shows their effect."""

import asyncio
from pathlib import Path

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Input

from emnist_tui.tui.terminal import type_ahead
from emnist_tui.tui.terminal.textual_private import HookedApp
from emnist_tui.tui.terminal.type_ahead import TypeAhead
from tests.support.terminal import terminal


class Question(ModalScreen[str]):
    BINDINGS = [("enter", "dismiss('yes')", "Yes")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        yield Input("1", id="first")
        yield Input("2", id="second")

    async def on_mount(self) -> None:
        await asyncio.sleep(0.2)

    def on_input_submitted(self) -> None:
        self.dismiss(",".join(field.value for field in self.query(Input)))


class Asking(HookedApp[None]):
    """App that is slow to open its dialog."""

    BINDINGS = [("n", "ask", "Ask"), ("w", "wait", "Wait")]  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.type_ahead = TypeAhead(self, self.deliver_input)
        self.answers: list[str | None] = []
        self.moves: list[tuple[int, int]] = []

    async def take_input(self, event: events.Event) -> None:
        await self.type_ahead.take(event)

    def action_ask(self) -> None:
        self.push_screen(Question(), self.answers.append)

    async def action_wait(self) -> None:
        await asyncio.sleep(0.2)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self.moves.append((event.x, event.y))


def type_at_once(app: App[None], *keys: str) -> None:
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


async def settled(app: Asking) -> None:
    await asyncio.sleep(0.01)
    async with asyncio.timeout(20):
        while not app.type_ahead.is_settled:
            await asyncio.sleep(0.01)


async def test_keys_reach_the_dialog_that_an_earlier_one_opens() -> None:
    async with Asking().run_test() as pilot:
        app = pilot.app
        assert isinstance(app, Asking)
        type_at_once(app, "n", "4", "2", "tab", "n", "enter", "n", "tab", "7", "enter")
        await settled(app)
        assert app.answers == ["42,n", "1,7"]


async def test_a_paste_keeps_its_place_between_keys() -> None:
    async with Asking().run_test() as pilot:
        app = pilot.app
        assert isinstance(app, Asking)
        type_at_once(app, "n")
        app.post_message(events.Paste("12"))
        type_at_once(app, "3", "tab")
        app.post_message(events.Paste("x"))
        type_at_once(app, "enter")
        await settled(app)
        assert app.answers == ["123,x"]


async def test_a_key_that_is_never_handled_does_not_block_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type_ahead, "_PATIENCE", 0.05)
    monkeypatch.setattr(type_ahead, "is_waiting", lambda _: False)
    async with Asking().run_test() as pilot:
        app = pilot.app
        assert isinstance(app, Asking)
        type_at_once(app, "w", "n")
        await settled(app)
        assert isinstance(app.screen, Question)


def press_held(app: App[None], key: str, times: int, spacing: float) -> None:
    """Press a key again and again, as a busy app finds it in its queue."""
    for number in range(times):
        event = events.Key(key, key if len(key) == 1 else None)
        event.time = 1000 + number * spacing
        app.post_message(event)


@pytest.mark.parametrize(
    ("spacing", "key", "typed"),
    [
        (1 / 30, "right", "1"),  # the repeats of a held key wait no longer than its release
        (0.0, "right", "8"),  # a burst
        (0.006, "right", "8"),  # a burst on a busy machine
        (0.1, "right", "8"),  # pressed by hand
        (1 / 30, "7", "8"),  # text
    ],
)
async def test_repeats_of_a_held_key_are_dropped_while_one_waits(spacing: float, key: str, typed: str) -> None:
    async with Asking().run_test() as pilot:
        app = pilot.app
        assert isinstance(app, Asking)
        type_at_once(app, "n")
        await settled(app)
        delivered: list[str] = []
        deliver = app.deliver_input

        async def count(event: events.Event) -> None:
            if isinstance(event, events.Key) and event.key == key:
                delivered.append(event.key)
            await deliver(event)

        app.type_ahead = TypeAhead(app, count)
        app.type_ahead._seen = app.screen
        press_held(app, "tab", 1, 0)
        press_held(app, key, 8, spacing)
        await settled(app)
        assert len(delivered) == int(typed)


async def test_only_the_last_of_waiting_mouse_positions_is_delivered() -> None:
    async with Asking().run_test() as pilot:
        app = pilot.app
        assert isinstance(app, Asking)
        type_at_once(app, "w")
        for x in range(50):
            app.post_message(events.MouseMove(None, x, 1, 0, 0, 0, False, False, False))
        await settled(app)
        assert app.moves[-1] == (49, 1)
        assert len(app.moves) < 5


async def test_nothing_runs_between_the_keys(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press("2", "right")
        assert shown.app.type_ahead.is_settled
        assert not any("_wait_until_handled" in repr(task) for task in asyncio.all_tasks())
