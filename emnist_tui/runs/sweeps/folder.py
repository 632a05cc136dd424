"""Sweep folders: paths, specification and lookup."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from emnist_tui.runs.atomic_files import replace_text
from emnist_tui.runs.config import explain_bad_run_name
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.folder import RunFolder, is_closed, is_file, unreadable, unwritable
from emnist_tui.runs.small_files import read_small
from emnist_tui.runs.sweeps.spec import SweepSpec
from emnist_tui.runs.user_paths import typed_path

_TRIAL = re.compile(r"trial-([0-9]{4}|[1-9][0-9]{4,5})")


@dataclass(frozen=True)
class SweepFolder:
    """Paths of a sweep; constructing it reads nothing."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def sweep_json(self) -> Path:
        return self.path / "sweep.json"

    @property
    def control(self) -> Path:
        return self.path / "control.json"

    @property
    def lock(self) -> Path:
        """Lock under which workers allot points, where the file system has locks."""
        return self.path / "sweep.lock"

    @property
    def journal(self) -> Path:
        """Optuna's journal, which only workers read."""
        return self.path / "journal.log"

    @property
    def workers(self) -> Path:
        """Folder of the workers' records, `HOST-PID-RANDOM.json`, and logs."""
        return self.path / "workers"

    @property
    def points(self) -> Path:
        """Folder of points that users enqueued, `0001.json` and so on."""
        return self.path / "points"

    @property
    def runs(self) -> Path:
        return self.path / "runs"

    @property
    def result(self) -> Path:
        """Test accuracy of the best trial, once all have ended."""
        return self.path / "result.json"

    def trial(self, number: int) -> TrialFolder:
        return TrialFolder(self.runs / f"trial-{number:04d}")

    def exists(self) -> bool:
        return not is_closed(self.path) and is_file(self.sweep_json)

    def begin(self, spec: SweepSpec) -> None:
        """Write sweep.json, after which the sweep `exists()`. Raises `OSError`."""
        for folder in (self.runs, self.workers, self.points):
            folder.mkdir(parents=True, exist_ok=True)
        replace_text(self.sweep_json, json.dumps(spec.to_json(), indent=2) + "\n")

    def read_spec(self) -> SweepSpec:
        """Read sweep.json. Raises `EmnistTuiError` if it is missing or damaged."""
        try:
            return SweepSpec.from_json(json.loads(read_small(self.sweep_json)))
        except (
            OSError,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            OverflowError,
            RecursionError,
            UsageError,
        ) as error:
            raise EmnistTuiError(
                f"{self.path} is not a complete sweep: sweep.json cannot be read ({error}); create a new one."
            ) from None


class TrialFolder(RunFolder):
    """Run folder of one trial, with its trial.json and claims."""

    @property
    def trial_json(self) -> Path:
        return self.path / "trial.json"

    @property
    def number(self) -> int:
        """Number in the folder's name, 0 if there is none."""
        return trial_number(self.name) or 0


def trial_number(name: str) -> int | None:
    """Parse the name of a trial's folder: 7 of `trial-0007`.

    None for a name that no trial has.
    """
    found = _TRIAL.fullmatch(name)
    return int(found[1]) or None if found else None


def claim_sweep(root: Path, name: str) -> SweepFolder:
    """Create the folder of a new sweep.

    Raises `UsageError` if the name is invalid or taken, and `EmnistTuiError` if `root` cannot be written.
    """
    if problem := explain_bad_run_name(name):
        raise UsageError(f"The name of a sweep {problem}, not {name!r}.")
    folder = SweepFolder(root / name)
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(root, error) from None
    try:
        folder.path.mkdir()
    except FileExistsError:
        what = "Sweep" if folder.exists() else "Run" if RunFolder(folder.path).exists() else "Folder"
        raise UsageError(f"{what} {folder.path} already exists; choose another name.") from None
    except OSError as error:
        raise unwritable(root, error) from None
    return folder


def find_sweep(root: Path, name: str) -> SweepFolder:
    """Find a sweep by its name in `root` or by its path.

    Raises `UsageError` if there is none, and `EmnistTuiError` if its folder may not be entered.
    """
    typed = typed_path(name)
    for folder in (SweepFolder(root / typed), SweepFolder(typed)):
        if folder.exists():
            return folder
        if is_closed(folder.path):
            raise unreadable(folder.path)
    raise UsageError(f"There is no sweep {name} in {root}; `emnist-tui sweep new` creates one.")


def named_sweep(root: Path, name: str) -> SweepFolder | None:
    """Return the sweep of a name or path, if it is one."""
    typed = typed_path(name)
    return next((sweep for sweep in (SweepFolder(typed), SweepFolder(root / typed)) if sweep.exists()), None)


def sweep_folders(root: Path) -> list[SweepFolder]:
    """List the sweeps in `root`; an unreadable `root` has none."""
    try:
        return [folder for path in root.iterdir() if (folder := SweepFolder(path)).exists()]
    except OSError:
        return []
