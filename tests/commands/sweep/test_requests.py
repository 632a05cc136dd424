"""`emnist-tui sweep pause`, `resume` and `stop`."""

from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.runs.control import Desired, read_control
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.requests import is_requested_again, read_requests
from emnist_tui.runs.sweeps.trial import TrialState
from tests.support.call import Call, check_refused
from tests.support.sweep_folders import made_trials, make_spec, make_sweep, put_trial, seeds_spec


@pytest.fixture
def sweep(root: Path) -> SweepFolder:
    return make_sweep(root / "mine", make_spec(20), trials=6, workers=2)


@pytest.mark.parametrize(
    ("action", "desired", "phrase"),
    [
        ("pause", Desired.PAUSE, "Sweep mine pauses, with 2 workers; `emnist-tui sweep resume mine`"),
        ("stop", Desired.STOP, "Sweep mine is saved and stops, with 2 workers"),
        ("resume", Desired.RUN, "Sweep mine goes on, with 2 workers."),
    ],
)
def test_a_request_to_the_sweep_is_written(
    call: Call, sweep: SweepFolder, action: str, desired: Desired, phrase: str
) -> None:
    result = call("sweep", action, "mine")
    assert (result.code, result.out) == (0, "")
    assert phrase in result.err
    assert read_requests(sweep.control).desired is desired
    assert call("sweep", action, "mine", "--json").json == {"desired": desired}


def test_resuming_without_workers_names_the_next_step(call: Call, root: Path) -> None:
    make_sweep(root / "mine", trials=2)
    assert "has no worker; `emnist-tui sweep work mine` starts one" in call("sweep", "resume", "mine").err


def test_a_request_to_one_trial_is_written_in_its_run(call: Call, sweep: SweepFolder) -> None:
    for action, desired in (("pause", Desired.PAUSE), ("stop", Desired.STOP), ("resume", Desired.RUN)):
        assert call("sweep", action, "mine", "--trial", 6, "--json").json["desired"] == desired
        assert read_control(sweep.trial(6).control).desired is desired
    assert not sweep.control.exists()


def test_a_stopped_trial_is_resumed_and_nothing_else_asked_of_it(call: Call, sweep: SweepFolder) -> None:
    (trial,) = made_trials(sweep.read_spec(), 1)
    stopped = replace(trial, state=TrialState.STOPPED)
    put_trial(sweep, stopped)
    check_refused(call("sweep", "stop", "mine", "--trial", 1), 1, "Trial 1 is stopped")
    result = call("sweep", "resume", "mine", "--trial", 1)
    assert (result.code, "Trial 1 waits for a worker" in result.err) == (0, True)
    assert is_requested_again(sweep.trial(1), stopped)


def test_trials_that_nobody_trains_are_refused(call: Call, sweep: SweepFolder) -> None:
    (trial,) = made_trials(sweep.read_spec(), 1)
    check_refused(call("sweep", "stop", "mine", "--trial", 7), 1, "Trial 7 of mine has not begun")
    check_refused(call("sweep", "stop", "mine", "--trial", 0), 2, "must be a whole number, 1 to 100,000")
    for state, phrase in (
        (TrialState.FINISHED, "only a stopped trial can be resumed"),
        (TrialState.INTERRUPTED, "the next worker of `emnist-tui sweep work mine` resumes it"),
    ):
        put_trial(sweep, replace(trial, state=state))
        check_refused(call("sweep", "resume", "mine", "--trial", 1), 1, f"Trial 1 is {state}", phrase)
    put_trial(sweep, trial)
    check_refused(call("sweep", "stop", "mine", "--trial", 1), 1, "only a running one can be stopped")


def test_a_sweep_that_has_ended_is_neither_paused_nor_stopped(call: Call, root: Path) -> None:
    sweep = make_sweep(root / "mine", seeds_spec(2), trials=2)
    for action in ("pause", "stop"):
        check_refused(call("sweep", action, "mine"), 1, f"Every trial of mine has ended; there is nothing to {action}.")
    assert not sweep.control.exists()
