"""Pages as people photograph and scan them: one digit, and what else a page shows.

Each drawing takes a digit, uint8 [28, 28], and a random generator, and returns brightness, uint8 [height, width].
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image

from tests.support.pictures import Bytes

Floats = npt.NDArray[np.float64]
Random = np.random.Generator
Drawing = Callable[[Bytes, Random], Bytes]

HEIGHT, WIDTH = 800, 600
PAPER, INK = 235.0, 0.86
"""Brightness of the paper in levels of 255, and the share of it that ink takes."""


# One digit


def plain(digit: Bytes, random: Random) -> Bytes:
    return _photo(_written(digit, random), random)


def dark_paper(digit: Bytes, random: Random) -> Bytes:
    """Draw light ink on dark paper."""
    return 255 - plain(digit, random)


def second_mark(digit: Bytes, random: Random) -> Bytes:
    """Draw a dot, a blot, a tick or a stroke of 8 to 70 pixels, away from the digit."""
    page = np.ones((HEIGHT, WIDTH))
    ink, box = _placed(digit, random)
    page *= 1 - INK * ink
    size = int(random.integers(8, 71))
    top, left = _away_from(box, size, random)
    mark = np.zeros((size, size))
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    match random.integers(4):
        case 0:
            mark[:] = 1
        case 1:
            mark[:] = x * x + y * y < 1
        case 2:
            mark[:] = np.abs(np.where(x < -0.4, y + x * 0.8 - 0.9 + 0.8, y + x - 0.5 + 0.5)) < 0.2
        case _:
            mark[:] = np.abs(y - random.uniform(-1, 1) * x) < 0.18
    page[top : top + size, left : left + size] *= 1 - INK * mark
    return _photo(page, random)


def frame(digit: Bytes, random: Random) -> Bytes:
    """Draw a frame around the picture, the page or the digit's field, whole or in part."""
    page = np.ones((HEIGHT, WIDTH))
    ink, (top, left, bottom, right) = _placed(digit, random)
    page *= 1 - INK * ink
    thick = int(random.integers(2, 13))
    match random.integers(3):
        case 0:
            box = (0, 0, HEIGHT, WIDTH)
        case 1:
            gap = int(random.integers(6, 40))
            box = (gap, gap, HEIGHT - gap, WIDTH - gap)
        case _:
            gap = int(random.integers(15, 60)) + thick
            box = (max(top - gap, 0), max(left - gap, 0), min(bottom + gap, HEIGHT), min(right + gap, WIDTH))
    sides = 4 if random.random() < 0.7 else int(random.integers(2, 4))
    _rectangle(page, box, thick, random.permutation(4)[:sides])
    return _photo(page, random)


def form(digit: Bytes, random: Random) -> Bytes:
    """Draw a row of empty cells; the digit is in one of them."""
    page = np.ones((HEIGHT, WIDTH))
    side = int(random.integers(150, 220))
    ink, (top, left, bottom, right) = _placed(digit, random, side)
    page *= 1 - INK * ink
    gap, thick = int(random.integers(10, 25)), int(random.integers(2, 6))
    cell = max(bottom - top, right - left) + 2 * gap
    y, x = (top + bottom - cell) // 2, (left + right - cell) // 2
    before, after = random.integers(0, 3, 2)
    for place in range(-before, after + 1):
        _rectangle(page, (y, x + place * cell, y + cell, x + (place + 1) * cell), thick, range(4))
    return _photo(page, random)


def scan_edge(digit: Bytes, random: Random) -> Bytes:
    """Draw a dark edge of 3 to 70 pixels, or the table, along one to four sides."""
    page = _written(digit, random)
    dark = random.uniform(0.04, 0.35)
    for side in random.permutation(4)[: random.integers(1, 5)]:
        width = int(random.integers(3, 71))
        slope = random.uniform(-0.02, 0.02)
        turned = np.rot90(page, side)
        y, x = np.indices(turned.shape)
        turned[y + slope * (x - turned.shape[1] / 2) < width] = dark
    return _photo(page, random)


def hard_shadow(digit: Bytes, random: Random) -> Bytes:
    """Darken a part of the page by 30 to 60 % behind a straight or a round edge."""
    page = _written(digit, random)
    y, x = np.indices(page.shape)
    if random.random() < 0.7:
        angle = random.choice([0, np.pi / 2, random.uniform(0, np.pi)])
        through = random.uniform(0.3, 0.7, 2) * page.shape
        inside = np.cos(angle) * (x - through[1]) + np.sin(angle) * (y - through[0])
    else:
        center, radius = random.uniform(0, 1, 2) * page.shape, random.uniform(200, 400)
        inside = radius - np.hypot(y - center[0], x - center[1])
    edge = random.uniform(0.5, 12)
    return _photo(page * (1 - random.uniform(0.3, 0.6) * (0.5 + inside / edge / 2).clip(0, 1)), random)


