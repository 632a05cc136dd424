"""Plain ASCII output for terminals without braille, boxes and arrows."""

from collections.abc import Mapping

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from emnist_tui.text.ascii_fallback import to_ascii

_PLAIN_TERMINALS = ("linux", "vt", "ansi", "cons25", "sun")
"""Beginnings of TERM of terminals with the font of a text console."""


class AsciiFilter(LineFilter):
    """Replacement of every character by ASCII of the same width.

    It is the last step of rendering a line.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's signature
        return [
            segment if segment.text.isascii() else Segment(to_ascii(segment.text), segment.style, segment.control)
            for segment in segments
        ]


def is_ascii_only(environment: Mapping[str, str]) -> bool:
    """Return whether TERM or the locale limits the terminal to ASCII."""
    if environment.get("TERM", "").startswith(_PLAIN_TERMINALS):
        return True
    # In the order of the C library. Without a locale most terminals still take UTF-8.
    locale = next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := environment.get(name))), "utf-8")
    return "utf" not in locale.lower()
