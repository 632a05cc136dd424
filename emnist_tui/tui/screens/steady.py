"""Screens that stand a hurried user: keys pressed twice, and windows that are dragged or tiny."""

from typing import TypeVar

from textual import on
from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette
from textual.events import Mount, Resize
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, OptionList

from emnist_tui.tui.widgets.choice_list import can_act

Result = TypeVar("Result")


class SteadyScreen(Screen[Result]):
    """What every screen of the app is."""

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Does nothing unless the screen is on top: a key may be pressed again before the screen has gone."""
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()

    async def _on_resize(self, event: Resize) -> None:
        """Drops a size that is no longer the terminal's.

        Textual's screen lays itself out for each size it is told and then tells itself that size once more. Of two
        sizes that are under way at once each would bring back the other for ever.
        """
        if event.size != self.app.size:
            event.stop()
            event.prevent_default()


class SteadyPalette(CommandPalette, SteadyScreen[None]):
    """Textual's palette."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "command_list" and not all(can_act(found, str(*parameters)) for found in self.query(CommandList)):
            return False
        return super().check_action(action, parameters)

    def on_mount(self, event: Mount) -> None:
        """Closed before it was there: Textual would search for a list that never comes."""
        self.drop_late(event)

    @on(Input.Changed)
    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def drop_late(self, event: Message) -> None:
        """What came from keys pressed while it closed: Textual would search once more, or run the command again."""
        if self not in self.app.screen_stack:
            event.prevent_default()
