"""Synthetic digits: pen strokes varied as by many writers, framed like EMNIST.

They are the default data where no EMNIST digits are installed. Each image mixes the exemplars of one allograph, bends
the strokes, slants and scales them, and inks them with a pen of its own width.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from emnist_tui.learning.data.synthetic.strokes import Allograph, allographs
from emnist_tui.runs.task import CLASSES, SIDE

VERSION = 1
"""Version of the drawing, part of the cache's file name; raised when the digits change."""

Floats: TypeAlias = NDArray[np.float32]

_LONGEST = 23.2
"""Longer side of a digit in pixels, ink included."""
_CHUNK = 128
"""Images drawn at a time: few enough for a core's cache, which is five times as fast as thousands at once."""
_FAINTEST = np.float32(-25)
"""Smallest exponent of a spot's ink; smaller ones would only slow the product down (denormal numbers)."""
_PRESSURE = 0.5
"""Largest swing of pressure along a digit, in the logarithm of a stroke's weight. More would break thin lines."""
_TREMOR = 0.25
"""Roughness of a line's edge, in pixels."""
_SAMPLES = 88
"""Points sampled along all strokes of a digit: about a pixel apart, so that their spots merge into a line."""


@dataclass(frozen=True)
class Hand:
    """Variation between writers of one digit.

    Spreads are standard deviations. Lengths are in digit heights.
    """

    shear: float
    """Mean slant: lean of the top to the right, per height."""
    shear_spread: float = 0.23
    """Spread of the slant."""
    width_spread: float = 0.13
    """Spread of the logarithm of the width."""
    pen: float = 3.0
    """Median stroke width in pixels."""
    pen_spread: float = 0.24
    """Spread of the logarithm of the stroke width."""
    jitter: float = 0.028
    """Spread of each stroke point, independently."""
    warp: float = 0.065
    """Spread of each wave that bends the sheet: smooth, so that strokes that meet still meet."""
    lift: float = 0.02
    """Spread of a stroke's offset from the others."""


_HANDS = (  # by digit
    Hand(shear=0.19, pen=3.2, jitter=0.024, warp=0.058),
    Hand(shear=0.26, pen=3.1, jitter=0.014, warp=0.045),
    Hand(shear=0.12, pen=2.9),
    Hand(shear=0.09, pen=2.7),
    Hand(shear=0.27, pen=2.6),
    Hand(shear=0.20, pen=2.6),
    Hand(shear=0.10, pen=2.8),
    Hand(shear=0.06, pen=2.8, jitter=0.022, warp=0.055),
    Hand(shear=0.14, shear_spread=0.27, pen=2.6),
    Hand(shear=0.10, pen=2.6),
)


