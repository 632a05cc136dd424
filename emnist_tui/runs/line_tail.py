"""Reading the lines of a file while it grows."""

from pathlib import Path


class LineTail:
    """A reader of the lines that are appended to a file."""

    def __init__(self, path: Path, most: int | None = None) -> None:
        """Read a file, or only its last `most` bytes."""
        self._path = path
        self._most = most
        self._offset = 0
        self.rest = b""
        """Start of a line whose end is not written yet."""
        self.restarted = False
        """Whether the last `poll` found the file replaced by a shorter one and started again at its beginning."""
        self.has_skipped = False
        """Whether lines at the beginning were not read."""

    def poll(self, limit: int = 4 << 20) -> list[bytes]:
        """Read the lines added since the last call, without their line ends.

        At most `limit` bytes are read. An incomplete last line is left for the next call. A missing file has no lines.
        """
        try:
            with self._path.open("rb") as file:
                size = file.seek(0, 2)
                self.restarted = size < self._offset
                if self.restarted:
                    self._offset, self.rest, self.has_skipped = 0, b"", False
                starts_late = self._most is not None and size - self._offset > self._most
                if self._most is not None and starts_late:
                    self._offset, self.rest, self.has_skipped = size - self._most, b"", True
                file.seek(self._offset)
                data = file.read(limit)
        except OSError:
            return []
        self._offset += len(data)
        *lines, self.rest = (self.rest + data).split(b"\n")
        return lines[1:] if starts_late else lines  # the first began before
