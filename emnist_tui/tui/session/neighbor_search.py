"""The nearest right images of the mistakes that are looked at: read from their file, else searched by a process."""

import subprocess
import time
from pathlib import Path
from weakref import WeakKeyDictionary

from emnist_tui.analysis.neighbors import Neighbors, existing_neighbors_path
from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.launch import launch_neighbors
from emnist_tui.text.formats import duration, printable

_LOG_TAIL = 4096  # bytes


class NeighborSearch:
    """One search at a time, of the evaluation that was last looked at."""

    def __init__(self, checkpoint: Path | None = None) -> None:
        """`checkpoint` is one that is shown on its own, whose data is then searched; else the run's."""
        self._checkpoint = checkpoint
        self._process: subprocess.Popen[bytes] | None = None
        self._searched: Evaluation | None = None
        self._evaluation: Evaluation | None = None
        self._failed: WeakKeyDictionary[Evaluation, str] = WeakKeyDictionary()
        self._since = 0.0
        self.found: Neighbors | None = None
        """Of the evaluation that was last looked at."""
        self.sentence = ""
        """Why they are not found, or not yet; empty where they are."""

    def look(self, evaluation: Evaluation, path: Path, *, is_training: bool) -> None:
        """Called about ten times a second while the evaluation in the file `path` is looked at."""
        if evaluation is not self._evaluation:
            self._evaluation, self.found = evaluation, _read(path, evaluation)
            self._since = time.monotonic()
        if self.found is None and evaluation not in self._failed:
            self._search(evaluation, path, is_training=is_training)
        self.sentence = self._sentence(evaluation, is_training=is_training)

    def close(self) -> None:
        """Ends a search that goes on."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _search(self, evaluation: Evaluation, path: Path, *, is_training: bool) -> None:
        """Starts one unless one goes on or the run needs the processor, and takes in what a finished one found."""
        if self._process is None:
            if not is_training:
                self._start(evaluation, path)
        elif self._process.poll() is not None:
            self._process = None
            if self._searched is evaluation:
                self.found = _read(path, evaluation)
                if self.found is None:
                    self._failed[evaluation] = _last_words(path)

    def _start(self, evaluation: Evaluation, path: Path) -> None:
        self._since, self._searched = time.monotonic(), evaluation
        try:
            self._process = launch_neighbors(path, checkpoint=self._checkpoint)
        except EmnistTuiError as error:
            self._failed[evaluation] = str(error)

    def _sentence(self, evaluation: Evaluation, *, is_training: bool) -> str:
        if self.found:
            return ""
        if evaluation in self._failed:
            return printable(f"No neighbors: {self._failed[evaluation]}")
        if is_training and self._process is None:
            return "neighbors come when the run has ended"
        return f"searching for neighbors …  {duration(time.monotonic() - self._since)}"


def _read(evaluation_path: Path, evaluation: Evaluation) -> Neighbors | None:
    """What cannot be read, or belongs to an evaluation that was there before, is searched again."""
    try:
        return Neighbors.load(existing_neighbors_path(evaluation_path), evaluation)
    except EmnistTuiError:
        return None


def _last_words(evaluation_path: Path) -> str:
    """The last line that the search wrote."""
    try:
        text = evaluation_path.with_name("neighbors.log").read_bytes()[-_LOG_TAIL:].decode(errors="replace")
    except OSError:
        text = ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("emnist-tui: ") if lines else "the search ended without a word."
