"""Periodic checkpoints of a run, with retries when the disk refuses."""

import time
from collections.abc import Iterator
from pathlib import Path

from emnist_tui.learning.checkpoint.format import Checkpoint, save_checkpoint
from emnist_tui.learning.training.retention import remove_old_epochs
from emnist_tui.runs.events import CheckpointFailed, CheckpointSaved

LAST = "last.pt"
_SAVE_EVERY = 30.0  # seconds of training that a crash may cost
_RETRY_AFTER = 5.0  # seconds


class Checkpointer:
    """Writer of a run's checkpoints.

    A checkpoint that cannot be written is kept in memory and retried with the next one.
    """

    def __init__(self, folder: Path, keep_epochs: int) -> None:
        """Write to `folder`, and keep the files of its `keep_epochs` newest epochs."""
        self._folder = folder
        self._keep_epochs = keep_epochs
        self._unwritten: dict[str, Checkpoint] = {}
        self._due = time.monotonic() + _SAVE_EVERY
        self.problem: str | None = None
        """The error that keeps a checkpoint from disk, one sentence; None when all are written."""

    @property
    def is_due(self) -> bool:
        """Whether the next `last.pt` or retry is due."""
        return time.monotonic() >= self._due

    def write(self, checkpoint: Checkpoint, *names: str) -> Iterator[CheckpointSaved | CheckpointFailed]:
        """Write `checkpoint` under each of `names`, and retry earlier failures.

        Yields one event a file; raises no `OSError`, which becomes the `problem`. Once all are on disk, the files of
        old epochs are deleted.
        """
        self._unwritten |= dict.fromkeys(names, checkpoint)
        self.problem = None
        for name, kept in list(self._unwritten.items()):
            yield self._write_one(name, kept)
        if self.problem:
            self._due = time.monotonic() + _RETRY_AFTER
        elif LAST in names:
            self._due = time.monotonic() + _SAVE_EVERY
            if checkpoint.training and checkpoint.training.progress.evaluated:
                remove_old_epochs(self._folder, checkpoint.training.progress.epoch, self._keep_epochs)

    def _write_one(self, name: str, checkpoint: Checkpoint) -> CheckpointSaved | CheckpointFailed:
        step = checkpoint.training.progress.step if checkpoint.training else 0
        path = self._folder / name
        try:
            save_checkpoint(path, checkpoint)
        except OSError as error:
            self.problem = f"{path} cannot be written ({error.strerror or error})."
            return CheckpointFailed(error=self.problem, step=step)
        del self._unwritten[name]
        return CheckpointSaved(file=name, step=step)
