"""Screens that survive late keys, late clicks and tiny windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import on
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.command import CommandList, CommandPalette
from textual.events import Click, Event, Mount, Resize
from textual.geometry import Offset
from textual.message import Message
from textual.reactive import Reactive
from textual.widget import Widget
from textual.widgets import Input, OptionList

from emnist_tui.tui.keymap import bind
from emnist_tui.tui.terminal.textual_private import HookedScreen
from emnist_tui.tui.widgets.choice_list import can_act, choose
from emnist_tui.tui.widgets.message_line import MessageLine, WholeMessage

if TYPE_CHECKING:
    from emnist_tui.tui.session.download_session import DownloadSession

Result = TypeVar("Result")


class RobustScreen(HookedScreen[Result]):
    """Base class of every screen of the app.

    Each has a message line above its last row, a dialog too.
    """

    BINDINGS: ClassVar[list[BindingType]] = [  # the app's own keys are dead in a dialog
        bind("redraw", "app.redraw", "Redraw", show=False, tooltip="Repaint the whole screen"),
    ]

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """Focused widget; Textual would repaint the whole screen where only two widgets change."""

    def extra_widgets(self) -> list[Widget]:
        return [MessageLine(), WholeMessage()]

    def show_download(self, download: DownloadSession) -> None:
        """Show the download, in screens that have a place for it.

        Called about ten times a second, so only changes are drawn.
        """

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Dismiss the screen if it lies on top of another.

        A key may be pressed again before the screen has closed, and a link in it clicked when another screen is
        already on top.
        """
        stack = self.app.screen_stack
        return super().dismiss(result) if len(stack) > 1 and stack[-1] is self else AwaitComplete()

    def call_after_refresh(self, callback: Callable[..., object], *args: Any, **kwargs: Any) -> bool:
        """Call after the next refresh, unless the screen is removed before.

        Textual would call it at the refresh of the next screen, when the widgets it needs no longer exist.
        """
        return super().call_after_refresh(lambda: callback(*args, **kwargs) if self.display else None)

    def get_widget_and_offset_at(self, x: int, y: int) -> tuple[Widget | None, Offset | None]:
        """Return the widget at a position, ignoring those already removed.

        A removed widget stays painted until the next refresh, and Textual would look for its parent to select text.
        """
        widget, offset = super().get_widget_and_offset_at(x, y)
        return (widget, offset) if widget and widget.is_attached else (None, None)

    def forward_event(self, event: Event) -> None:
        """Choose a clicked line of a list at once.

        The lines may have changed before the list handles the click.
        """
        if isinstance(event, Click):
            widget, _ = self.get_widget_and_offset_at(*event.screen_offset)
            if isinstance(widget, OptionList):
                choose(widget, self.get_style_at(*event.screen_offset).meta.get("option"))
                return
        super().forward_event(event)

    @on(Resize)
    def drop_stale_size(self, event: Resize) -> None:
        """Drop a resize event whose size is no longer the terminal's.

        Textual's screen lays itself out for each size it receives and then sends itself that size again, so two
        sizes in its queue would alternate forever.
        """
        if event.size != self.app.size:
            event.stop()
            event.prevent_default()


class RobustPalette(CommandPalette, RobustScreen[None]):
    """Textual's command palette, safe against late events."""

    @property
    def is_ready(self) -> bool:
        """Return whether the search for the typed text is over."""
        return not any(worker.node is self and not worker.is_finished for worker in self.workers)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "command_list" and not all(can_act(found, str(*parameters)) for found in self.query(CommandList)):
            return False
        return super().check_action(action, parameters)

    def on_mount(self, event: Mount) -> None:
        """Skip Textual's search if the palette is already closed."""
        self.drop_late(event)

    @on(Click)
    def drop_outside(self, event: Click) -> None:
        """Drop a click outside the palette.

        The window may have shrunk or the palette closed meanwhile, and Textual would look up the widget there.
        """
        if not self.region.contains_point(event.screen_offset):
            event.prevent_default()

    @on(Input.Changed)
    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def drop_late(self, event: Message) -> None:
        """Drop events of keys pressed while the palette closed.

        Textual would search again or run the command a second time.
        """
        if self not in self.app.screen_stack:
            event.prevent_default()
