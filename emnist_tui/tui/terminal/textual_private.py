"""All uses of Textual's private parts, each with its reason.

Any release of Textual may change them. pyproject.toml therefore pins Textual's exact version, and
`tests/tui/terminal/test_textual_private.py` compares that version and every signature used here.
"""

import os
import sys
from typing import IO, TYPE_CHECKING, Any, TypeVar

from rich.console import RenderableType
from rich.text import Text
from textual import on
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual._context import active_app
from textual._queue import Queue
from textual.app import App
from textual.binding import ActiveBinding
from textual.content import Content
from textual.css.query import NoMatches
from textual.driver import Driver
from textual.drivers._writer_thread import WriterThread
from textual.events import Event, InputEvent, Paste, ScreenResume
from textual.geometry import Size
from textual.keys import _character_to_key, _normalize_key_list
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import AwaitMount, Widget
from textual.widgets._toast import ToastRack
from textual.worker import WorkerFailed

from emnist_tui.runs.errors import describe_unexpected, shows_tracebacks

if TYPE_CHECKING:
    from textual.drivers.web_driver import WebDriver

__all__ = [
    # What the compositor asks the app to display: a whole layout or parts of lines. No public event carries it.
    "ChopsUpdate",
    "CompositorUpdate",
    "DisplayUpdate",
    "HookedApp",
    "HookedScreen",
    "LayoutUpdate",
    "WriterThread",  # writes to a file from a queue, so that a slow terminal does not block the event loop
    "active_binding",
    "current_screen",
    "is_laid_out",
    "is_waiting",
    "key_name",
    "normalize_keys",
    "queued_writes",
    "replace_border_subtitle",
    "write_through",
    "write_to_terminal",
]

DisplayUpdate = RenderableType | CompositorUpdate | None
"""Argument of Textual's private method that writes to the terminal."""

ReturnType = TypeVar("ReturnType")
Result = TypeVar("Result")


class HookedApp(App[ReturnType]):
    """An app with public hooks where Textual has private methods only."""

    _unexpected: BaseException | None = None
    _is_switching = False

    def begin_in_mode(self, mode: str) -> None:
        """Show a mode's screen first, not an empty one; called before running."""
        self._screen_stacks = {mode: []}
        self._current_mode = mode

    async def prepare_mode(self, mode: str) -> None:
        """Make a mode's screen before it is first shown."""
        if self.is_running and mode not in self._screen_stacks:
            make: Any = self._modes[mode]
            screen, mounted = self._get_screen(make())
            self._screen_stacks[mode] = [screen]
            await mounted

    def on_load(self) -> None:
        """Style the app before its first screen, which inherits from it.

        Textual does so after its own first screen, which shows nothing.
        """
        self.stylesheet.apply(self)

    def switch_mode(self, mode: str) -> AwaitMount:
        """Switch to a mode and paint its screen without a pause.

        Textual paints nothing for 50 ms.
        """
        self._is_switching = True
        try:
            return super().switch_mode(mode)
        finally:
            self._is_switching = False

    def delay_update(self, delay: float = 0.05) -> None:
        if self._is_switching:
            self._begin_batch()
            self.call_later(self._await_screen)
        else:
            super().delay_update(delay)

    def _await_screen(self) -> None:
        """Paint once the current screen has handled its messages."""
        if not self.screen.call_later(self._end_switch):
            self._end_switch()  # the screen is being removed

    def _end_switch(self) -> None:
        self._end_batch()
        if not self._batch_count:
            self.screen.refresh()

    async def take_input(self, event: Event) -> None:
        """Take a key, paste or mouse event, by default at once."""
        await self.deliver_input(event)

    async def deliver_input(self, event: Event) -> None:
        """Let priority bindings, or the focused widget, handle an input event."""
        await super().on_event(event)

    async def on_event(self, event: Event) -> None:
        if isinstance(event, InputEvent | Paste) and not event.is_forwarded:
            await self.take_input(event)
        else:
            await super().on_event(event)

    def display_update(self, update: DisplayUpdate) -> DisplayUpdate:
        """Return the update to write for a repaint.

        By default all of it is written. None drops it: the whole screen is repainted soon.
        """
        return update

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        update: Any = renderable
        if not self.is_headless:
            update = None if self._batch_count else self.display_update(renderable)
            if update is None and renderable is not None:
                screen.refresh()  # Textual takes it for painted
        super()._display(screen, update)

    def _handle_exception(self, error: Exception) -> None:
        """Ignore missing widgets while the app exits.

        Screens are partly mounted or removed then.
        """
        cause = error.error if isinstance(error, WorkerFailed) else error
        if (self._exit or not self.is_running) and isinstance(cause, NoMatches):
            self._close_messages_no_wait()
        else:
            self._unexpected = cause
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """End the app with a sentence instead of Textual's traceback.

        `EMNIST_TUI_DEBUG` shows the traceback.
        """
        if self._unexpected is None or shows_tracebacks():
            super()._fatal_error()
            return
        self._exit_renderables.append(Text(f"emnist-tui: {describe_unexpected(self._unexpected)}"))
        self._close_messages_no_wait()

    def get_driver_class(self) -> type[Driver]:
        """Return our driver in place of Textual's for terminals."""
        chosen = super().get_driver_class()
        if sys.platform == "win32" or os.environ.get("TEXTUAL_DRIVER"):
            return chosen
        from emnist_tui.tui.terminal.driver import TerminalDriver

        return TerminalDriver

    def suspend_process(self) -> bool:
        """Stop the program until the shell continues it.

        Returns False if no shell can.
        """
        if sys.platform == "win32":
            return False
        from emnist_tui.tui.terminal.driver import TerminalDriver

        return isinstance(self._driver, TerminalDriver) and self._driver.suspend_process()


