"""The app on the screen of a sweep, whose trials change."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from emnist_tui.runs.sweeps.trial import Trial, TrialState
from tests.benchmarks.program import SETTLED, app
from tests.e2e.link import Link
from tests.e2e.program import processor_time
from tests.support.sweep_folders import made_trials, make_spec, make_sweep, make_worker, put_trial

_WORKERS = 3
_MEASURED = 10.0  # seconds
_PRESSES = 40
_QUIET = 40  # bytes a second of an app that has settled


@dataclass(frozen=True)
class OnSweep:
    """What the app takes on the screen of a sweep."""

    first_frame: float
    """Seconds from Enter to the table."""
    key: float
    """Longest of many times from a key press to its effect, in seconds, while trials change."""
    idle: float
    """Bytes a second while nothing changes but times."""
    bytes_per_second: float
    """Bytes a second while a trial changes every second."""
    processor: float
    """Share of a core meanwhile."""


def on_sweep(program: Sequence[str], root: Path, trials: int) -> OnSweep:
    """Measure the app on a sweep of so many trials."""
    spec = make_spec(trials + 1000)
    workers = [make_worker(number, host="beta", pid=number) for number in range(1, _WORKERS + 1)]
    made = [_in_sight(trial) for trial in made_trials(spec, trials, workers)]
    folder = make_sweep(root / "search", spec, trials=made, workers=workers)
    with app(program, root) as link:
        link.wait_for(f"of {trials + 1000}")
        time.sleep(SETTLED)
        first = link.until_sent("\r", b"by val")
        _wait_for_quiet(link)
        sent, since = len(link.output), time.monotonic()
        time.sleep(_MEASURED / 2)
        idle = (len(link.output) - sent) / (time.monotonic() - since)
        running = [trial for trial in made if trial.state is TrialState.RUNNING]
        sent, used, since = len(link.output), processor_time(link.process.pid), time.monotonic()
        for turn in range(int(_MEASURED)):
            put_trial(folder, _advanced(running[turn % len(running)], turn))
            time.sleep(1)
        elapsed = time.monotonic() - since
        sent, used = len(link.output) - sent, processor_time(link.process.pid) - used
        keys = []
        for press in range(_PRESSES):
            put_trial(folder, _advanced(running[press % len(running)], press))
            keys.append(link.until_sent("jk"[press % 2]))
        assert link.leave() == 0
    return OnSweep(first, max(keys), idle, sent / elapsed, used / elapsed)


def _in_sight(trial: Trial) -> Trial:
    """Return a trial that has begun just now, a running one among the best."""
    accuracy = 0.985 + trial.number % 3 * 1e-3 if trial.state is TrialState.RUNNING else trial.accuracy
    return replace(trial, began=time.time(), accuracy=accuracy)


def _wait_for_quiet(link: Link) -> None:
    """Wait until the app has read and drawn all trials."""
    before = -1
    while len(link.output) - before > _QUIET * SETTLED:
        before = len(link.output)
        time.sleep(SETTLED)


def _advanced(trial: Trial, turn: int) -> Trial:
    """Return a trial after further epochs, now and then with another accuracy."""
    accuracy = min(0.999, (trial.accuracy or 0) + 0.003 * (turn % 7))
    return replace(trial, epoch=3 + turn % 2, accuracy=accuracy, curve=[*trial.curve, accuracy])
