"""Requests to a sweep and to its trials."""

from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.runs.control import Desired, read_control
from emnist_tui.runs.sweeps import requests
from emnist_tui.runs.sweeps.requests import SweepRequests, read_requests, total_trials
from emnist_tui.runs.sweeps.trial import TrialState
from tests.support.sweep_folders import made_trials, make_spec, make_sweep


def test_a_request_keeps_the_other(tmp_path: Path) -> None:
    path = tmp_path / "control.json"
    requests.ask_for_trials(path, 80)
    requests.ask_for(path, Desired.PAUSE)
    assert read_requests(path) == SweepRequests(Desired.PAUSE, 80)
    requests.ask_for_trials(path, 90)
    assert read_requests(path) == SweepRequests(Desired.PAUSE, 90)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"[" * 100_000, b'{"desired": "fly"}', b'{"desired": []}']
)
def test_damaged_requests_request_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "control.json"
    assert read_requests(path) == SweepRequests()
    path.write_bytes(content)
    assert read_requests(path) == SweepRequests()


@pytest.mark.parametrize("trials", ["true", "-1", "1.5", '"9"', "1e9", "NaN", "1000001"])
def test_hostile_numbers_of_trials_are_ignored(tmp_path: Path, trials: str) -> None:
    path = tmp_path / "control.json"
    path.write_text(f'{{"desired": "pause", "trials": {trials}}}')
    assert read_requests(path) == SweepRequests(Desired.PAUSE)


def test_a_sweep_only_grows() -> None:
    spec = make_spec(40)
    assert total_trials(spec, SweepRequests(trials=10), 2) == 42
    assert total_trials(spec, SweepRequests(trials=50), 2) == 52
    assert total_trials(spec, SweepRequests(trials=100_000), 2) == 100_000


def test_a_stopped_trial_waits_for_a_worker_once_its_user_resumes_it(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "mine", trials=1)
    folder, (trial,) = sweep.trial(1), made_trials(sweep.read_spec(), 1)
    stopped = replace(trial, state=TrialState.STOPPED)
    requests.ask_of_trial(folder, Desired.STOP)
    assert read_control(folder.control).desired is Desired.STOP
    assert not requests.is_requested_again(folder, stopped)
    requests.ask_of_trial(folder, Desired.RUN)
    assert requests.is_requested_again(folder, stopped)
    assert not requests.is_requested_again(folder, trial)