class HookedScreen(Screen[Result]):
    """A screen with public hooks for its input and its widgets."""

    def extra_widgets(self) -> list[Widget]:
        """Return widgets to add to those that the screen composes."""
        return []

    def _extend_compose(self, widgets: list[Widget]) -> None:
        super()._extend_compose(widgets)
        # Messages have room of their own.
        widgets[:] = [widget for widget in widgets if not isinstance(widget, ToastRack)] + self.extra_widgets()

    @property
    def is_ready(self) -> bool:
        """Return whether the last key has shown its effect, apart from messages."""
        return True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Create a screen whose styles are complete when it is mounted.

        Textual would parse all CSS again when it first shows the screen.
        """
        super().__init__(*args, **kwargs)
        if app := active_app.get(None):
            self._css_update_count = app._css_update_count

    @on(ScreenResume)
    def keep_styles(self, event: ScreenResume) -> None:
        """Keep the styles of a resumed screen.

        Changes of theme or size reach hidden screens too.
        """
        event.refresh_styles = False

    def _compositor_refresh(self) -> None:
        if self.app._batch_count:
            self.refresh()  # once the batch has ended; Textual would render a frame and drop it
        else:
            super()._compositor_refresh()

    def forward_event(self, event: Event) -> None:
        """Pass an input event to the widget that it concerns."""
        super()._forward_event(event)

    def _forward_event(self, event: Event) -> None:
        self.forward_event(event)


def current_screen(app: App[Any]) -> Screen[Any] | None:
    """Return the screen on top; None while the app starts or ends."""
    stack = app._screen_stacks.get(app._current_mode)
    return stack[-1] if stack else None


def is_waiting(pump: MessagePump) -> bool:
    """Return whether a widget or app has handled all its messages."""
    if pump._closed:
        return True
    queue: Queue[Any] = pump._message_queue
    return queue.empty() and not pump._next_callbacks and bool(queue.ready_event._waiters)


def is_laid_out(screen: Screen[Any], size: Size) -> bool:
    """Return whether a screen is mounted and laid out in a size."""
    return screen.is_mounted and screen.size == size and not screen._layout_required and not screen._callbacks


def active_binding(screen: Screen[Any], key: str) -> ActiveBinding | None:
    """Return one key's active binding without checking every action."""
    found: ActiveBinding | None = None
    for node, bindings in screen._modal_binding_chain:
        for binding in bindings.key_to_bindings.get(key, ()):
            state = screen.app._check_action_state(binding.action, node)
            if state is not False and (found is None or binding.priority > found.binding.priority):
                found = ActiveBinding(node, binding, bool(state), binding.tooltip)
    return found


def write_to_terminal(app: App[Any], text: str) -> None:
    """Write an escape sequence that Textual lacks, such as the window title's."""
    if app._driver:
        app._driver.write(text)


def queued_writes(app: App[Any]) -> int:
    """Return how many writes wait in the terminal driver's queue, if any."""
    writer = getattr(app._driver, "_writer_thread", None)
    return writer._queue.qsize() if isinstance(writer, WriterThread) else 0


def write_through(driver: "WebDriver", file: IO[str]) -> WriterThread:
    """Let a web driver write from a thread, and return that thread.

    The caller starts it.

    Textual's own web driver writes from the event loop, which a browser that reads nothing would block.
    """
    writer = WriterThread(file)
    driver._write = writer.write  # type: ignore[assignment]  # bytes pass through it like a str
    driver._writer_thread = writer  # type: ignore[attr-defined]  # where terminal drivers keep theirs
    return writer


def key_name(character: str) -> str:
    """Return Textual's name of a character's key, such as `slash`."""
    return _character_to_key(character)


def normalize_keys(keys: str) -> list[str]:
    """Return the names of comma-separated keys as Textual's bindings spell them."""
    return _normalize_key_list(keys).split(",")


def replace_border_subtitle(widget: Widget, subtitle: Content) -> None:
    """Replace a subtitle without repainting the widget, as the public property would.

    The caller refreshes the row of the border.
    """
    widget._border_subtitle = subtitle
