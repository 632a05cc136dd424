"""Details of bare checkpoints, read by a subprocess because that needs torch."""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from emnist_tui.runs.launch import own_command
from emnist_tui.runs.listing import Entry, bare_checkpoint
from emnist_tui.runs.lookup import bare_checkpoints


class CheckpointDetails:
    """Bare checkpoints of a runs directory; details come once they are read."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._details: dict[tuple[Path, float], Entry] = {}
        self._requested: set[tuple[Path, float]] = set()
        """Checkpoints whose details have been requested, by path and modification time."""
        self._reading: subprocess.Popen[bytes] | None = None
        self._read: IO[bytes]

    def entries(self) -> list[Entry]:
        """List the checkpoints, with the details that are there; request missing ones."""
        self._take()
        bare = [bare_checkpoint(path) for path in bare_checkpoints(self._root)]
        new = {(entry.path, entry.time) for entry in bare} - self._requested
        if new and self._reading is None:
            self._requested |= new
            self._request()
        return [self._details.get((entry.path, entry.time), entry) for entry in bare]

    def close(self) -> None:
        """End the subprocess."""
        if self._reading:
            self._reading.kill()
            self._reading.wait()
            self._read.close()

    def _request(self) -> None:
        """Start a subprocess that reads the checkpoints."""
        command = [*own_command(), "runs", "--json", "--checkpoints", str(self._root)]
        try:
            self._read = tempfile.TemporaryFile()  # noqa: SIM115 - open until the process has ended
        except OSError:
            return  # they are listed without details
        try:
            self._reading = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=self._read, stderr=subprocess.DEVNULL
            )
        except OSError:
            self._read.close()

    def _take(self) -> None:
        """Take the details once the subprocess has ended."""
        if self._reading is None or self._reading.poll() is None:
            return
        self._reading = None
        with self._read as file:
            file.seek(0)
            output = file.read()
        try:
            entries = [Entry.from_json(record) for record in json.loads(output)]
        except (ValueError, TypeError, KeyError):
            return
        found = [entry for entry in entries if entry.kind == "checkpoint"]
        self._details.update({(entry.path, entry.time): entry for entry in found})
