"""Nearest correctly classified images of mistakes, read or searched."""

import time
from pathlib import Path
from weakref import WeakKeyDictionary

from emnist_tui.analysis.neighbors import Neighbors, existing_neighbors_path
from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.launch import launch_neighbors
from emnist_tui.text.formats import duration, printable
from emnist_tui.tui.session.child_process import ChildProcess, last_log_line


class NeighborSearch:
    """Neighbors of one evaluation at a time: the one on the screen."""

    def __init__(self, checkpoint: Path | None = None, key: str | None = None) -> None:
        """Search the data of a single `checkpoint`, else of the evaluation's run.

        `key` are its weights, where the user chose them.
        """
        self._checkpoint = checkpoint
        self._key = key
        self._checkpoints: dict[Path, Path] = {}
        self._process: ChildProcess | None = None
        self._searched: Evaluation | None = None
        self._evaluation: Evaluation | None = None
        self._failed: WeakKeyDictionary[Evaluation, str] = WeakKeyDictionary()
        self._since = 0.0
        self.found: Neighbors | None = None
        """Neighbors of the evaluation that `update` last got."""
        self.status = ""
        """Why there are no neighbors, or not yet; empty once `found` is set."""

    def update(self, evaluation: Evaluation, path: Path, *, is_training: bool) -> None:
        """Read or search the neighbors of the evaluation stored in `path`.

        Call it about ten times a second while the evaluation is shown. While the run trains no search starts: it would
        slow the training down.
        """
        if evaluation is not self._evaluation:
            self._evaluation, self.found = evaluation, _read(path, evaluation)
            self._since = time.monotonic()
        if self.found is None and evaluation not in self._failed:
            self._search(evaluation, path, is_training=is_training)
        self.status = self._describe(evaluation, is_training=is_training)

    def tell_checkpoint(self, path: Path, checkpoint: Path) -> None:
        """Search the data of `checkpoint` for the evaluation in `path`."""
        self._checkpoints[path] = checkpoint

    def close(self) -> None:
        """End a running search."""
        if self._process:
            self._process.kill()
            self._process = None

    def _search(self, evaluation: Evaluation, path: Path, *, is_training: bool) -> None:
        """Start a search, or read the result of one that has ended."""
        if self._process is None:
            if not is_training:
                self._start(evaluation, path)
        elif not self._process.is_alive:
            if self._searched is evaluation:
                self.found = _read(path, evaluation)
                if self.found is None:
                    line = last_log_line(path.with_name("neighbors.log"))
                    self._failed[evaluation] = line or "the search ended without a message."
            self._process = None

    def _start(self, evaluation: Evaluation, path: Path) -> None:
        self._since, self._searched = time.monotonic(), evaluation
        checkpoint = self._checkpoints.get(path, self._checkpoint)
        try:
            self._process = ChildProcess(launch_neighbors(path, checkpoint=checkpoint, key=self._key))
        except EmnistTuiError as error:
            self._failed[evaluation] = str(error)

    def _describe(self, evaluation: Evaluation, *, is_training: bool) -> str:
        if self.found:
            return ""
        if evaluation in self._failed:
            return printable(f"No neighbors: {self._failed[evaluation]}")
        if is_training and self._process is None:
            return "neighbors appear after the run ends"
        return f"searching for neighbors …  {duration(time.monotonic() - self._since)}"


def _read(evaluation_path: Path, evaluation: Evaluation) -> Neighbors | None:
    """Read an evaluation's neighbors.

    None where the file is missing, damaged or of an earlier evaluation.
    """
    try:
        return Neighbors.load(existing_neighbors_path(evaluation_path), evaluation)
    except EmnistTuiError:
        return None
