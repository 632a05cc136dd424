"""Words in a widget's border that are set often and change seldom."""

from textual.content import Content
from textual.widget import Widget


def write_on_border(widget: Widget, title: str, subtitle: str) -> None:
    """Repaints the widget only where one of them is new; Textual does so whatever is set."""
    for name, words in (("border_title", Content(title)), ("border_subtitle", Content(subtitle))):
        if getattr(widget, name) != words.markup:
            setattr(widget, name, words)
