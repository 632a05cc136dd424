"""Names of networks of one's own: `path/to/file.py:Name`."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Self

_SPELLING = re.compile(r"(?P<path>.*\.py):(?P<name>[^\W\d]\w*)")


@dataclass(frozen=True)
class NetworkFile:
    """A class or function, by name, in a file."""

    path: Path
    name: str

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Parse `path/to/file.py:Name`; None for other text, such as a model's name."""
        spelled = _SPELLING.fullmatch(text)
        return cls(Path(spelled["path"]), spelled["name"]) if spelled else None

    def __str__(self) -> str:
        return f"{self.path}:{self.name}"

    @property
    def is_absolute(self) -> bool:
        """Whether the path is absolute on this or any other system."""
        return self.path.is_absolute() or PurePosixPath(self.path.as_posix()).is_absolute() or self._windows is not None

    @property
    def label(self) -> str:
        """Name of the network in lists: its file without the folder."""
        return f"{(self._windows or self.path).name}:{self.name}"

    @property
    def _windows(self) -> PureWindowsPath | None:
        """The path, if it is an absolute one of Windows."""
        path = PureWindowsPath(str(self.path))
        return path if path.is_absolute() else None

    @property
    def run_name(self) -> str:
        """Start of the names of its runs."""
        return re.sub(r"[^a-z0-9_]|^_+", "", self.name.lower()) or "network"
