"""Requests to a sweep's workers: its control.json, and those to trials."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from emnist_tui.runs import control
from emnist_tui.runs.atomic_files import replace_text
from emnist_tui.runs.control import Desired
from emnist_tui.runs.small_files import read_small
from emnist_tui.runs.sweeps.folder import TrialFolder
from emnist_tui.runs.sweeps.spec import MOST_TRIALS, SweepSpec
from emnist_tui.runs.sweeps.trial import Trial, TrialState


@dataclass(frozen=True)
class SweepRequests:
    """Content of a sweep's control.json: a full request, idempotent to write."""

    desired: Desired = Desired.RUN
    trials: int | None = None
    """Number of trials of an extended sweep, without users' points; None keeps that of its specification."""

    def asked_for(self, spec: SweepSpec) -> int:
        """Return the number of trials, without users' points; a sweep only grows."""
        return max(spec.trials, self.trials or 0)


def read_requests(path: Path) -> SweepRequests:
    """Read the requests; a missing or invalid file requests nothing."""
    try:
        values = json.loads(read_small(path))
        return SweepRequests(Desired(values["desired"]), _trials(values.get("trials")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return SweepRequests()


def ask_for(path: Path, desired: Desired) -> None:
    """Request a state of the sweep. Raises `OSError`."""
    _write(path, replace(read_requests(path), desired=desired))


def ask_for_trials(path: Path, trials: int) -> None:
    """Request a number of trials. Raises `OSError`."""
    _write(path, replace(read_requests(path), trials=trials))


def ask_of_trial(trial: TrialFolder, desired: Desired) -> None:
    """Request a state of one trial. Raises `OSError`.

    `emnist-tui pause` and `stop` do the same to its run. A stopped trial that is requested to run waits for a worker.
    """
    control.ask_for(trial.control, desired)


def is_requested_again(folder: TrialFolder, trial: Trial) -> bool:
    """Check whether the user wants a stopped trial to be adopted."""
    return trial.state is TrialState.STOPPED and control.read_control(folder.control).desired is Desired.RUN


def total_trials(spec: SweepSpec, requests: SweepRequests, points: int) -> int:
    """Return the final number of trials, with `points` of users."""
    return min(MOST_TRIALS, requests.asked_for(spec) + points)


def _write(path: Path, requests: SweepRequests) -> None:
    values: dict[str, Any] = {"desired": requests.desired}
    if requests.trials is not None:
        values["trials"] = requests.trials
    replace_text(path, json.dumps(values))


def _trials(value: object) -> int | None:
    """Return a requested number of trials; what is none requests nothing."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_TRIALS:
        return None
    return value
