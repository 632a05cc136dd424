"""The board: what a sweep's files tell at one moment."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emnist_tui.runs.control import Desired
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.sweeps import requests
from emnist_tui.runs.sweeps.board import Board, Result, SweepBoard, read_result, write_result
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.points import add_point
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from tests.support.sweep_folders import NOBODY, make_spec, make_sweep, make_worker, put_trial, put_worker, seeds_spec

POINT = {"learning_rate": 0.02, "batch_size": 32, "augmentation": 0.5}


def trial(number: int, state: TrialState, accuracy: float | None = None, **values: Any) -> Trial:
    return Trial(number, dict(POINT), state, accuracy=accuracy, **values)


def board_of(tmp_path: Path, *trials: Trial, count: int = 10) -> Board:
    return SweepBoard(make_sweep(tmp_path / "mine", make_spec(count), trials=trials)).refresh()


def test_a_new_sweep_waits(tmp_path: Path) -> None:
    board = board_of(tmp_path)
    assert (board.total, board.waiting, board.best, board.is_done) == (10, 10, None, False)
    assert (board.desired, board.trials, board.workers, board.result) == (Desired.RUN, (), (), None)


def test_states_are_told_apart(tmp_path: Path) -> None:
    written = [state for state in TrialState if state is not TrialState.ORPHANED]
    trials = [trial(number, state, worker="nobody") for number, state in enumerate(written, 1)]
    lost = {TrialState.RUNNING, TrialState.PAUSED}
    assert board_of(tmp_path, *trials).counts == Counter([*(set(written) - lost), *[TrialState.ORPHANED] * 2])


def test_the_best_is_a_finished_trial_and_the_first_of_equals(tmp_path: Path) -> None:
    board = board_of(
        tmp_path,
        trial(1, TrialState.FINISHED, 0.95),
        trial(2, TrialState.PRUNED, 0.99),
        trial(3, TrialState.STUCK, 0.11),
        trial(4, TrialState.PRUNED, 0.97),
        trial(5, TrialState.FINISHED, 0.97),
        trial(6, TrialState.FINISHED, 0.97),
        trial(7, TrialState.FAILED),
        trial(8, TrialState.INTERRUPTED, 0.99),
    )
    assert [each.number for each in board.ranking] == [2, 8, 5, 6, 4, 1, 3]
    assert board.best is not None
    assert board.best.number == 5


def test_a_sweep_is_done_once_every_trial_has_ended(tmp_path: Path) -> None:
    ended = [trial(1, TrialState.FINISHED, 0.9), trial(2, TrialState.FAILED)]
    assert board_of(tmp_path / "a", *ended, count=2).is_done
    assert not board_of(tmp_path / "b", *ended, count=3).is_done
    assert not board_of(tmp_path / "c", ended[0], trial(2, TrialState.INTERRUPTED), count=2).is_done


def test_points_and_an_extension_count(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "mine", make_spec(10), trials=3)
    reader = SweepBoard(sweep)
    assert (reader.refresh().total, reader.refresh().waiting) == (10, 7)
    add_point(sweep, reader.spec, POINT)
    (sweep.points / "0002.json").write_text("{")
    assert reader.refresh().total == 11
    requests.ask_for_trials(sweep.control, 20)
    requests.ask_for(sweep.control, Desired.PAUSE)
    assert (reader.refresh().total, reader.refresh().desired) == (21, Desired.PAUSE)


def test_a_running_trial_without_a_living_worker_is_orphaned(tmp_path: Path) -> None:
    alive, silent, idle = make_worker(1), make_worker(2, host="elsewhere", silent=70.0), make_worker(3, silent=70.0)
    trials = [
        trial(number, TrialState.RUNNING, worker=worker)
        for number, worker in enumerate((alive.id, silent.id, "missing"), 1)
    ]
    trials += [trial(4, TrialState.PAUSED, worker=alive.id), trial(5, TrialState.FINISHED, worker=idle.id)]
    sweep = make_sweep(tmp_path / "mine", trials=trials, workers=[alive, silent, idle])
    board = SweepBoard(sweep).refresh()
    lost = TrialState.ORPHANED
    assert [each.state for each in board.trials] == [
        TrialState.RUNNING,
        lost,
        lost,
        TrialState.PAUSED,
        TrialState.FINISHED,
    ]
    assert [worker.id for worker in board.workers] == [alive.id, silent.id]


def test_an_orphan_that_is_adopted_runs_again(tmp_path: Path) -> None:
    dead = make_worker(1, pid=NOBODY, silent=30.0)
    sweep = make_sweep(tmp_path / "mine", trials=[trial(1, TrialState.RUNNING, worker=dead.id)], workers=[dead])
    reader = SweepBoard(sweep)
    assert reader.refresh().trials[0].state is TrialState.ORPHANED
    adopter = make_worker(2)
    put_worker(sweep, adopter)
    put_trial(sweep, trial(1, TrialState.RUNNING, worker=adopter.id))
    board = reader.refresh()
    assert board.trials[0].state is TrialState.RUNNING
    assert [worker.id for worker in board.workers] == [adopter.id]


def test_what_is_not_read_yet_neither_waits_nor_ends_the_sweep(tmp_path: Path) -> None:
    trials = [trial(number, TrialState.FINISHED, 0.9) for number in range(1, 6)]
    reader = SweepBoard(make_sweep(tmp_path / "mine", make_spec(5), trials=trials))
    board = reader.refresh(most=2)
    assert (len(board.trials), board.unread, board.waiting, board.is_done) == (2, 3, 0, False)
    assert not reader.is_complete
    assert reader.refresh().is_done
    assert reader.is_complete


def test_what_was_computed_is_kept_while_no_trial_changes(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "mine", trials=4)
    reader = SweepBoard(sweep)
    first = reader.refresh()
    ranking, counts = first.ranking, first.counts
    assert (reader.refresh().ranking is ranking, reader.refresh().counts is counts) == (True, True)
    put_trial(sweep, replace(first.trials[0], number=5))
    assert reader.refresh().ranking is not ranking


def test_each_finished_seed_counts_once(tmp_path: Path) -> None:
    trials = [
        Trial(number, {"seed": seed}, state, test_accuracy=number / 10)
        for number, (seed, state) in enumerate(
            [(0, TrialState.FINISHED), (0, TrialState.FINISHED), (1, TrialState.STUCK), (2, TrialState.INTERRUPTED)], 1
        )
    ]
    sweep = make_sweep(tmp_path / "mine", seeds_spec(3), trials=trials)
    assert SweepBoard(sweep).refresh().tests == {0: 0.1, 1: 0.3}
    assert board_of(tmp_path / "search", trial(1, TrialState.FINISHED, test_accuracy=0.9)).tests == {}


def test_the_result_survives_its_file(tmp_path: Path) -> None:
    result = Result(7, 0.98, 0.97, 0.1, 10_000)
    sweep = make_sweep(tmp_path / "mine", seeds_spec())
    write_result(sweep.result, result)
    assert SweepBoard(sweep).refresh().result == result


@pytest.mark.parametrize(
    "change",
    [
        {"trial": 0},
        {"trial": True},
        {"accuracy": None},
        {"test_accuracy": 2},
        {"test_loss": float("nan")},
        {"test_images": "9"},
    ],
    ids=str,
)
def test_a_hostile_result_is_none(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "result.json"
    write_result(path, Result(7, 0.98, 0.97, 0.1, 10_000))
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    assert read_result(path) is None


def test_a_damaged_sweep_is_told_and_a_vanished_one_is_empty(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "mine", make_spec(3), trials=3)
    reader = SweepBoard(sweep)
    assert len(reader.refresh().trials) == 3
    sweep.path.rename(tmp_path / "moved")
    assert reader.refresh().trials == ()
    with pytest.raises(EmnistTuiError, match="not a complete sweep"):
        SweepBoard(SweepFolder(tmp_path / "mine"))
