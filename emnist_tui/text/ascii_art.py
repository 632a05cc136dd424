"""Images of digits drawn as ASCII or as gray half blocks."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

Image = npt.NDArray[np.uint8]
"""uint8 [28, 28], upright, 255 is ink."""

RAMP = " .:-=+*#%@"
"""Characters from paper to ink, evenly increasing in density."""

GRAYS = 16
"""Shades of a half block; more would cost bytes and not be visible."""

COLUMNS = (56, 28, 14)
"""Supported widths of a drawing, which is half as high as it is wide to keep the aspect ratio."""

_PAPER = 0.08  # ink below this share of the darkest pixel counts as smudge
_HALF_BLOCK = "▀"


def ascii_art(image: Image, columns: int = 28) -> list[str]:
    """Draw a digit as `columns // 2` lines of `columns` characters.

    `columns` is one of `COLUMNS`.
    """
    shades = _shades(_resized(image, columns // 2, columns), len(RAMP))
    return ["".join(RAMP[shade] for shade in row) for row in shades]


def half_blocks(image: Image, columns: int = 28, *, inverted: bool = False) -> list[list[Segment]]:
    """Draw a digit as lines of colored `▀`, two pixels per cell.

    Ink is light on black, or dark on white if `inverted`. `columns` is one of `COLUMNS`.
    """
    shades = _shades(_resized(image, columns, columns), GRAYS)
    if inverted:
        shades = GRAYS - 1 - shades
    return [_half_block_line(top, bottom) for top, bottom in zip(shades[::2], shades[1::2], strict=True)]


def fitting_columns(width: int, height: int) -> int | None:
    """Return the largest of `COLUMNS` that fits into a space of cells."""
    return next((columns for columns in COLUMNS if columns <= width and columns // 2 <= height), None)


def _resized(image: Image, rows: int, columns: int) -> npt.NDArray[np.float64]:
    """Enlarge by repeating pixels, or reduce by averaging them.

    Returns float64 [rows, columns], 0 to 1 of the darkest pixel.
    """
    ink = image.astype(np.float64) / max(1, int(image.max(initial=0)))
    for axis, (size, side) in enumerate(zip((rows, columns), image.shape, strict=True)):
        if size > side:
            ink = ink.repeat(size // side, axis=axis)
        elif size < side:
            shape = (size, side // size, -1) if axis == 0 else (ink.shape[0], size, side // size)
            ink = ink.reshape(shape).mean(axis=1 if axis == 0 else 2)
    return ink


def _shades(ink: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.int64]:
    """Quantize ink into shades, int64 from 0 to `count - 1`.

    Contrast is stretched over all shades, so that a faint digit is as clear as a bold one.
    """
    stretched = np.clip((ink - _PAPER) / max(float(ink.max(initial=0.0)) - _PAPER, _PAPER), 0.0, 1.0)
    return np.asarray(np.ceil(stretched * (count - 1) - 0.25), np.int64)


def _half_block_line(top: npt.NDArray[np.int64], bottom: npt.NDArray[np.int64]) -> list[Segment]:
    """Merge neighboring cells of the same colors into one segment."""
    line: list[Segment] = []
    start = 0
    for end in range(1, len(top) + 1):
        if end == len(top) or (top[end], bottom[end]) != (top[start], bottom[start]):
            line.append(Segment(_HALF_BLOCK * (end - start), _half_block_style(int(top[start]), int(bottom[start]))))
            start = end
    return line


@lru_cache(GRAYS * GRAYS)
def _half_block_style(top: int, bottom: int) -> Style:
    return Style.from_color(_gray(top), _gray(bottom))


def _gray(shade: int) -> Color:
    level = round(shade * 255 / (GRAYS - 1))
    return Color.from_rgb(level, level, level)