def draw_digits(
    count: int, seed: int, on_progress: Callable[[int], None] | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw `count` digits in random order.

    Every class occurs equally often, give or take one. Returns images, uint8 [count, 28, 28], upright, white ink on
    black, and labels, uint8 [count]. On one machine, the same count and seed give the same digits. `on_progress` is
    called with the number of images drawn so far.
    """
    random = np.random.default_rng(seed)
    images = np.empty((count, SIDE, SIDE), np.uint8)
    labels = np.empty(count, np.uint8)
    places = random.permutation(count)
    drawn = 0
    for digit, allograph, size in _plan(count, random):
        chunk = places[drawn : drawn + size]
        images[chunk] = _draw(allograph, _HANDS[digit], size, random)
        labels[chunk] = digit
        drawn += size
        if on_progress:
            on_progress(drawn)
    return images, labels


def _plan(count: int, random: np.random.Generator) -> Iterator[tuple[int, Allograph, int]]:
    """Yield digit, allograph and number of images of each chunk."""
    for digit, ways in enumerate(allographs()):
        shares = np.array([allograph.share for allograph in ways])
        images = count // CLASSES + (digit < count % CLASSES)
        for allograph, total in zip(ways, random.multinomial(images, shares / shares.sum()), strict=True):
            for start in range(0, total, _CHUNK):
                yield digit, allograph, min(_CHUNK, total - start)


def _draw(allograph: Allograph, hand: Hand, size: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """Draw images, uint8 [size, 28, 28], of one allograph."""
    pen = (hand.pen * _lognormal(hand.pen_spread, size, random)).clip(1.8, 5)
    curves = _warp(_write(allograph, hand, size, random), hand.warp, random)
    curves = _frame(_slant(curves, hand, random), pen)
    weights = _pressure(curves, _curve(allograph)[1], random)
    curves += _TREMOR * random.standard_normal(curves.shape, np.float32)
    return _ink(curves, weights, pen, random)


def _lognormal(spread: float, size: int, random: np.random.Generator) -> Floats:
    factors: Floats = np.exp(spread * random.standard_normal(size, np.float32))
    return factors


def _write(allograph: Allograph, hand: Hand, size: int, random: np.random.Generator) -> Floats:
    """Mix exemplars, and jitter points and strokes.

    Returns points along the strokes, [size, samples, 2].
    """
    basis, stroke = _curve(allograph)
    mix = random.dirichlet(np.ones(len(allograph.points)), size).astype(np.float32)
    points = np.einsum("ne,epc->npc", mix, allograph.points)
    points += hand.jitter * random.standard_normal(points.shape, np.float32)
    lift = hand.lift * random.standard_normal((size, len(allograph.strokes), 2), np.float32)
    curves: Floats = basis @ points + lift[:, stroke]
    return curves


@cache
def _curve(allograph: Allograph) -> tuple[Floats, NDArray[np.intp]]:
    """Compute the sampling of an allograph's curves.

    Returns the matrix [samples, points] from its points to its curves, and each sample's stroke number, [samples].
    Samples are about equally far apart along all strokes of the mean exemplar.
    """
    ends = np.cumsum([len(corners) for corners in allograph.strokes])
    strokes = np.split(allograph.points.mean(axis=0), ends[:-1])
    along = [np.append(0, np.linalg.norm(np.diff(stroke, axis=0), axis=1).cumsum()) for stroke in strokes]
    whole = sum(distance[-1] for distance in along)
    samples = [max(8, round(_SAMPLES * distance[-1] / whole)) for distance in along]
    basis = np.zeros((sum(samples), ends[-1]), np.float32)
    stroke_of_sample = np.repeat(np.arange(len(strokes)), samples)
    for stroke, (corners, distance) in enumerate(zip(allograph.strokes, along, strict=True)):
        at = np.interp(np.linspace(0, distance[-1], samples[stroke]), distance, np.arange(len(corners)))
        columns = slice(ends[stroke] - len(corners), ends[stroke])
        basis[stroke_of_sample == stroke, columns] = _spline_basis(corners, at)
    return basis, stroke_of_sample


def _spline_basis(corners: tuple[bool, ...], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute a smooth curve's matrix, [samples, points], at parameters `at`.

    Point i of the stroke is at parameter i. Cubic Hermite pieces; the tangent at a point is half the difference of its
    two neighbors (Catmull-Rom), and at an end or a corner the difference along the piece itself.
    """
    point = np.eye(len(corners))
    step = point[1:] - point[:-1]
    smooth = np.zeros_like(point)
    smooth[1:-1] = (point[2:] - point[:-2]) / 2
    sharp = np.array(corners)[:, None]
    sharp[[0, -1]] = True
    leaving = np.where(sharp[:-1], step, smooth[:-1])
    arriving = np.where(sharp[1:], step, smooth[1:])
    piece = np.minimum(at.astype(int), len(step) - 1)
    t = (at - piece)[:, None]
    basis: NDArray[np.float64] = (
        (1 + 2 * t) * (1 - t) ** 2 * point[piece]
        + t * (1 - t) ** 2 * leaving[piece]
        + t**2 * (3 - 2 * t) * point[piece + 1]
        - t**2 * (1 - t) * arriving[piece]
    )
    return basis


def _warp(curves: Floats, amplitude: float, random: np.random.Generator) -> Floats:
    """Bend the sheet with three slow waves in random directions."""
    size = len(curves)
    bent = curves.copy()
    for _ in range(3):
        waves = random.normal(0, 2.6, (size, 2, 1)).astype(np.float32)  # radians per digit height
        phase = random.uniform(0, 2 * np.pi, (size, 1)).astype(np.float32)
        reach = random.normal(0, amplitude, (size, 1, 2)).astype(np.float32)
        bent += reach * np.sin((curves @ waves)[..., 0] + phase)[..., None]
    return bent


def _slant(curves: Floats, hand: Hand, random: np.random.Generator) -> Floats:
    """Widen, slant and rotate each digit as a whole."""
    size = len(curves)
    width = _lognormal(hand.width_spread, size, random)
    shear = random.normal(hand.shear, hand.shear_spread, size).astype(np.float32)
    turn = random.normal(0, 0.05, size).astype(np.float32)  # radians
    x = curves[..., 0] * width[:, None] - curves[..., 1] * shear[:, None]
    y = curves[..., 1] + x * turn[:, None]
    return np.stack([x, y], axis=-1)


def _frame(curves: Floats, pen: Floats) -> Floats:
    """Scale and center each digit in pixels, as EMNIST does."""
    low, high = curves.min(axis=1, keepdims=True), curves.max(axis=1, keepdims=True)
    scale = (_LONGEST - pen[:, None, None]) / (high - low).max(axis=2, keepdims=True)
    framed: Floats = (curves - (low + high) / 2) * scale + np.float32((SIDE - 1) / 2)
    return framed


def _pressure(curves: Floats, stroke: NDArray[np.intp], random: np.random.Generator) -> Floats:
    """Compute every sample's weight, [size, samples].

    It is the length that the sample covers, times a varying pressure.
    """
    size, samples, _ = curves.shape
    steps = np.sqrt(np.square(np.diff(curves, axis=1)).sum(axis=2)) * (stroke[1:] == stroke[:-1])
    weights: Floats = (np.pad(steps, ((0, 0), (0, 1))) + np.pad(steps, ((0, 0), (1, 0)))) / 2
    rate, phase = random.uniform((2, 0), (9, 2 * np.pi), (size, 2)).astype(np.float32).T[..., None]
    swing = np.sin(rate * np.linspace(0, 1, samples, dtype=np.float32) + phase)
    weights *= np.exp(_PRESSURE * random.random((size, 1), np.float32) * swing)
    return weights


def _ink(curves: Floats, weights: Floats, pen: Floats, random: np.random.Generator) -> NDArray[np.uint8]:
    """Ink strokes `pen` pixels wide; returns images, uint8 [size, 28, 28].

    Soft spots at all samples add up to a ridge along the stroke, a Gaussian of the distance from its middle; the
    logarithm recovers that distance. Spots are separable, so an image is one product [28, samples] @ [samples, 28].
    """
    sigma = (0.29 * pen).clip(0.75, None)[:, None, None]
    pixels = np.arange(SIDE, dtype=np.float32)
    offsets = ((curves[:, :, None, axis] - pixels) / sigma for axis in (0, 1))
    columns, rows = (np.exp(np.maximum(-0.5 * np.square(offset), _FAINTEST)) for offset in offsets)
    rows *= (weights / (sigma[..., 0] * np.float32(np.sqrt(2 * np.pi))))[..., None]
    ridge = rows.transpose(0, 2, 1) @ columns
    distance = sigma * np.sqrt(np.maximum(-2 * np.log(ridge.clip(1e-9, None)), 0))
    edge = np.minimum(1.6 * _lognormal(0.25, len(curves), random), 0.8 * pen)[:, None, None]
    inside = (pen[:, None, None] / 2 - distance) / edge
    ink = (0.5 + np.maximum(inside, 0.7 * inside)).clip(0, 1)  # fades slower than it sets in
    tones: Floats = np.rint(255 * np.square(ink) * (3 - 2 * ink))
    return tones.astype(np.uint8)
