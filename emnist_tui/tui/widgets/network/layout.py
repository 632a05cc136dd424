"""Arrangement of the screen's parts in the available space."""

from dataclasses import dataclass
from enum import Enum, auto

from textual.geometry import Region, Size

_STRIP = Size(72, 18)
"""Smallest space with the whole network in a strip above a stage."""
_WHOLE = Size(112, 34)
"""Smallest space with everything at once."""
_STRIP_ROWS = (7, 9, 11)  # title and maps
_STAGE_ROWS = 13
_PAIR_ROWS = 25
_BESIDE_TIMELINE = 26  # columns of the map in the stage, left of the strip of frames


class Kind(Enum):
    """Amount that is shown at once."""

    STAGE = auto()
    """Input, a layer or the answer."""
    STRIP = auto()
    """The whole network in small, and a stage."""
    WHOLE = auto()
    """Everything."""


@dataclass(frozen=True)
class Layout:
    """Regions of the parts; empty ones are left out."""

    kind: Kind
    heading: Region
    strip: Region
    """The network in small; of a single stage its row of titles."""
    stage: Region
    """The stage, or everything between the heading and the frames."""
    timeline: Region
    reserved: int = 0
    """Rows at the lower right of the stage that the frames take."""
    is_tight: bool = False
    """Whether half a row of the strip has to separate it from the stage."""


def lay_out(size: Size, *, has_timeline: bool, is_pair: bool = False) -> Layout:
    """Arrange the parts in a space.

    The maps of a pair of networks have the rows of the strip where they need them.
    """
    width, height = max(0, size.width - 2), size.height
    heading = Region(1, 0, width, 1)
    if size.width >= _WHOLE.width and height - has_timeline >= _WHOLE.height:
        return _whole(heading, width, height, has_timeline=has_timeline)
    if size.width < _STRIP.width or height < (_PAIR_ROWS if is_pair else _STRIP.height):
        bottom = height - has_timeline
        timeline = Region(1, bottom, width, int(has_timeline))
        return Layout(Kind.STAGE, heading, Region(1, 1, width, 1), Region(1, 2, width, max(0, bottom - 2)), timeline)
    rows = max(rows for rows in _STRIP_ROWS if rows == _STRIP_ROWS[0] or height - 1 - rows >= _STAGE_ROWS + 2)
    strip = Region(1, 1, width, rows)
    top = strip.bottom
    is_roomy, is_tight = height - top > _STAGE_ROWS, height - top < _STAGE_ROWS
    if has_timeline and is_roomy:
        stage = Region(1, top, width, height - 1 - top)
        return Layout(Kind.STRIP, heading, strip, stage, Region(1, height - 1, width, 1))
    stage = Region(1, top, width, height - top)
    if not has_timeline:
        return Layout(Kind.STRIP, heading, strip, stage, Region(), is_tight=is_tight)
    left = 1 + _BESIDE_TIMELINE
    timeline = Region(left, height - 1, width - _BESIDE_TIMELINE, 1)
    return Layout(Kind.STRIP, heading, strip, stage, timeline, 1, is_tight)


def _whole(heading: Region, width: int, height: int, *, has_timeline: bool) -> Layout:
    bottom = height - has_timeline
    timeline = Region(1, bottom, width, int(has_timeline))
    return Layout(Kind.WHOLE, heading, Region(), Region(1, 1, width, bottom - 1), timeline)
