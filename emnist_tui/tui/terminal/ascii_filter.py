"""The screen in plain ASCII, for a terminal that cannot draw braille, boxes and arrows."""

from collections.abc import Mapping

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from emnist_tui.text.ascii_fallback import to_ascii

_PLAIN_TERMINALS = ("linux", "vt", "ansi", "cons25", "sun")
"""How TERM begins where the font has only what a text console has."""


class AsciiFilter(LineFilter):
    """The last thing that happens to a line: each character becomes one that any terminal has, as wide as it was."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - as Textual calls it
        return [
            segment if segment.text.isascii() else Segment(to_ascii(segment.text), segment.style, segment.control)
            for segment in segments
        ]


def is_ascii_only(environment: Mapping[str, str]) -> bool:
    """Whether the terminal, as far as TERM and the locale tell, has only ASCII."""
    if environment.get("TERM", "").startswith(_PLAIN_TERMINALS):
        return True
    # As the C library looks for it. Without any of them most terminals still take UTF-8.
    locale = next((found for name in ("LC_ALL", "LC_CTYPE", "LANG") if (found := environment.get(name))), "utf-8")
    return "utf" not in locale.lower()
