"""Formats of numbers, and escaping of foreign text.

An unknown value, None or not finite, is `–`.
"""

import math
import re
import time
import unicodedata
from collections.abc import Sequence
from typing import TypeGuard

from rich.cells import cell_len

UNKNOWN = "–"

_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))  # control, text direction, lone surrogates, unassigned


def percent(share: float | None, digits: int = 1) -> str:
    """Format a share: `0.9731` is `97.3 %`."""
    return f"{share * 100:.{digits}f} %" if _is_number(share) else UNKNOWN


def points(change: float | None, digits: int = 2) -> str:
    """Format a change in percentage points: `0.0021` is `+0.21 points`."""
    if not _is_number(change):
        return UNKNOWN
    return f"{round(change * 100, digits) + 0.0:+.{digits}f} points"  # + 0.0 turns -0.0 into 0.0


def count(number: float | None) -> str:
    """Format a count: `22500` is `22,500`."""
    return f"{round(number):,}" if _is_number(number) else UNKNOWN


def loss(value: float | None) -> str:
    """Format a loss in nats: `0.1023` is `0.102`."""
    return f"{value:,.3f}" if _is_number(value) else UNKNOWN


def rate(images_per_second: float | None) -> str:
    """Format a throughput: `1840.2` is `1,840 img/s`."""
    return f"{count(images_per_second)} img/s" if _is_number(images_per_second) else UNKNOWN


def number(value: float | None, digits: int = 6) -> str:
    """Format a number of any size with significant digits: `0.00001` is `1e-5`."""
    if not _is_number(value):
        return UNKNOWN
    return re.sub(r"e([+-])0*(?=\d)", lambda match: "e-" if match[1] == "-" else "e", f"{value:.{digits}g}")


def exact(value: float) -> str:
    """Format a finite number with all its digits: `0.00001` is `1e-5`."""
    return next(text for digits in (6, 15, 16, 17) if float(text := number(value, digits)) == value)


def shape(sizes: Sequence[int]) -> str:
    """Format the sizes of an array: `2×24×24`."""
    return "×".join(map(str, sizes))


def size(number: int) -> str:
    """Format bytes in decimal units: `3400000` is `3.4 MB`."""
    if number < 1000:
        return f"{number} bytes"
    value, units = number / 1000, ("kB", "MB", "GB", "TB")
    unit = 0
    while round(value, 1) >= 1000 and unit + 1 < len(units):
        value, unit = value / 1000, unit + 1
    return f"{value:,.1f} {units[unit]}" if value < 10 else f"{value:,.0f} {units[unit]}"


def shortened(text: str, width: int) -> str:
    """Cut the middle out of a text wider than `width` cells.

    An ellipsis takes its place: the end of a name often tells it from others.
    """
    if cell_len(text) <= width:
        return text
    if width < 1:
        return ""
    tail = (width - 1) // 3
    end = ""
    for character in reversed(text):
        if cell_len(character + end) > tail:
            break
        end = character + end
    start = ""
    for character in text:
        if cell_len(start + character) > width - 1 - cell_len(end):
            break
        start += character
    return f"{start}…{end}"


def cut(text: str, width: int) -> str:
    """Replace the end of a text wider than `width` by an ellipsis."""
    if cell_len(text) <= width:
        return text
    start = ""
    for character in text:
        if cell_len(start + character) > width - 1:
            break
        start += character
    return f"{start}…" if width > 0 else ""


def duration(seconds: float | None) -> str:
    """Format rounded seconds in their two largest units: `1 m 12 s`."""
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


def epochs(number: int | None, total: int | None) -> str:
    """Format epochs: `2 of 3`, or `2` without a total."""
    if number is None:
        return UNKNOWN
    return f"{number} of {total}" if total is not None else str(number)


def when_evaluated(epoch: int, step: int) -> str:
    """Tell which weights were evaluated, to be appended.

    It is ` after epoch 2`, or ` at step 150` within an epoch, where `epoch` is 0; both are 0 if nothing is known.
    """
    if epoch:
        return f" after epoch {epoch}"
    return f" at step {count(step)}" if step else ""


def split_label(split: str) -> str:
    """Shorten the name of a split: `val`."""
    return "val" if split == "validation" else split


def date(unix_seconds: float) -> str:
    """Format a time in the local time zone: `2026-11-23 07:54`."""
    return _local(unix_seconds, "%Y-%m-%d %H:%M")


def day(unix_seconds: float) -> str:
    """Format the date of a time in the local time zone: `2026-11-23`."""
    return _local(unix_seconds, "%Y-%m-%d")


def clock(unix_seconds: float) -> str:
    """Format the time of day in the local time zone: `07:54:03`."""
    return _local(unix_seconds, "%H:%M:%S")


def _local(unix_seconds: float, template: str) -> str:
    try:
        return time.strftime(template, time.localtime(unix_seconds))
    except (OverflowError, ValueError, OSError):
        return UNKNOWN


def printable(text: str) -> str:
    r"""Escape every character that a terminal would interpret or could not draw.

    The escapes are those of Python: `\x1b`, `\u202e`, `\udcff`.
    """
    return "".join(
        _escaped(character) if unicodedata.category(character) in _UNSEEN else character for character in text
    )


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _is_number(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)
