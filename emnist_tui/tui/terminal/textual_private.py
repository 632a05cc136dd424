"""All uses of Textual's private parts, each with its reason.

Any release of Textual may change them. pyproject.toml therefore pins Textual's exact version, and
`tests/tui/terminal/test_textual_private.py` compares that version and every signature used here.
"""

import os
import sys
from typing import IO, TYPE_CHECKING, Any, TypeVar

from rich.console import RenderableType
from rich.text import Text
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.content import Content
from textual.css.query import NoMatches
from textual.driver import Driver
from textual.drivers._writer_thread import WriterThread
from textual.events import Event
from textual.keys import _character_to_key, _normalize_key_list
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer
from textual.widgets._footer import FooterKey
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
    "FooterKey",  # the footer's widget for one key, which `textual.widgets` does not export
    "HookedApp",
    "HookedScreen",
    "LayoutUpdate",
    "WriterThread",  # writes to a file from a queue, so that a slow terminal does not block the event loop
    "are_bindings_ready",
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

    def display_update(self, update: DisplayUpdate) -> DisplayUpdate:
        """Return the update to write for a repaint.

        By default all of it is written.
        """
        return update

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        update: Any = self.display_update(renderable)
        super()._display(screen, update)

    def _handle_exception(self, error: Exception) -> None:
        """Ignore missing widgets while the app exits.

        Screens are partly mounted or removed then.
        """
        cause = error.error if isinstance(error, WorkerFailed) else error
        if self._exit and isinstance(cause, NoMatches):
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
        toasts = [widget for widget in widgets if isinstance(widget, ToastRack)]  # messages have room of their own
        for rack in toasts:
            widgets.remove(rack)
        widgets.extend(self.extra_widgets())

    def forward_event(self, event: Event) -> None:
        """Pass an input event to the widget that it concerns."""
        super()._forward_event(event)

    def _forward_event(self, event: Event) -> None:
        self.forward_event(event)


def write_to_terminal(app: App[Any], text: str) -> None:
    """Write an escape sequence that Textual has no method for.

    For example the window title.
    """
    if app._driver:
        app._driver.write(text)


def queued_writes(app: App[Any]) -> int:
    """Return how many writes wait for the terminal.

    0 for a driver without a queue.
    """
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


def are_bindings_ready(footer: Footer) -> bool:
    """Return whether a footer composes keys yet; before, it stays empty."""
    return footer._bindings_ready


def replace_border_subtitle(widget: Widget, subtitle: Content) -> None:
    """Replace a subtitle without repainting the widget, as the public property would.

    The caller refreshes the row of the border.
    """
    widget._border_subtitle = subtitle
