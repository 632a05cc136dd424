"""Learning rate and recipe of a run in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.recipe import COMPARED
from emnist_tui.runs.record import RunState
from emnist_tui.runs.schedule import course_of
from emnist_tui.text.formats import count, exact, number

if TYPE_CHECKING:
    from emnist_tui.tui.session.run_session import RunSession

_DIGITS = 2  # significant, of a rate that changes with every step
_NAMES = {
    "warmup": "warm-up",
    "weight_decay": "wd",
    "label_smoothing": "smoothing",
    "augmentation": "aug",
    "ema": "ema",
    "clip_norm": "clip",
    "patience": "patience",
}
"""Names of the values of a recipe, where they differ from the documented one."""


def rate_texts(opened: RunSession) -> tuple[str, ...]:
    """Describe the learning rate, the longest text first.

    With a schedule, it is that of the next batch and the highest; a finished run has no next batch. A requested one is
    shown until the trainer confirms it.
    """
    record = opened.record
    highest = number(record.learning_rate)
    if requested := opened.requested_rate:
        wanted = number(requested)
        return f"{highest} → {wanted} requested", f"{highest} → {wanted} …", f"→ {wanted} …"
    course = course_of(record.config) if record.config else None
    if course is None:
        return (highest,)
    if opened.state is RunState.FINISHED:
        return f"{highest}, {course}", highest
    now = number(record.scheduled_rate, _DIGITS)
    return f"{now} of {highest}, {course}", f"{now} of {highest}", now


def spelled(values: Mapping[str, Any]) -> str:
    """Write values of a configuration as words: `epochs 5, learning rate 0.003`."""
    return ", ".join(f"{name.replace('_', ' ')} {_spelled(name, value)}" for name, value in values.items())


def _spelled(name: str, value: Any) -> str:
    if value is None:
        return "automatic"
    if isinstance(value, float):
        return exact(value)
    return count(value) if name in COMPARED and isinstance(value, int) else str(value)  # a seed is no quantity


def recipe_parts(config: TrainConfig) -> tuple[str, ...]:
    """List what differs from the documented recipe.

    What the card shows in rows of its own is left out.
    """
    default = TrainConfig()
    parts = [config.optimizer] if config.optimizer != default.optimizer else []
    for field, name in _NAMES.items():
        value = getattr(config, field)
        if value != getattr(default, field):
            parts.append(f"{name} {number(value)}")
    return tuple(parts)


def wrapped(parts: tuple[str, ...], width: int, most: int) -> list[str]:
    """Join parts by commas into at most `most` lines of `width` cells.

    The last line ends in an ellipsis if parts are left out.
    """
    lines: list[str] = []
    for position, part in enumerate(parts):
        more = "," if position + 1 < len(parts) else ""
        if lines and cell_len(f"{lines[-1]} {part}{more}") <= width:
            lines[-1] += f" {part}{more}"
        elif len(lines) < most:
            lines.append(f"{part}{more}")
        else:
            lines[-1] = f"{lines[-1][: max(0, width - 2)]} …"
            break
    return lines
