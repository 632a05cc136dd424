"""Levels of brightness that hold still while numbers move little.

A live screen shows weights that change with every step. Without hysteresis and held scales every cell would change with
them, and each changed cell costs bytes.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.floating]
Levels = NDArray[np.int8]

POSITIVE = 8
"""Levels of numbers that are never negative."""
SIGNED = 4
"""Levels on either side of zero."""
BLANK = 99
"""Level of a cell that has no number."""

_HYSTERESIS = 0.4  # of a level
_GAMMA = 0.8  # so that small numbers of either sign are seen
_PATIENCE = 20  # frames in which a scale could be half as large before it shrinks
_STEPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


@dataclass(frozen=True)
class Scale:
    """Range of numbers that one set of colors spans."""

    top: float = 1.0
    """Largest absolute value; above zero."""
    is_signed: bool = False

    @property
    def levels(self) -> int:
        return SIGNED if self.is_signed else POSITIVE - 1


@dataclass
class _Held:
    scale: Scale
    waited: int = 0


class LevelMemory:
    """Scales and levels of the frames before, by key."""

    def __init__(self) -> None:
        self._scales: dict[Hashable, _Held] = {}
        self._levels: dict[Hashable, Levels] = {}

    def forget(self) -> None:
        """Start anew, for another digit, view or size."""
        self._scales.clear()
        self._levels.clear()

    def scale(self, key: Hashable, arrays: Iterable[Values]) -> Scale:
        """Return the scale of a set of maps.

        It grows at once, and shrinks when half of it would have been enough for long.
        """
        low, high = 0.0, 0.0
        for array in arrays:
            finite = array[np.isfinite(array)]
            if finite.size:
                low, high = min(low, float(finite.min())), max(high, float(finite.max()))
        held = self._scales.get(key)
        needed = Scale(rounded_up(max(high, -low)), low < 0 or (held is not None and held.scale.is_signed))
        if held is None or needed.top > held.scale.top or needed.is_signed != held.scale.is_signed:
            held = self._scales[key] = _Held(needed)
        elif needed.top > held.scale.top / 2:
            held.waited = 0
        else:
            held.waited += 1
            if held.waited >= _PATIENCE:
                held = self._scales[key] = _Held(needed)
        return held.scale

    def levels(self, key: Hashable, values: Values, scale: Scale) -> Levels:
        """Return the level of each value.

        It is -4 to 4 on a signed scale, else 0 to 7. A level holds until its value has left it by 0.4 of a level. What
        is not finite is `BLANK`.
        """
        count = scale.levels
        share = np.clip(np.nan_to_num(values / scale.top, nan=0.0), -1.0 if scale.is_signed else 0.0, 1.0)
        place = count * (np.sign(share) * np.abs(share) ** _GAMMA if scale.is_signed else share)
        levels = np.rint(place).astype(np.int8)
        before = self._levels.get((key, scale))
        if before is not None and before.shape == levels.shape:
            levels = np.where(np.abs(place - before) <= 0.5 + _HYSTERESIS, before, levels).astype(np.int8)
        self._levels[key, scale] = levels
        return np.where(np.isfinite(values), levels, np.int8(BLANK))


def rounded_up(number: float) -> float:
    """Round up to an easily read number; 1 for zero."""
    if number <= 0 or not np.isfinite(number):
        return 1.0
    power = 10.0 ** np.floor(np.log10(number))
    return float(next((step * power for step in _STEPS if step * power >= number * (1 - 1e-9)), 10 * power))
