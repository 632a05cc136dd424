"""Recognition of pages photographed at an angle, from their edges and lines."""

import numpy as np
from numpy.typing import NDArray

from emnist_tui.learning.inference.raster import Gray, Mask, largest_around, opened_along_rows, shrunk

_WORKING = 128
"""Longer side, in pixels, at which edges are sought."""
_LONG = 0.4
"""Least length of an edge, in longer sides of the picture."""
_APART = 0.2
"""Least distance of parallel edges, in longer sides of the picture: those of one stroke are nearer."""
_CLEAR = 0.1
"""Least step of brightness at an edge, in brightnesses of the paper."""
UPRIGHT = 12
"""Greatest angle, in degrees, of a page that counts as upright."""
AT_AN_ANGLE = "shows a page at an angle; photograph it upright."
"""Refusal of any other page: a predicate that follows the name of the picture."""
_STEP = 3


def is_tilted(gray: Gray, digit: Mask) -> bool:
    """Return whether the page's edges or lines show an angle.

    Edges are evidence if two are parallel and apart, or at right angles: a shadow has one. The edges of the `digit`,
    a mask of the same shape, do not count.
    """
    from PIL import Image

    small = shrunk(gray, _WORKING)
    light = float(np.percentile(small, 80))
    steps = largest_around(small, 1) + largest_around(-small, 1)
    strokes = largest_around(shrunk(digit.astype(np.float32), _WORKING), 2) > 0.1
    edges = np.where(strokes | (steps < _CLEAR * light), 0, 1).astype(np.uint8) * 255
    picture = Image.fromarray(edges)
    found = {
        angle: _edges(np.asarray(picture.rotate(angle, Image.Resampling.BILINEAR))) for angle in range(-45, 45, _STEP)
    }
    upright = max(found[angle] for angle in found if abs(angle) <= UPRIGHT)
    return upright < max(found.values()) / 2


def _edges(edges: NDArray[np.uint8]) -> int:
    """Count the pixels of long edges, if those are evidence."""
    length = round(_LONG * max(edges.shape))
    lines = [opened_along_rows(turned, length) for turned in (edges > 128, edges.T > 128)]
    places = [np.flatnonzero(line.any(axis=1)) for line in lines]
    apart = [len(place) and place[-1] - place[0] > _APART * max(edges.shape) for place in places]
    return int(sum(line.sum() for line in lines)) if all(map(len, places)) or any(apart) else 0
