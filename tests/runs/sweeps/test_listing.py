"""Sweeps in the list of runs."""

import json
import statistics
from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.runs.control import Desired
from emnist_tui.runs.sweeps import requests
from emnist_tui.runs.sweeps.board import Result, SweepBoard, write_result
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.listing import SweepEntry, describe_folder, sweep_entries
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from tests.support.sweep_folders import make_spec, make_sweep, make_worker, put_trial, put_worker, seeds_spec


def entry_of(sweep: SweepFolder) -> SweepEntry:
    (entry,) = sweep_entries(sweep.path.parent)
    return entry


def test_a_search_has_the_test_result_and_the_values_of_its_best(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "mine", make_spec(20), trials=12, workers=2)
    write_result(sweep.result, Result(3, 0.98, 0.97, 0.1, 10_000))
    entry, best = entry_of(sweep), SweepBoard(sweep).refresh().best
    assert best is not None
    assert (entry.name, entry.kind, entry.state, entry.ended, entry.model) == (
        "mine",
        "sweep",
        "training",
        10,
        "baseline",
    )
    assert (entry.learning_rate, entry.batch_size) == (best.values["learning_rate"], best.values["batch_size"])
    assert (entry.test_accuracy, entry.spread, entry.seed) == (0.97, None, 0)


def test_seeds_have_their_mean_and_spread(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "mine", seeds_spec(5), trials=4)
    tests = [trial.test_accuracy for trial in SweepBoard(sweep).refresh().trials if trial.test_accuracy is not None]
    entry = entry_of(sweep)
    assert (entry.test_accuracy, entry.spread) == (statistics.fmean(tests), statistics.stdev(tests))
    assert (entry.seed, entry.learning_rate, entry.ended) == (None, 0.01, 4)
    assert entry_of(make_sweep(tmp_path / "one" / "mine", seeds_spec(5), trials=1)).spread is None


def test_an_interrupted_seed_is_no_part_of_the_mean(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "mine", seeds_spec(3), trials=2)
    last = SweepBoard(sweep).refresh().trials[-1]
    put_trial(sweep, replace(last, number=3, state=TrialState.INTERRUPTED, test_accuracy=0.1))
    assert (entry_of(sweep).test_accuracy or 0) > 0.8


def test_the_state_is_told_by_trials_workers_and_requests(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "mine", make_spec(4), trials=2)
    assert entry_of(sweep).state == "waiting"
    worker = make_worker()
    put_worker(sweep, worker)
    assert entry_of(sweep).state == "training"
    requests.ask_for(sweep.control, Desired.PAUSE)
    assert entry_of(sweep).state == "paused"
    requests.ask_for(sweep.control, Desired.STOP)
    put_worker(sweep, replace(worker, state="ended"))
    assert entry_of(sweep).state == "stopped"
    for number in (3, 4):
        put_trial(sweep, Trial(number, {}, TrialState.FAILED))
    assert entry_of(sweep).state == "finished"


def test_json_has_facts_and_no_trials(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "mine", make_spec(20), trials=12)
    values = json.loads(json.dumps(entry_of(sweep).to_json()))
    best = SweepBoard(sweep).refresh().best
    assert best is not None
    assert {name: values[name] for name in ("kind", "trials", "ended", "split", "best_trial", "best_accuracy")} == {
        "kind": "sweep",
        "trials": 20,
        "ended": 12,
        "split": "validation",
        "best_trial": best.number,
        "best_accuracy": best.accuracy,
    }
    assert "board" not in values


@pytest.mark.parametrize("content", [b"", b"[]", b"[" * 100_000])
def test_a_damaged_sweep_is_listed_with_its_problem(tmp_path: Path, content: bytes) -> None:
    sweep = make_sweep(tmp_path / "mine")
    sweep.sweep_json.write_bytes(content)
    entry = describe_folder(sweep)
    assert (entry.shown_state, entry.ended, entry.to_json()["trials"]) == ("damaged", 0, None)
    assert "mine is not a complete sweep" in (entry.problem or "")


def test_a_best_trial_that_lacks_a_value_is_listed(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "mine", trials=[Trial(1, {"batch_size": 64}, TrialState.FINISHED, accuracy=0.9)])
    assert (entry_of(sweep).batch_size, entry_of(sweep).learning_rate) == (64, None)
