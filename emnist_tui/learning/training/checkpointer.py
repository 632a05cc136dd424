"""Writing a run's checkpoints while it trains: on time, and again where the disk refused."""

import time
from collections.abc import Iterator
from pathlib import Path

from emnist_tui.learning.checkpoint.format import Checkpoint, save_checkpoint
from emnist_tui.runs.events import CheckpointFailed, CheckpointSaved

LAST = "last.pt"
_SAVE_EVERY = 30.0  # seconds of training that a crash may cost
_RETRY_AFTER = 5.0  # seconds


class Checkpointer:
    """Writes checkpoints into a run's folder. What cannot be written is kept, and tried again with the next one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unwritten: dict[str, Checkpoint] = {}
        self._due = time.monotonic() + _SAVE_EVERY
        self.problem: str | None = None
        """What keeps a checkpoint from being written, as a sentence; None when all are on disk."""

    @property
    def is_due(self) -> bool:
        """It is time for the next `last.pt`, or for another try."""
        return time.monotonic() >= self._due

    def write(self, checkpoint: Checkpoint, *names: str) -> Iterator[CheckpointSaved | CheckpointFailed]:
        self._unwritten |= dict.fromkeys(names, checkpoint)
        self.problem = None
        for name, kept in list(self._unwritten.items()):
            yield self._try(name, kept)
        if self.problem:
            self._due = time.monotonic() + _RETRY_AFTER
        elif LAST in names:
            self._due = time.monotonic() + _SAVE_EVERY

    def _try(self, name: str, checkpoint: Checkpoint) -> CheckpointSaved | CheckpointFailed:
        step = checkpoint.training.progress.step if checkpoint.training else 0
        path = self._folder / name
        try:
            save_checkpoint(path, checkpoint)
        except OSError as error:
            self.problem = f"{path} cannot be written ({error.strerror or error})."
            return CheckpointFailed(error=self.problem, step=step)
        del self._unwritten[name]
        return CheckpointSaved(file=name, step=step)
