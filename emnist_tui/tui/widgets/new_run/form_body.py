"""Scrolled body of a long form."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll


class FormBody(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Scrolled fields; the arrow keys move between them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown", "page_down", "Page down", show=False),
    ]
