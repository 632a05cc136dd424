"""Morphology, filters and resampling of pictures held as arrays."""

from collections.abc import Iterator
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Gray: TypeAlias = NDArray[np.float32]
"""Brightness, float32 [height, width], 0 to 255."""
Mask: TypeAlias = NDArray[np.bool_]
Labels: TypeAlias = NDArray[np.intp]
Box: TypeAlias = tuple[int, int, int, int]
"""Top, left, and exclusive bottom and right."""
_Scalar = TypeVar("_Scalar", bound=np.generic)


def along_rows(values: NDArray[_Scalar], length: int, extreme: np.ufunc = np.maximum) -> NDArray[_Scalar]:
    """Return the maximum, or minimum, of `length` pixels along rows; edges repeat."""
    before = length // 2
    padded = np.pad(values, ((0, 0), (before, length - 1 - before)), mode="edge")
    for shift in _doubling(length):
        padded = extreme(padded[:, shift:], padded[:, :-shift])
    return padded


def largest_around(values: NDArray[_Scalar], reach: int) -> NDArray[_Scalar]:
    """Return the maximum over a square of `reach` pixels in each direction."""
    return along_rows(along_rows(values, 2 * reach + 1).T, 2 * reach + 1).T


def closed(values: Gray, reach: int) -> Gray:
    """Fill what is darker than its surroundings and narrower than an octagon.

    The octagon, nearly a disc, reaches `reach` pixels from its center. A straight edge, or a dark region that is wider
    than the octagon, keeps its place and brightness.
    """
    return -_over_octagon(-_over_octagon(values, reach), reach)


def opened_along_rows(values: NDArray[_Scalar], length: int) -> NDArray[_Scalar]:
    """Keep what is bright for at least `length` pixels along its row."""
    lowest = along_rows(np.pad(values, ((0, 0), (1, 1))), length, np.minimum)
    if not lowest.any():
        return np.zeros_like(values)
    # An even window is not centered, so that the second one is mirrored.
    return along_rows(lowest[:, ::-1], length)[:, ::-1][:, 1:-1]


def closed_along_rows(values: NDArray[_Scalar], length: int) -> NDArray[_Scalar]:
    """Fill gaps shorter than `length` pixels along each row."""
    return along_rows(along_rows(values, length)[:, ::-1], length, np.minimum)[:, ::-1]


def components(mask: Mask) -> tuple[Labels, int]:
    """Label the 8-connected components of a mask.

    Returns the labels, from 1 and 0 outside, and their number. Runs of pixels along the rows are the nodes of a graph,
    joined where runs of neighboring rows touch. Each takes the lowest number around it, and then that run's own number,
    until nothing changes: few rounds, as in Shiloach and Vishkin's parallel algorithm (1982).
    """
    steps = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1).ravel()
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    below = mask.shape[1] + 1  # of a place in `steps`: the place in the next row
    first, last = np.searchsorted(ends, starts + below), np.searchsorted(starts, ends + below, "right")
    touching = np.maximum(last - first, 0)
    upper = np.repeat(np.arange(len(starts)), touching)
    lower = np.arange(len(upper)) + np.repeat(first - np.cumsum(touching) + touching, touching)
    numbers = np.arange(len(starts))
    while len(unequal := np.flatnonzero(numbers[upper] != numbers[lower])):
        one, other = numbers[upper[unequal]], numbers[lower[unequal]]
        np.minimum.at(numbers, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(root := numbers[numbers], numbers):
            numbers = root
    used, numbers = np.unique(numbers, return_inverse=True)
    labels = np.zeros(mask.shape, np.intp)
    labels[mask] = np.repeat(numbers + 1, ends - starts)
    return labels, len(used)


def extent(mask: Mask) -> Box:
    """Return the box of a mask that is not empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def blurred(values: Gray, sigma: float) -> Gray:
    """Blur by a Gaussian, truncated at three sigma; edges are repeated."""
    reach = int(np.ceil(3 * sigma))
    if sigma < 0.1:
        return values
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2).astype(np.float32)
    weights /= weights.sum()
    for _ in range(2):
        padded = np.pad(values, ((reach, reach), (0, 0)), mode="edge")
        values = sum(weight * padded[at : at + len(values)] for at, weight in enumerate(weights)).T
    return values


def shrunk(gray: Gray, longest: int) -> Gray:
    """Reduce the longer side to at most `longest` pixels."""
    scale = max(1.0, max(gray.shape) / longest)
    rows, columns = (max(1, round(size / scale)) for size in gray.shape)
    return resized(gray, (0, 0, *gray.shape), rows, columns) if scale > 1 else gray


def resized(values: Gray, box: tuple[float, ...], rows: int, columns: int) -> Gray:
    """Resample a box (top, left, bottom, right) by bi-cubic interpolation.

    The interpolation is antialiased where it reduces.
    """
    from PIL import Image

    top, left, bottom, right = box
    picture = Image.fromarray(np.ascontiguousarray(values, np.float32))
    scaled = picture.resize((columns, rows), Image.Resampling.BICUBIC, box=(left, top, right, bottom))
    return np.asarray(scaled, np.float32)


def otsu(values: NDArray[np.floating]) -> float:
    """Return the threshold that best separates the values into two classes.

    N. Otsu, "A threshold selection method from gray-level histograms", IEEE Trans. SMC 9 (1979) 62-66.
    """
    if values.min() == values.max():
        return float(values.max())
    counts, edges = np.histogram(values, 256)
    below = np.cumsum(counts)[:-1].astype(np.float64)
    above = values.size - below
    sums = np.cumsum(counts * (edges[:-1] + edges[1:]) / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        between = below * above * (sums[:-1] / below - (sums[-1] - sums[:-1]) / above) ** 2
    return float(edges[1 + np.nanargmax(between)])


def _over_octagon(values: Gray, reach: int) -> Gray:
    """Return the maximum over an octagon around each pixel."""
    straight = round(reach / (1 + 2**0.5))
    values = largest_around(values, straight)
    diagonal = (reach - straight) // 2
    return _along_diagonals(_along_diagonals(values, diagonal)[:, ::-1], diagonal)[:, ::-1]


def _along_diagonals(values: Gray, reach: int) -> Gray:
    padded = np.pad(values, reach, mode="edge")
    for shift in _doubling(2 * reach + 1):
        padded = np.maximum(padded[shift:, shift:], padded[:-shift, :-shift])
    return padded


def _doubling(length: int) -> Iterator[int]:
    """Yield the shifts that widen a window of one pixel to `length`."""
    covered = 1
    while covered < length:
        shift = min(covered, length - covered)
        yield shift
        covered += shift