def ruled(digit: Bytes, random: Random) -> Bytes:
    """Draw thin gray lines, up to three degrees off the horizontal, across the page and the digit."""
    return _photo(_written(digit, random) * _lines(random, random.uniform(-3, 3)), random)


def squared(digit: Bytes, random: Random) -> Bytes:
    """Draw squared paper, up to three degrees off."""
    angle = random.uniform(-3, 3)
    spacing = random.uniform(25, 90)
    lines = _lines(random, angle, spacing) * _lines(random, angle + 90, spacing)
    return _photo(_written(digit, random) * np.maximum(lines, 0.35), random)


def textured(digit: Bytes, random: Random) -> Bytes:
    """Draw on rough paper."""
    grain = np.asarray(Image.fromarray(random.normal(0, 1, (HEIGHT // 4, WIDTH // 3))).resize((WIDTH, HEIGHT)))
    return _photo(_written(digit, random) * (1 + random.uniform(0.02, 0.06) * grain).clip(0, 1.1) * 0.92, random)


def uneven_light(digit: Bytes, random: Random) -> Bytes:
    """Light the page from one corner: the far one gets 15 to 35 % of the light."""
    page = _written(digit, random)
    y, x = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j]
    distance = np.hypot(y, x)[:: random.choice([-1, 1]), :: random.choice([-1, 1])] / 2**0.5
    return _photo(page * (1 - random.uniform(0.65, 0.85) * distance ** random.uniform(0.7, 2)), random)


def table(digit: Bytes, random: Random) -> Bytes:
    """Photograph a sheet lying upright on a darker table that shows on all sides."""
    return _on_table(plain(digit, random), random, random.uniform(-4, 4))


# No answer is expected


def at_an_angle(digit: Bytes, random: Random) -> Bytes:
    """Photograph a sheet lying on a darker table, turned by 20 to 160 degrees."""
    return _on_table(plain(digit, random), random, random.choice([-1, 1]) * random.uniform(20, 160))


def turned(digit: Bytes, random: Random) -> Bytes:
    """Turn the digit by 20 to 160 degrees on a page that shows nothing else."""
    degrees = random.choice([-1, 1]) * random.uniform(20, 160)
    ink, _ = _placed(digit, random)
    return _photo(1 - INK * np.asarray(Image.fromarray(ink).rotate(degrees, Image.Resampling.BICUBIC)), random)


def row(digit: Bytes, random: Random, gap: tuple[float, float] = (0.06, 0.5)) -> Bytes:
    """Write two to four digits side by side: the given one, mirrored or turned ones besides."""
    side = int(random.integers(100, 170))
    others = [digit, digit[:, ::-1], digit[::-1], digit[::-1, ::-1]]
    page = np.ones((HEIGHT, WIDTH))
    y, x = int(random.integers(40, HEIGHT - side - 60)), 12
    for other in others[: random.integers(2, 5)]:
        ink = _enlarged(_cropped(other), side)
        if x + ink.shape[1] > WIDTH:
            break
        shift = int(random.integers(0, 20))
        place = page[y + shift : y + shift + ink.shape[0], x : x + ink.shape[1]]
        place *= 1 - INK * ink
        x += ink.shape[1] + int(side * random.uniform(*gap))
    return _photo(page, random)


def touching_row(digit: Bytes, random: Random) -> Bytes:
    """Write two to four digits that run into each other."""
    return row(digit, random, (-0.12, -0.04))


def text(digit: Bytes, random: Random) -> Bytes:
    """Write lines of small digits."""
    page = np.ones((HEIGHT, WIDTH))
    for y in range(40, HEIGHT - 80, 70):
        for x in range(30, WIDTH - 60, 45):
            if random.random() < 0.85:
                page[y : y + 40, x : x + 40] *= 1 - INK * _enlarged(np.rot90(digit, int(random.integers(4))), 40)
    return _photo(page, random)


def blank(digit: Bytes, random: Random) -> Bytes:
    return _photo(np.ones((HEIGHT, WIDTH)), random)


DIGITS: dict[str, Drawing] = {
    "plain": plain,
    "a second mark": second_mark,
    "a frame": frame,
    "a scan's edge": scan_edge,
    "a hard shadow": hard_shadow,
    "ruled lines": ruled,
    "squared paper": squared,
    "a form's cells": form,
    "rough paper": textured,
    "uneven light": uneven_light,
    "light ink on dark paper": dark_paper,
    "a sheet on a table": table,
}
"""Pages of one upright digit, by what else they show."""
OTHERS: dict[str, Drawing] = {
    "a sheet at an angle": at_an_angle,
    "a turned digit alone": turned,
    "several digits in a row": row,
    "several digits that touch": touching_row,
    "lines of text": text,
    "blank": blank,
}
"""Pages of no digit, of several, or of one at an angle."""


def _enlarged(ink: npt.NDArray[np.generic], side: int) -> Floats:
    """Enlarge so that the longer side is `side` pixels; ink becomes 0 to 1."""
    factor = side / max(ink.shape)
    size = (max(1, round(ink.shape[1] * factor)), max(1, round(ink.shape[0] * factor)))
    return np.asarray(Image.fromarray(np.ascontiguousarray(ink, np.uint8)).resize(size, Image.Resampling.BICUBIC)) / 255


def _cropped(digit: Bytes) -> Bytes:
    rows, columns = np.flatnonzero(digit.max(axis=1) > 60), np.flatnonzero(digit.max(axis=0) > 60)
    return digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _placed(digit: Bytes, random: Random, side: int | None = None) -> tuple[Floats, tuple[int, int, int, int]]:
    """Place the digit's ink on a page; returns it and its box (top, left, bottom, right)."""
    ink = _enlarged(digit, side or int(random.integers(170, 340)))
    top, left = (
        int(random.uniform(0.15, 0.85) * (whole - part)) for whole, part in zip((HEIGHT, WIDTH), ink.shape, strict=True)
    )
    page = np.zeros((HEIGHT, WIDTH))
    page[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    where = np.argwhere(page > 0.3)
    (top, left), (bottom, right) = where.min(axis=0), where.max(axis=0) + 1
    return page, (int(top), int(left), int(bottom), int(right))


def _written(digit: Bytes, random: Random) -> Floats:
    return 1 - INK * _placed(digit, random)[0]


def _away_from(box: tuple[int, int, int, int], size: int, random: Random) -> tuple[int, int]:
    """Choose the corner of a mark that leaves a gap to the digit's box."""
    top, left, bottom, right = box
    while True:
        y, x = int(random.integers(4, HEIGHT - size - 4)), int(random.integers(4, WIDTH - size - 4))
        if y + size + 40 < top or y > bottom + 40 or x + size + 40 < left or x > right + 40:
            return y, x


def _rectangle(page: Floats, box: tuple[int, ...], thick: int, sides: "npt.ArrayLike | range") -> None:
    top, left, bottom, right = box
    strips = [(top, left, top + thick, right), (top, left, bottom, left + thick)]
    strips += [(bottom - thick, left, bottom, right), (top, right - thick, bottom, right)]
    for side in np.asarray(sides):
        y, x, end, edge = strips[side]
        page[max(y, 0) : max(end, 0), max(x, 0) : max(edge, 0)] = 0.08


def _lines(random: Random, degrees: float, spacing: float | None = None) -> Floats:
    """Draw the share of light that ruled lines leave, [HEIGHT, WIDTH]."""
    y, x = np.indices((HEIGHT, WIDTH))
    across = np.cos(np.radians(degrees)) * y + np.sin(np.radians(degrees)) * x
    spacing = spacing or random.uniform(40, 200)
    distance = np.abs((across + random.uniform(0, spacing)) % spacing - spacing / 2)
    left: Floats = 1 - random.uniform(0.2, 0.65) * (random.uniform(1, 3) / 2 + 0.5 - distance).clip(0, 1)
    return left


def _on_table(sheet: Bytes, random: Random, degrees: float) -> Bytes:
    """Photograph a sheet turned by an angle, on a dark table with some grain."""
    side = 1000
    grain = np.asarray(Image.fromarray(random.normal(0, 1, (250, 20))).resize((side, side)))
    desk = 255 * random.uniform(0.15, 0.4) * (1 + 0.1 * grain)
    layer = np.pad(sheet.astype(np.float64), ((100, 100), (200, 200)), constant_values=-1)
    layer = np.asarray(Image.fromarray(layer).rotate(degrees, Image.Resampling.NEAREST, fillcolor=-1))
    photo: Bytes = np.where(layer < 0, desk, layer).clip(0, 255).astype(np.uint8)
    return photo[60:-60, 60:-60]


def _photo(page: Floats, random: Random) -> Bytes:
    """Expose the page: a slight gradient of light, and noise."""
    y, x = np.mgrid[-1 : 1 : page.shape[0] * 1j, -1 : 1 : page.shape[1] * 1j]
    slope = random.uniform(-0.05, 0.05, 2)
    exposed = PAPER * page * (1 + slope[0] * y + slope[1] * x) + random.normal(0, random.uniform(2, 6), page.shape)
    return np.asarray(exposed.round().clip(0, 255), np.uint8)
