"""A run's folder: which file is where, who is training in it, and which runs there are."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from emnist_tui.runs.atomic_files import replace_text
from emnist_tui.runs.config import TrainConfig, explain_bad_run_name
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.events import FORMAT_VERSION, RunStarted
from emnist_tui.runs.locks import is_held

CHECKPOINTS_VARIABLE = "EMNIST_TUI_CHECKPOINTS"
_LOCK_PATIENCE = 2.0  # seconds; a reader's look at the lock holds it for microseconds


def checkpoints_root(given: str | Path | None = None) -> Path:
    """The home of runs: what was given, else `EMNIST_TUI_CHECKPOINTS`, else `checkpoints` here."""
    return Path(given or os.environ.get(CHECKPOINTS_VARIABLE) or "checkpoints")


@dataclass(frozen=True)
class RunFolder:
    """Paths in one run's folder. Nothing here is read until it is asked for."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def run_json(self) -> Path:
        return self.path / "run.json"

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def control(self) -> Path:
        return self.path / "control.json"

    @property
    def log(self) -> Path:
        return self.path / "trainer.log"

    @property
    def lock(self) -> Path:
        return self.path / "trainer.lock"

    @property
    def last_checkpoint(self) -> Path:
        return self.path / "last.pt"

    def exists(self) -> bool:
        """Whether training began here; a bare folder may be claimed by a trainer that is starting."""
        return self.run_json.is_file()

    def is_training(self) -> bool:
        """Whether a trainer holds the folder now. The operating system lets go when the holder dies."""
        return is_held(self.lock)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds the folder for one trainer. Raises `EmnistTuiError` when another has it or it cannot be written."""
        try:
            lock = FileLock(self.lock)
            lock.acquire(timeout=_LOCK_PATIENCE)
        except Timeout:
            raise EmnistTuiError(
                f"Run {self.name} is being trained by another process; attach to it with `emnist-tui {self.path}`."
            ) from None
        except OSError as error:
            raise unwritable(self.path, error) from None
        try:
            yield
        finally:
            lock.release()

    def begin(self, config: TrainConfig, started: RunStarted) -> None:
        """Writes run.json: from here on the run `exists()`. Raises `OSError`."""
        record = {
            "format": FORMAT_VERSION,
            "created": started.time,
            "config": config.to_json(),
            "data": started.data,
            "fingerprint": started.fingerprint,
        }
        replace_text(self.run_json, json.dumps(record, indent=2) + "\n")

    def read_config(self) -> TrainConfig:
        """Raises `EmnistTuiError` when run.json is missing or damaged."""
        try:
            record: dict[str, Any] = json.loads(self.run_json.read_bytes())
            return TrainConfig.from_json(record["config"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, UsageError) as error:
            raise EmnistTuiError(
                f"{self.path} is not a whole run, its run.json cannot be read ({error}); open one of its checkpoints."
            ) from None


def unwritable(path: Path, error: OSError) -> EmnistTuiError:
    reason = error.strerror or str(error)
    return EmnistTuiError(f"{path} cannot be written ({reason}); choose another folder with --checkpoints.")


def claim_folder(root: Path, name: str | None, config: TrainConfig) -> RunFolder:
    """Makes the folder of a new run; without a name the first free `<model>-<number>`.

    Raises `UsageError` for a bad name or one that is taken, `EmnistTuiError` when `root` cannot be written.
    """
    if name is not None and (problem := explain_bad_run_name(name)):
        raise UsageError(f"Run name {name!r} {problem}.")
    try:
        root.mkdir(parents=True, exist_ok=True)
        if name is None:
            return _claim_next(root, config.model)
        folder = RunFolder(root / name)
        if folder.exists():
            raise UsageError(
                f"Run {name} exists already; choose another --name, or go on with it by `--resume {name}`."
            )
        if folder.path.exists() and not folder.path.is_dir():
            raise UsageError(f"{folder.path} is a file; choose another --name.")
        folder.path.mkdir(exist_ok=True)
    except OSError as error:
        raise unwritable(root, error) from None
    return folder


def _claim_next(root: Path, model: str) -> RunFolder:
    number = 1
    while True:
        try:
            path = root / f"{model}-{number:03d}"
            path.mkdir()
            return RunFolder(path)
        except FileExistsError:
            number += 1


def find_run(root: Path, name: str) -> RunFolder:
    """The run of this name in `root`, or of this path. Raises `UsageError` when there is none."""
    for path in (root / name, Path(name)):
        if RunFolder(path).exists():
            return RunFolder(path)
    raise UsageError(f"There is no run {name} in {root}; `emnist-tui runs` lists those that are.")


def find_checkpoint(root: Path, name: str) -> Path:
    """A checkpoint file by its path, or the best (else the last) one of a run by its name or path.

    Raises `UsageError` when there is none.
    """
    for path in (Path(name), root / name):
        if path.is_dir():
            chosen = next((path / file for file in ("best.pt", "last.pt") if (path / file).is_file()), None)
            if chosen is None:
                raise UsageError(f"{path} holds no checkpoint; train it first, or name a .pt file.")
            return chosen
        if path.exists():
            return path
    raise UsageError(f"There is no checkpoint or run {name}; `emnist-tui runs` lists those that are.")


def run_folders(root: Path) -> list[RunFolder]:
    """The runs under `root`, newest first; none where it cannot be read."""
    try:
        found = [RunFolder(path) for path in root.iterdir() if RunFolder(path).exists()]
    except OSError:
        return []
    return sorted(found, key=lambda folder: modified(folder.run_json), reverse=True)


def bare_checkpoints(root: Path) -> list[Path]:
    """Checkpoint files that lie in `root` itself, newest first."""
    try:
        return sorted((path for path in root.glob("*.pt") if path.is_file()), key=modified, reverse=True)
    except OSError:
        return []


def modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
