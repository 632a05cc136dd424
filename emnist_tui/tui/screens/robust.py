"""Screens that stand a hurried user: keys and clicks that come too late, windows that are dragged or tiny."""

from collections.abc import Callable
from typing import Any, TypeVar

from textual import on
from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette
from textual.events import Click, Event, Mount, Resize
from textual.geometry import Offset
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, OptionList

from emnist_tui.tui.terminal.textual_private import HookedScreen
from emnist_tui.tui.widgets.choice_list import can_act, choose

Result = TypeVar("Result")


class RobustScreen(HookedScreen[Result]):
    """What every screen of the app is."""

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Does nothing unless the screen lies on top of another.

        A key may be pressed again before the screen has gone, a link in it clicked when another is on top already.
        """
        stack = self.app.screen_stack
        return super().dismiss(result) if len(stack) > 1 and stack[-1] is self else AwaitComplete()

    def call_after_refresh(self, callback: Callable[..., object], *args: Any, **kwargs: Any) -> bool:
        """Calls nothing if the screen is removed by then: the next screen's refresh would do, its widgets are gone."""
        return super().call_after_refresh(lambda: callback(*args, **kwargs) if self.display else None)

    def get_widget_and_offset_at(self, x: int, y: int) -> tuple[Widget | None, Offset | None]:
        """Of what is still painted but removed already nothing can be selected: Textual would look for its parent."""
        widget, offset = super().get_widget_and_offset_at(x, y)
        return (widget, offset) if widget and widget.is_attached else (None, None)

    def forward_event(self, event: Event) -> None:
        """A click in a list chooses at once: when the list came to hear of it, its lines could be others already."""
        if isinstance(event, Click):
            widget, _ = self.get_widget_and_offset_at(*event.screen_offset)
            if isinstance(widget, OptionList):
                choose(widget, self.get_style_at(*event.screen_offset).meta.get("option"))
                return
        super().forward_event(event)

    @on(Resize)
    def drop_stale_size(self, event: Resize) -> None:
        """Drops a size that is no longer the terminal's.

        Textual's screen lays itself out for each size it is told and then tells itself that size once more. Of two
        sizes that are under way at once each would bring back the other for ever.
        """
        if event.size != self.app.size:
            event.stop()
            event.prevent_default()


class RobustPalette(CommandPalette, RobustScreen[None]):
    """Textual's palette."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "command_list" and not all(can_act(found, str(*parameters)) for found in self.query(CommandList)):
            return False
        return super().check_action(action, parameters)

    def on_mount(self, event: Mount) -> None:
        """Closed before it was there: Textual would search for a list that never comes."""
        self.drop_late(event)

    @on(Click)
    def drop_outside(self, event: Click) -> None:
        """The window has shrunk or the palette has gone meanwhile: Textual would look for what is at that place."""
        if not self.region.contains_point(event.screen_offset):
            event.prevent_default()

    @on(Input.Changed)
    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def drop_late(self, event: Message) -> None:
        """What came from keys pressed while it closed: Textual would search once more, or run the command again."""
        if self not in self.app.screen_stack:
            event.prevent_default()
