"""Text in a widget's border."""

from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget


class BorderResized(Message):
    """The border of a widget has another width."""


class Framed(Vertical):
    """Container with text in its border."""

    def on_resize(self) -> None:
        self.post_message(BorderResized())


def write_on_border(widget: Widget, title: str, subtitle: str) -> None:
    """Set title and subtitle, repainting the widget only if they changed.

    Textual repaints at every assignment, and screens assign on every poll.
    """
    for name, content in (("border_title", Content(title)), ("border_subtitle", Content(subtitle))):
        if getattr(widget, name) != content.markup:
            setattr(widget, name, content)
