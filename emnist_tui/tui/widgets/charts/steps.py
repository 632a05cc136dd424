"""Steps that a chart shows: the whole run or its newest part."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from emnist_tui.tui.widgets.charts.axes import Limits

_FIRST = 500
_USED = 0.7  # least share of the axis of a whole run
_MARGIN = 0.2  # free share of a window, for the steps to come
_AHEAD = 32  # frames that a new axis lasts at least


class Window(Enum):
    """Part of a run's steps; the value is its share."""

    ALL = 1.0
    HALF = 0.5
    TENTH = 0.1

    @property
    def after(self) -> Window:
        """The window that the zoom key chooses next."""
        windows = list(Window)
        return windows[(windows.index(self) + 1) % len(windows)]


@dataclass(frozen=True)
class View:
    """The user's view of the charts on a screen."""

    window: Window = Window.ALL
    is_log: bool = False
    """Whether the loss has a logarithmic axis."""


def hold_steps(window: Window, last: float, total: int, held: Limits | None, before: float | None) -> Limits:
    """Return the first and last step of a chart's axis.

    `last` is the newest step, `before` that of the frame before, `total` the whole run's, 0 while unknown. The limits
    held so far stay while they suit the newest step. New ones leave room for some frames.
    """
    ahead = max(0.0, last - before) * _AHEAD if before is not None else 0.0
    width = window.value * last
    if window is Window.ALL or width < 1:
        end = float(last_step_shown(last, total))
        if held and held[0] == 0 and last <= held[1] and end >= held[1] * _USED * _USED:
            return held
        return 0.0, float(last_step_shown(max(last, min(last + ahead, total)) if total > 0 else last + ahead, total))
    if held and _suits(held, last, width):
        return held
    if 0 < total <= last:
        return last - width, last
    end = math.ceil(last + max(width * _MARGIN, ahead))
    return float(math.floor(last - width)), float(min(end, total) if total > 0 else end)


def last_step_shown(step: float, total: int) -> int:
    """Return the right end of a whole run's step axis.

    It is the run's last step times a power of 0.7, and not much below 500: soon at least 70 % of the axis is used. A
    `total` of 0 means that the run's length is not known yet.
    """
    end = float(total) if total > 0 and step <= total else float(_FIRST)
    while end < step:
        end /= _USED
    while end * _USED >= max(step, _FIRST):
        end *= _USED
    return math.ceil(end)


def _suits(held: Limits, last: float, width: float) -> bool:
    length = held[1] - held[0]
    return held[0] < last <= held[1] and 0.75 * width <= length <= 1.5 * width and last - held[0] >= _USED * length
