"""Lines of a log."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """Weight of a line in the log."""

    PLAIN = "plain"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class LogLine:
    """One line of a log; `text` may hold foreign characters."""

    text: str
    level: Level = Level.PLAIN
    time: float | None = None
    """Unix seconds; None where the file does not say."""
