"""Results of one configuration trained with several seeds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.small_files import read_small
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.space import option_of
from emnist_tui.runs.sweeps.trial import Trial, TrialState, read_trial

WAITING = "waiting"
"""State of a seed whose training has not begun."""


@dataclass(frozen=True)
class SeedGroup:
    """Test accuracies of one configuration by seed."""

    name: str
    path: Path
    config: TrainConfig
    accuracies: dict[int, float]
    """Test accuracy, 0 to 1, by seed, of the runs that finished."""
    left_out: dict[int, str]
    """State of every other seed: those have no result that could be compared."""
    data: str = ""
    """Name of the data that all were trained on."""
    fingerprint: str = ""
    stuck: frozenset[int] = frozenset()
    """Seeds among those with an accuracy that trained at the loss of guessing."""

    @property
    def seeds(self) -> int:
        """Number of seeds, with those left out."""
        return len(self.accuracies) + len(self.left_out)


def read_group(path: Path) -> SeedGroup:
    """Read a sweep over seeds, or a run as one seed.

    Raises `EmnistTuiError` for anything else.
    """
    if SweepFolder(path).exists():
        return read_seeds(SweepFolder(path))
    if RunFolder(path).exists():
        return _read_single(RunFolder(path))
    raise UsageError(f"A group of seeds is compared with another, or with a run; {path.name} is neither.")


def read_seeds(folder: SweepFolder) -> SeedGroup:
    """Read a sweep over seeds.

    A seed counts once, however often it was trained. Raises `UsageError` if the sweep varies something else, and
    `EmnistTuiError` if it is damaged or its runs are of different data.
    """
    spec = folder.read_spec()
    if not spec.is_seeds:
        varied = ", ".join(option_of(axis.field) for axis in spec.axes)
        raise UsageError(
            f"{folder.name} varies {varied}, not only the seed; compare one of its trials, such as "
            f"{folder.name}/runs/trial-0001."
        )
    states: dict[int, str] = {int(point["seed"]): WAITING for point in spec.grid()}
    accuracies: dict[int, float] = {}
    origins: dict[tuple[str, str], int] = {}
    stuck = set()
    for trial in _trials(folder):
        seed = trial.values.get("seed")
        if not isinstance(seed, int) or seed in accuracies:
            continue
        states[seed] = str(trial.state)
        if trial.state.counts and trial.test_accuracy is not None:
            accuracies[seed] = trial.test_accuracy
            if trial.state is TrialState.STUCK:
                stuck.add(seed)
            origins.setdefault(_origin(folder.trial(trial.number)), trial.number)
    if len(origins) > 1:
        names = " and ".join(
            f"{data or 'unknown data'} (trial {number})" for (data, _), number in list(origins.items())[:2]
        )
        raise EmnistTuiError(
            f"The runs of {folder.name} are of different data: {names}; train them anew with one --data."
        )
    data, fingerprint = next(iter(origins), ("", ""))
    left_out = {seed: state for seed, state in states.items() if seed not in accuracies}
    return SeedGroup(folder.name, folder.path, spec.config, accuracies, left_out, data, fingerprint, frozenset(stuck))


def _read_single(folder: RunFolder) -> SeedGroup:
    """Read a run as a group of one seed.

    Raises `EmnistTuiError` if it has not finished or is damaged.
    """
    from emnist_tui.runs.record import RunState, summarize

    record = summarize(folder)
    config, evaluated = record.config or folder.read_config(), record.last_evaluation()
    if record.state(is_training=False) is not RunState.FINISHED or evaluated is None:
        raise EmnistTuiError(f"Run {folder.name} has not finished; compare it once it has.")
    data, fingerprint = _origin(folder)
    return SeedGroup(folder.name, folder.path, config, {config.seed: evaluated.accuracy}, {}, data, fingerprint)


def _trials(folder: SweepFolder) -> list[Trial]:
    """Read the trials that have begun, by number."""
    try:
        found = [read_trial(path / "trial.json") for path in folder.runs.iterdir() if path.name.startswith("trial-")]
    except OSError:
        return []
    return sorted((trial for trial in found if trial), key=lambda trial: trial.number)


def _origin(folder: RunFolder) -> tuple[str, str]:
    """Return name and fingerprint of a run's data, empty if unknown."""
    try:
        record: Any = json.loads(read_small(folder.run_json))
        data, fingerprint = record["data"], record["fingerprint"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "", ""
    return (data, fingerprint) if isinstance(data, str) and isinstance(fingerprint, str) else ("", "")
