"""ASCII replacements for the characters that the program draws with."""

import codecs
import sys
import unicodedata
from functools import lru_cache
from io import TextIOWrapper

from rich.cells import cell_len

_BRAILLE = range(0x2800, 0x2900)
_BOXES = range(0x2500, 0x2580)
_BLOCKS = range(0x2580, 0x25A0)
_SIGNS = {
    **dict.fromkeys("─╌┄┈", "-"),
    **dict.fromkeys("━═", "="),
    **dict.fromkeys("│┃║┊╎", "|"),
    **dict.fromkeys("▏▎▍▌▋", "-"),
    **dict.fromkeys("▊▉█", "="),
    **dict.fromkeys("▁▂", "_"),
    **dict.fromkeys("▃▄", "-"),
    **dict.fromkeys("▅▆", "="),
    **dict.fromkeys("▇", "#"),
    **dict.fromkeys("–—−", "-"),
    **dict.fromkeys("↑▲△", "^"),
    **dict.fromkeys("↓▼▽▾", "v"),
    **dict.fromkeys("→▶▸", ">"),
    **dict.fromkeys("←◀◂", "<"),
    "🔎": ">>",
    "●": "*",
    "◆": "@",
    "◇": "o",
    "·": ".",
    "•": "*",
    "…": ".",
    "∂": "d",
    "σ": "s",
    "×": "x",
    "±": "~",
    "≥": ">",
    "≤": "<",
    "⏎": "^",
    "’": "'",
    "°": " ",
}


def to_ascii(text: str) -> str:
    """Replace every character by ASCII of the same width in cells."""
    return "".join(character if character.isascii() else _plain(character) for character in text)


def write_unencodable_as_ascii() -> None:
    """Make stdout and stderr replace characters that their encoding lacks.

    Without it they raise `UnicodeEncodeError`. A path's undecodable bytes are written as they are, so that a script
    that reads the path finds the file.
    """
    codecs.register_error("ascii-signs", _replace)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="ascii-signs")


def _replace(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    character = error.object[error.start]
    is_byte = 0xDC80 <= ord(character) <= 0xDCFF  # as os.fsdecode spells it
    return character.encode("ascii", "surrogateescape") if is_byte else to_ascii(character), error.start + 1


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
    decomposed = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    width = cell_len(character)
    return decomposed if len(decomposed) == width else "?" * width


def _braille(dots: int) -> str:
    """Choose a character with ink at the height of the dots.

    A curve drawn in braille stays a curve.
    """
    heights = [row for row, bits in enumerate((0b00001001, 0b00010010, 0b00100100, 0b11000000)) if dots & bits]
    if not heights:
        return " "
    if heights[-1] - heights[0] >= 2:
        return "|"
    return "'`-~._"[min(heights[0] + heights[-1], 5)] if len(heights) > 1 else "'-._"[heights[0]]
