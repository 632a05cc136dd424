"""The screen in plain ASCII, for a terminal that cannot draw braille, boxes and arrows."""

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_PLAIN_TERMINALS = ("linux", "vt", "ansi", "cons25", "sun")
"""How TERM begins where the font has only what a text console has."""

_BRAILLE = range(0x2800, 0x2900)
_BOXES = range(0x2500, 0x2580)
_BLOCKS = range(0x2580, 0x25A0)
_SIGNS = {
    **dict.fromkeys("─╌┄┈", "-"),
    **dict.fromkeys("━═", "="),
    **dict.fromkeys("│┃║", "|"),
    **dict.fromkeys("▏▎▍▌▋", "-"),
    **dict.fromkeys("▊▉█", "="),
    **dict.fromkeys("▁▂", "_"),
    **dict.fromkeys("▃▄", "-"),
    **dict.fromkeys("▅▆", "="),
    **dict.fromkeys("▇", "#"),
    **dict.fromkeys("–—−", "-"),
    **dict.fromkeys("↑▲△", "^"),
    **dict.fromkeys("↓▼▽", "v"),
    **dict.fromkeys("→▶▸", ">"),
    **dict.fromkeys("←◀◂", "<"),
    "●": "*",
    "◆": "@",
    "·": ".",
    "•": "*",
    "…": ".",
    "×": "x",
    "≥": ">",
    "≤": "<",
    "⏎": "^",
    "’": "'",
}


class AsciiOnly(LineFilter):
    """The last thing that happens to a line: each character becomes one that any terminal has, as wide as it was."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - as Textual calls it
        return [
            segment if segment.text.isascii() else Segment(to_ascii(segment.text), segment.style, segment.control)
            for segment in segments
        ]


def to_ascii(text: str) -> str:
    """As many cells in plain ASCII."""
    return "".join(character if character.isascii() else _plain(character) for character in text)


def is_ascii_only(environment: Mapping[str, str]) -> bool:
    """Whether the terminal, as far as TERM and the locale tell, has only ASCII."""
    if environment.get("TERM", "").startswith(_PLAIN_TERMINALS):
        return True
    # As the C library looks for it. Without any of them most terminals still take UTF-8.
    locale = next((found for name in ("LC_ALL", "LC_CTYPE", "LANG") if (found := environment.get(name))), "utf-8")
    return "utf" not in locale.lower()


@lru_cache(1024)
def _plain(character: str) -> str:
    code = ord(character)
    if character in _SIGNS:
        return _SIGNS[character]
    if code in _BRAILLE:
        return _braille(code - _BRAILLE.start)
    if code in _BOXES:
        return "+"
    if code in _BLOCKS:
        return "#"
    alike = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    width = cell_len(character)
    return alike if len(alike) == width else "?" * width


def _braille(dots: int) -> str:
    """A sign with ink at the height of the dots: a curve of braille stays a curve."""
    heights = [row for row, bits in enumerate((0b00001001, 0b00010010, 0b00100100, 0b11000000)) if dots & bits]
    if not heights:
        return " "
    if heights[-1] - heights[0] >= 2:
        return "|"
    return "'`-~._"[min(heights[0] + heights[-1], 5)] if len(heights) > 1 else "'-._"[heights[0]]
