"""Trials: their files and hostile ones."""

import json
from pathlib import Path
from typing import Any

import pytest

from emnist_tui.runs.sweeps.trial import Trial, TrialState, read_trial, write_trial

TRIAL = Trial(
    number=7,
    values={"learning_rate": 0.02, "optimizer": "adam"},
    state=TrialState.FINISHED,
    reason="why",
    accuracy=0.97,
    epoch=2,
    curve=[0.9, 0.97],
    test_accuracy=0.96,
    seconds=12.5,
    worker="alpha-1-2",
    host="alpha",
    began=1.7e9,
    ended=1.7e9 + 13,
)


def test_a_trial_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "trial.json"
    for trial in (TRIAL, Trial(1, {})):
        write_trial(path, trial)
        assert read_trial(path) == trial


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"[" * 100_000,
        b"\xff",
        b'{"number": 1}',
        b'{"values": {}, "number": 1, "state": "x"}',
    ],
)
def test_damaged_files_are_no_trials(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "trial.json"
    path.write_bytes(content)
    assert read_trial(path) is None
    assert read_trial(tmp_path) is None
    assert read_trial(tmp_path / "missing") is None


@pytest.mark.parametrize(
    "change",
    [
        {"number": True},
        {"number": 0},
        {"number": 10**9},
        {"values": []},
        {"values": {"learning_rate": float("nan")}},
        {"values": {"learning_rate": 10**400}},
        {"values": {"batch_size": True}},
        {"values": {"optimizer": ["adam"]}},
        {"state": ["finished"]},
        {"accuracy": True},
        {"accuracy": 1.5},
        {"accuracy": "0.9"},
        {"accuracy": float("nan")},
        {"curve": "0101"},
        {"curve": {}},
        {"curve": [None]},
        {"curve": [0.5] * 10_001},
        {"epoch": -1},
        {"epoch": 10**12},
        {"seconds": -1},
        {"seconds": float("inf")},
        {"began": "now"},
        {"ended": 1e300},
        {"reason": ["why"]},
        {"worker": 3},
    ],
    ids=str,
)
def test_hostile_values_are_no_trials(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "trial.json"
    path.write_text(json.dumps({**TRIAL.to_json(), **change}))
    assert read_trial(path) is None


def test_unknown_fields_and_keys_are_left_out_and_texts_cut(tmp_path: Path) -> None:
    path = tmp_path / "trial.json"
    values = {**TRIAL.to_json(), "new": 1, "values": {"seed": 1, "unknown": 2}, "reason": "x" * 10_000}
    path.write_text(json.dumps(values))
    trial = read_trial(path)
    assert trial is not None
    assert trial.values == {"seed": 1}
    assert len(trial.reason) == 2_000


def test_a_file_cannot_call_a_trial_orphaned(tmp_path: Path) -> None:
    path = tmp_path / "trial.json"
    path.write_text(json.dumps({**TRIAL.to_json(), "state": "orphaned"}))
    trial = read_trial(path)
    assert trial is not None
    assert trial.state is TrialState.RUNNING


def test_an_interrupt_never_counts_as_an_end() -> None:
    assert not TrialState.INTERRUPTED.has_ended
    assert [state for state in TrialState if state.counts] == [TrialState.FINISHED, TrialState.STUCK]
    assert TrialState.STOPPED.has_ended
    assert not TrialState.STOPPED.counts
