"""Sweep folders: paths, specification and lookup."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from emnist_tui.runs.atomic_files import replace_text
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.folder import RunFolder, is_closed, is_file
from emnist_tui.runs.small_files import read_small
from emnist_tui.runs.sweeps.spec import SweepSpec
from emnist_tui.runs.user_paths import typed_path

MOST_DIGITS = 6  # of a trial's number, which has four or more


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
        return int(self.name.rpartition("-")[2])


def find_sweep(root: Path, name: str) -> SweepFolder:
    """Find a sweep by its name in `root` or by its path. Raises `UsageError` if there is none."""
    typed = typed_path(name)
    for folder in (SweepFolder(root / typed), SweepFolder(typed)):
        if folder.exists():
            return folder
    raise UsageError(f"There is no sweep {name} in {root}; `emnist-tui sweep new` creates one.")


def sweep_of(run: Path) -> SweepFolder | None:
    """Return the sweep whose trial a run's folder is, if any."""
    sweep = SweepFolder(run.parent.parent)
    return sweep if run.parent.name == "runs" and sweep.exists() else None


def sweep_folders(root: Path) -> list[SweepFolder]:
    """List the sweeps in `root`; an unreadable `root` has none."""
    try:
        return [folder for path in root.iterdir() if (folder := SweepFolder(path)).exists()]
    except OSError:
        return []
