"""Sweeps as rows of the list."""

from pathlib import Path

import pytest

from emnist_tui.runs.about import write_about
from emnist_tui.runs.control import Desired
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.sweeps import wishes
from emnist_tui.runs.sweeps.board import Result, SweepBoard, write_result
from emnist_tui.tui.session.sweep_rows import SweepEntry, SweepRows, describe_sweep
from tests.support.sweep_folders import made_trials, make_spec, make_sweep, seeds_spec


def rows(root: Path) -> list[SweepEntry]:
    found = SweepRows(root)
    found.read()
    return found.entries


def test_a_search_shows_its_trials_and_the_rate_of_its_best(tmp_path: Path) -> None:
    folder = make_sweep(tmp_path / "search", make_spec(60), trials=40, workers=3)
    write_about(RunFolder(folder.path), ["rates"], "a note")
    (row,) = rows(tmp_path)
    assert row.board
    assert row.board.best
    assert (row.name, row.kind, row.shown_state, row.ended) == ("search", "sweep", "training", 37)
    assert row.learning_rate == row.board.best.values["learning_rate"]
    assert row.test_accuracy is None
    assert (row.tags, row.note) == (("rates",), "a note")


def test_the_test_of_the_best_trial_is_that_of_the_search(tmp_path: Path) -> None:
    folder = make_sweep(tmp_path / "search", make_spec(4), trials=4)
    write_result(folder.result, Result(1, 0.97, 0.9731, 0.1, 10_000))
    (row,) = rows(tmp_path)
    assert (row.state, row.test_accuracy) == ("finished", 0.9731)


def test_seeds_show_mean_and_standard_deviation(tmp_path: Path) -> None:
    make_sweep(tmp_path / "seeds", seeds_spec(3), trials=3)
    (row,) = rows(tmp_path)
    assert row.board
    tests = [trial.test_accuracy for trial in row.board.trials if trial.test_accuracy is not None]
    mean = sum(tests) / 3
    assert row.test_accuracy == pytest.approx(mean)
    assert row.spread == pytest.approx((sum((test - mean) ** 2 for test in tests) / 2) ** 0.5)


@pytest.mark.parametrize(
    ("desired", "workers", "state"),
    [
        (Desired.RUN, 1, "training"),
        (Desired.RUN, 0, "waiting"),
        (Desired.PAUSE, 1, "paused"),
        (Desired.STOP, 1, "training"),
        (Desired.STOP, 0, "stopped"),
    ],
)
def test_the_state_tells_what_its_workers_do(tmp_path: Path, desired: Desired, workers: int, state: str) -> None:
    spec = make_spec(9)
    folder = make_sweep(tmp_path / "search", spec, trials=made_trials(spec, 2), workers=workers)
    wishes.ask_for(folder.control, desired)
    assert describe_sweep(SweepBoard(folder).refresh()).state == state


def test_a_damaged_sweep_has_a_problem(tmp_path: Path) -> None:
    make_sweep(tmp_path / "search").sweep_json.write_text("{")
    (row,) = rows(tmp_path)
    assert row.shown_state == "damaged"
    assert row.problem
    assert str(tmp_path) not in row.problem


def test_a_directory_without_sweeps_has_no_rows(tmp_path: Path) -> None:
    assert rows(tmp_path / "missing") == []
