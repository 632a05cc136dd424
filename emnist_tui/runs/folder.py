"""Run folders: paths, locks and records."""

import json
import math
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emnist_tui.runs import locks
from emnist_tui.runs.atomic_files import replace_text
from emnist_tui.runs.config import TrainConfig, explain_bad_run_name
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.network_files import NetworkFile
from emnist_tui.runs.small_files import read_small
from emnist_tui.runs.user_paths import typed_path

if TYPE_CHECKING:
    from emnist_tui.runs.events import RunStarted  # takes as long to import as all that is here

CHECKPOINTS_VARIABLE = "EMNIST_TUI_CHECKPOINTS"
LAST_CHECKPOINT = "last.pt"
"""Name of the checkpoint that a run resumes from."""
_LOCK_PATIENCE = 2.0  # seconds; a reader that checks the lock shares it for microseconds


def checkpoints_root(option: str | Path | None = None) -> Path:
    """Return the runs directory: `option`, `EMNIST_TUI_CHECKPOINTS`, or `checkpoints` here.

    Raises `UsageError` if it is in the home folder of an unknown user.
    """
    return typed_path(str(option or os.environ.get(CHECKPOINTS_VARIABLE) or "checkpoints"))


@dataclass(frozen=True)
class RunFolder:
    """Paths of the files in one run's folder; constructing it reads nothing."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def full_name(self) -> str:
        """Name, after that of its sweep for a trial: `search/trial-0007`."""
        path = self.path.absolute()
        is_trial = path.parent.name == "runs" and is_file(path.parent.parent / "sweep.json")
        return f"{path.parent.parent.name}/{self.name}" if is_trial else self.name

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
    def about(self) -> Path:
        return self.path / "about.json"

    @property
    def log(self) -> Path:
        return self.path / "trainer.log"

    @property
    def lock(self) -> Path:
        return self.path / "trainer.lock"

    @property
    def last_checkpoint(self) -> Path:
        return self.path / LAST_CHECKPOINT

    def exists(self) -> bool:
        """Check that training began here.

        A folder without run.json may belong to a trainer that is starting. One that this user may not enter counts as a
        run, since nobody can tell.
        """
        return is_closed(self.path) or is_file(self.run_json)

    def is_resumable(self) -> bool:
        """Check for a checkpoint, from which a trainer may continue."""
        return self.exists() and any(is_file(path) for path in self.path.glob("*.pt"))

    def is_training(self) -> bool | None:
        """Check whether a trainer holds the folder's lock now.

        None if this user may not read it.
        """
        return locks.is_held(self.lock)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder's lock for one trainer.

        Raises `EmnistTuiError` if another trainer holds it or the folder cannot be written.
        """
        with ExitStack() as stack:
            try:
                stack.enter_context(locks.held(self.lock, _LOCK_PATIENCE))
            except locks.HeldError:
                raise EmnistTuiError(
                    f"Run {self.name} is being trained by another process; attach to it with `emnist-tui {self.path}`."
                ) from None
            except OSError as error:
                raise unwritable(self.path, error) from None
            yield

    def begin(self, config: TrainConfig, started: "RunStarted") -> None:
        """Write run.json, after which the run `exists()`.

        Raises `OSError` if it cannot be written.
        """
        record = {
            "format": started.format,
            "created": started.time,
            "config": config.to_json(),
            "data": started.data,
            "fingerprint": started.fingerprint,
        }
        replace_text(self.run_json, json.dumps(record, indent=2) + "\n")

    def recorded_data(self, fingerprint: str) -> str | None:
        """Return where data of this fingerprint is, if run.json records it."""
        try:
            record = self._read_record()
        except (OSError, ValueError, RecursionError):
            return None
        config = record.get("config")
        source = config.get("data") if isinstance(config, dict) else None
        return source if record.get("fingerprint") == fingerprint and isinstance(source, str) else None

    def move_data(self, source: str) -> None:
        """Record in run.json where the run's data is now.

        Raises `OSError` if it cannot be written.
        """
        self._change_config("data", source)

    def move_network(self, model: str) -> None:
        """Record in run.json where the network's own file is now.

        Raises `OSError` if it cannot be written.
        """
        self._change_config("model", model)

    def _change_config(self, name: str, value: str) -> None:
        with suppress(ValueError, TypeError, KeyError, RecursionError):  # of a damaged file, which stays as it is
            record = self._read_record()
            if record["config"][name] != value:
                record["config"][name] = value
                replace_text(self.run_json, json.dumps(record, indent=2) + "\n")

    def _read_record(self) -> dict[str, Any]:
        record = json.loads(read_small(self.run_json))
        if not isinstance(record, dict):
            raise ValueError("not an object")  # noqa: TRY004 - as for any other damage
        return record

    def read_config(self) -> TrainConfig:
        """Read the configuration from run.json; see `read_start`."""
        return self.read_start()[1]

    def read_start(self) -> tuple[float | None, TrainConfig]:
        """Read from run.json when the run began, and its configuration.

        The time is in Unix seconds, None if unknown. Raises `EmnistTuiError` if the configuration is missing or
        damaged.
        """
        try:
            record = self._read_record()
            return _time(record.get("created")), TrainConfig.from_json(record["config"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, UsageError) as error:
            raise EmnistTuiError(
                f"{self.path} is not a complete run: run.json cannot be read ({error}); open one of its checkpoints."
            ) from None


def _time(value: object) -> float | None:
    """Return a recorded time, None if it is none."""
    try:
        time = float(value)  # type: ignore[arg-type]
    except (ValueError, TypeError, OverflowError):
        return None
    return time if math.isfinite(time) else None


def unwritable(path: Path, error: OSError) -> EmnistTuiError:
    """Build the user-facing error for a folder that cannot be written."""
    reason = error.strerror or str(error)
    return EmnistTuiError(f"{path} cannot be written ({reason}); choose another folder with --checkpoints.")


def claim_folder(root: Path, name: str | None, config: TrainConfig) -> RunFolder:
    """Create the folder of a new run.

    Without a name it gets the first free `<model>-<number>`. Raises `UsageError` if the name is invalid or taken, and
    `EmnistTuiError` if `root` cannot be written.
    """
    if name is not None and (problem := explain_bad_run_name(name)):
        raise UsageError(f"Run name {name!r} {problem}.")
    try:
        root.mkdir(parents=True, exist_ok=True)
        if name is None:
            file = NetworkFile.parse(config.model)
            return _claim_next(root, file.run_name if file else config.model)
        folder = RunFolder(root / name)
        if folder.exists():
            raise UsageError(f"Run {name} already exists; choose another --name, or resume it with `--resume {name}`.")
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


def is_file(path: Path) -> bool:
    """Check for a file; one that cannot be seen is none."""
    return os.path.isfile(path)  # noqa: PTH113 - pathlib raises where this user may not look


def is_closed(path: Path) -> bool:
    """Check for a folder that this user may not enter."""
    return os.path.isdir(path) and not os.access(path, os.R_OK | os.X_OK)  # noqa: PTH112 - as above


def unreadable(path: Path) -> EmnistTuiError:
    """Build the user-facing error for a folder that is closed."""
    return EmnistTuiError(f"{path} cannot be read (Permission denied); ask its owner, or choose another folder.")


def gone(path: Path) -> EmnistTuiError:
    """Build the user-facing error for something that is gone."""
    return EmnistTuiError(f"{path.name} is no longer there; somebody else moved or deleted it.")


def modified(path: Path) -> float:
    """Return the modification time in Unix seconds, 0 if unreadable."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
