"""App whose notifications are lines in room reserved for them."""

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import ReturnType
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.notifications import SeverityLevel

from emnist_tui.tui.messages import Message, MessageQueue
from emnist_tui.tui.terminal.textual_private import HookedApp
from emnist_tui.tui.widgets.message_line import MessageLine


class MessagingApp(HookedApp[ReturnType]):
    """App that shows notifications in the message line of each screen.

    A toast would cover what lies below it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close_message", "Close the message", show=False, priority=True),
        Binding("escape", "read_message", "Whole message", show=False, tooltip="Read the message that is cut"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.messages = MessageQueue()

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
        is_true: Callable[[], bool] = lambda: True,
    ) -> None:
        """Add a message, which disappears once `is_true` does not hold."""
        text = Content.from_markup(message).plain if markup else message
        sentence = " ".join(f"{title} {text}".split())
        seconds = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        self.messages.add(Message(sentence, severity, seconds, is_true))
        self.show_message()

    def show_message(self) -> None:
        """Show the current message on the screen.

        Called as often as the app looks for news.
        """
        for line in self._lines():
            line.show_message()

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.MouseDown):
            self.messages.note_key()
        await super().on_event(event)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "close_message":
                return any(line.is_open for line in self._lines())
            case "read_message":
                return any(line.is_cut for line in self._lines())
        return super().check_action(action, parameters)

    def action_close_message(self) -> None:
        for line in self._lines():
            line.close()

    def action_read_message(self) -> None:
        for line in self._lines():
            line.open()

    def _lines(self) -> list[MessageLine]:
        if not (self.is_running and self.screen_stack):
            return []
        return [child for child in self.screen.children if isinstance(child, MessageLine)]  # a query is slow
