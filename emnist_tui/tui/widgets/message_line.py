"""Room above the footer for one message at a time."""

import time

from textual.app import App
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

from emnist_tui.tui.messages import Message, MessageQueue

_ROOMY = 30  # rows of a window that has two for messages
_PADDING = 1  # columns on both sides
_OPEN = 15.0  # seconds that a notice is shown in full before it is cut to its room
_COLORS = {
    "error": "$text-error",
    "warning": "$text-warning",
    "information": "$foreground",
    "waiting": "$text-accent",
    "hint": "$text-accent",
}
_NOTHING = Message("", "")


class MessageLine(Static):
    """One or two rows that are blank without a message.

    A message of the app comes first, then the notice that the screen has about its run. What the screen always says has
    the row that these leave.
    """

    DEFAULT_CSS = """
    MessageLine {
        dock: bottom;
        height: auto;
        margin: 0 0 1 0;
        padding: 0 1;
    }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._notice = _NOTHING
        self._standing = Content("")
        self._shown: object = None
        self._read_until = 0.0
        """Time until which the notice is shown in full."""
        self._opened = _NOTHING
        """Notice that was last shown in full."""
        self.is_open = False
        """Whether the whole message is shown above its room."""
        self.is_cut = False
        """Whether the message is longer than its room."""

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        return self.room(viewport).height

    def on_mount(self) -> None:
        self.show_message()

    def on_resize(self) -> None:
        self.show_message()

    def on_click(self) -> None:
        """Show the whole of a message that is cut."""
        self.open()

    def show_notice(self, kind: str, text: str) -> None:
        """Set what is shown while the app has no message.

        `kind` is `error`, `warning`, `waiting` or `hint`.
        """
        self._notice = Message(text, kind)
        self.show_message()

    def show_standing(self, line: Content) -> None:
        """Set the line that is shown where no message needs its row."""
        self._standing = line
        self.show_message()

    def show_message(self) -> None:
        """Show the most urgent message as far as it fits.

        A longer one is shown in full above its room for a while, unless it is a mere notice of waiting.
        """
        is_on_top = self.screen.is_current
        queue = _queue(self.app)
        current = queue.current() if queue and is_on_top else None
        message = current or self._notice
        room = self.room(self.app.size)
        lines, is_whole = fit(message.text, *room) if message.text else ([], True)
        standing = [self._standing] if len(lines) < room.height and self._standing else []
        is_lasting = message.severity in ("error", "warning")
        if current is None and is_lasting and message != self._opened:
            self._opened, self._read_until = message, time.monotonic() + _OPEN
        self.is_cut = not is_whole
        is_read = current is not None or (is_lasting and time.monotonic() < self._read_until)
        self.is_open = is_read and is_on_top and not is_whole
        shown = (message, lines, standing, self.is_open)
        if shown != self._shown:
            self._shown = shown
            self.set_class(bool(message.text) and not self.is_open, "-filled")
            color = _COLORS.get(message.severity, "")
            parts = [*standing, *([] if self.is_open else [Content.styled(line, color) for line in lines])]
            self.update(Content("\n").join(parts), layout=False)
            self._show_whole(Content.styled(message.text, color))

    def open(self) -> None:
        """Show the whole of a notice that is cut."""
        if self.is_cut:
            self._opened, self._read_until = self._notice, time.monotonic() + _OPEN
            self.show_message()

    def close(self) -> None:
        """End the open message, or cut the notice to its room."""
        queue = _queue(self.app)
        if queue and queue.current():
            queue.skip()
        else:
            self._read_until = 0.0
        self.show_message()

    @staticmethod
    def room(window: Size) -> Size:
        """Return columns and rows for a text in a window."""
        return Size(max(0, window.width - 2 * _PADDING), 2 if window.height >= _ROOMY else 1)

    def _show_whole(self, text: Content) -> None:
        for whole in self.screen.query(WholeMessage):
            whole.set_class(self.is_open, "-open")
            if self.is_open:
                whole.update(Content.assemble(text, ("  esc closes", "$foreground-muted")))


class WholeMessage(Static):
    """Message that is longer than its room, over the rows above it.

    On a dialog it is at the top, since the keys are in the border at the bottom.
    """

    DEFAULT_CSS = """
    WholeMessage {
        layer: messages;
        dock: bottom;
        display: none;
        height: auto;
        max-height: 100%;
        margin: 0 0 1 0;
        padding: 0 1;
        background: $panel;
        &.-open { display: block; }
    }
    """


def fit(text: str, width: int, rows: int) -> tuple[list[str], bool]:
    """Wrap a text into at most `rows` lines of `width` cells.

    Returns the lines, the last with an ellipsis if more follows, and whether they are the whole text.
    """
    wrapped = [line.plain.rstrip() for line in Content(text).wrap(max(2, width))]
    if len(wrapped) <= rows:
        return wrapped, True
    rest = " ".join(wrapped[rows - 1 :])
    return [*wrapped[: rows - 1], Content(rest).truncate(width, ellipsis=True).plain], False


def _queue(app: App[object]) -> MessageQueue | None:
    queue = getattr(app, "messages", None)
    return queue if isinstance(queue, MessageQueue) else None
