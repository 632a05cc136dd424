"""A digit's image as text: ASCII that any terminal shows, or half blocks in grays."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

Image = npt.NDArray[np.uint8]
"""uint8 [28, 28], upright, 255 is ink."""

SIDE = 28

RAMP = " .:-=+*#%@"
"""From paper to ink, each sign about as much denser than the one before."""

GRAYS = 16
"""Shades of a half block; more cost bytes and are not seen."""

COLUMNS = (56, 28, 14)
"""The widths an image can be drawn at; a drawing is half as high as it is wide, which keeps the digit's aspect."""

_PAPER = 0.08  # ink below this share of the darkest pixel is smudge
_HALF_BLOCK = "▀"


def ascii_art(image: Image, columns: int = SIDE) -> list[str]:
    """The digit as `columns // 2` lines of `columns` characters; `columns` is one of `COLUMNS`."""
    shades = _shades(_resized(image, columns // 2, columns), len(RAMP))
    return ["".join(RAMP[shade] for shade in row) for row in shades]


def half_blocks(image: Image, columns: int = SIDE, *, inverted: bool = False) -> list[list[Segment]]:
    """The digit as lines of colored `▀`, two pixels a cell; light ink on black, dark ink on white if `inverted`."""
    shades = _shades(_resized(image, columns, columns), GRAYS)
    if inverted:
        shades = GRAYS - 1 - shades
    return [_half_block_line(top, bottom) for top, bottom in zip(shades[::2], shades[1::2], strict=True)]


def fitting_columns(width: int, height: int) -> int | None:
    """The largest of `COLUMNS` that fits in a space of cells."""
    return next((columns for columns in COLUMNS if columns <= width and columns // 2 <= height), None)


def _resized(image: Image, rows: int, columns: int) -> npt.NDArray[np.float64]:
    """float64 [rows, columns], 0 to 1 of the darkest pixel: pixels are repeated to grow, averaged to shrink."""
    ink = image.astype(np.float64) / max(1, int(image.max(initial=0)))
    for axis, size in enumerate((rows, columns)):
        if size > SIDE:
            ink = ink.repeat(size // SIDE, axis=axis)
        elif size < SIDE:
            shape = (size, SIDE // size, -1) if axis == 0 else (ink.shape[0], size, SIDE // size)
            ink = ink.reshape(shape).mean(axis=1 if axis == 0 else 2)
    return ink


def _shades(ink: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.int64]:
    """int64, 0 to `count - 1`: stretched over the whole ramp, so that a faint digit is as clear as a bold one."""
    stretched = np.clip((ink - _PAPER) / max(float(ink.max(initial=0.0)) - _PAPER, _PAPER), 0.0, 1.0)
    return np.asarray(np.ceil(stretched * (count - 1) - 0.25), np.int64)


def _half_block_line(top: npt.NDArray[np.int64], bottom: npt.NDArray[np.int64]) -> list[Segment]:
    """Neighbors of one color are one segment."""
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
