"""Text in a widget's border."""

from textual.content import Content
from textual.widget import Widget


def write_on_border(widget: Widget, title: str, subtitle: str) -> None:
    """Set title and subtitle, repainting the widget only if they changed.

    Textual repaints at every assignment, and screens assign on every poll.
    """
    for name, content in (("border_title", Content(title)), ("border_subtitle", Content(subtitle))):
        if getattr(widget, name) != content.markup:
            setattr(widget, name, content)
