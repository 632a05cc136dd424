"""Numbers as the program shows them everywhere, what is not known as `–`; and text from outside, made visible."""

import math
import time
import unicodedata
from typing import TypeGuard

UNKNOWN = "–"

_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))  # control, direction marks, lone surrogates, unassigned


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


def epochs(ended: int | None, asked: int | None) -> str:
    """`2 of 3`; a checkpoint that does not say how many were asked for is only `2`."""
    if ended is None:
        return UNKNOWN
    return f"{ended} of {asked}" if asked is not None else str(ended)


def date(unix_seconds: float) -> str:
    """`2026-11-23 07:54`, local time."""
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(unix_seconds))
    except (OverflowError, ValueError, OSError):
        return UNKNOWN


def printable(text: str) -> str:
    """Every character that a terminal would act on, or could not draw, as its escape: `\\x1b`, `\\u202e`, `\\udcff`."""
    return "".join(
        _escaped(character) if unicodedata.category(character) in _UNSEEN else character for character in text
    )


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _is_number(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)
