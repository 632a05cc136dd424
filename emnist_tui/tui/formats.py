"""Numbers as the program shows them everywhere: one name, one format. What is not known is `–`."""

import math
from typing import TypeGuard

UNKNOWN = "–"


def percent(share: float | None, digits: int = 1) -> str:
    """`0.9731` is `97.3 %`."""
    return f"{share * 100:.{digits}f} %" if _is_number(share) else UNKNOWN


def count(number: float | None) -> str:
    """`22500` is `22,500`."""
    return f"{round(number):,}" if _is_number(number) else UNKNOWN


def loss(value: float | None) -> str:
    """`0.1023` is `0.102`, in nats."""
    return f"{value:,.3f}" if _is_number(value) else UNKNOWN


def rate(images_per_second: float | None) -> str:
    """`1840.2` is `1,840 img/s`."""
    return f"{count(images_per_second)} img/s" if _is_number(images_per_second) else UNKNOWN


def duration(seconds: float | None) -> str:
    """`72` is `1 m 12 s`: the two largest units, whole; the seconds are rounded."""
    if not _is_number(seconds) or seconds < 0:
        return UNKNOWN
    minutes, whole_seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days:,} d {hours} h"
    if hours:
        return f"{hours} h {minutes} m"
    return f"{minutes} m {whole_seconds} s" if minutes else f"{whole_seconds} s"


def _is_number(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)
