"""Retention of evaluations, which only the best trials keep."""

from pathlib import Path

import pytest

from emnist_tui.learning.search import kept_evaluations
from emnist_tui.learning.search.kept_evaluations import KeptEvaluations
from emnist_tui.runs.sweeps.board import SweepBoard
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from emnist_tui.runs.weights_recording import RECORDING
from tests.support.sweep_folders import make_spec, make_sweep, seeds_spec

NAMES = ("evaluation-validation-epoch-001.npz", "evaluation-epoch-001.npz")


@pytest.fixture(autouse=True)
def most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_evaluations, "MOST", 2)


def fill(sweep: SweepFolder) -> SweepFolder:
    for number in range(1, 6):
        for name in (*NAMES, "mine.npz", RECORDING):
            (sweep.trial(number).path / name).touch()
    return sweep


def kept(sweep: SweepFolder) -> set[int]:
    files = {number: {path.name for path in sweep.trial(number).path.glob("*.npz")} for number in range(1, 6)}
    assert all("mine.npz" in names for names in files.values())
    return {number for number, names in files.items() if set(NAMES) <= names}


def recorded(sweep: SweepFolder) -> set[int]:
    return {number for number in range(1, 6) if (sweep.trial(number).path / RECORDING).exists()}


def trials(last: TrialState = TrialState.RUNNING) -> list[Trial]:
    accuracies = (0.5, 0.9, 0.8, 0.7, 0.1)
    states = (*(TrialState.FINISHED,) * 4, last)
    return [
        Trial(number, {}, state, accuracy=accuracy)
        for number, (state, accuracy) in enumerate(zip(states, accuracies, strict=True), 1)
    ]


def test_the_best_and_the_unfinished_keep_theirs(tmp_path: Path) -> None:
    sweep = fill(make_sweep(tmp_path / "sweep", make_spec(5), trials=trials()))
    KeptEvaluations().retire(SweepBoard(sweep).refresh())
    assert kept(sweep) == recorded(sweep) == {2, 3, 5}


def test_judged_mistakes_are_kept(tmp_path: Path) -> None:
    sweep = fill(make_sweep(tmp_path / "sweep", make_spec(5), trials=trials()))
    (sweep.trial(1).path / "triage.json").write_text("damaged")
    KeptEvaluations().retire(SweepBoard(sweep).refresh())
    assert kept(sweep) == {1, 2, 3, 5}


def test_seeds_keep_all(tmp_path: Path) -> None:
    sweep = fill(make_sweep(tmp_path / "sweep", seeds_spec(5), trials=trials(TrialState.FINISHED)))
    KeptEvaluations().retire(SweepBoard(sweep).refresh())
    assert kept(sweep) == recorded(sweep) == {1, 2, 3, 4, 5}
