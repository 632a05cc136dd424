"""The sweep that a screen follows."""

import shutil
from pathlib import Path

from emnist_tui.runs.sweeps.board import SweepBoard
from emnist_tui.tui.session.sweep_watch import SweepWatch
from tests.support.sweep_folders import made_trial, make_spec, make_sweep, put_trial, sample_points


def test_a_new_trial_is_on_the_next_board(tmp_path: Path) -> None:
    folder = make_sweep(tmp_path / "search", trials=2)
    watch = SweepWatch(folder)
    watch.read()
    assert watch.board
    assert len(watch.board.trials) == 2
    spec = make_spec()
    put_trial(folder, made_trial(spec, 3, sample_points(spec, 3)[2]))
    watch.read()
    assert len(watch.board.trials) == 3


def test_a_slow_reading_is_repeated_less_often(tmp_path: Path) -> None:
    times = iter([0.0, 2.0, 21.0, 22.5])
    watch = SweepWatch(make_sweep(tmp_path / "search"), clock=lambda: next(times))
    watch.read()
    assert not watch.is_due
    assert watch.is_due


def test_a_written_request_is_read_at_once(tmp_path: Path) -> None:
    watch = SweepWatch(make_sweep(tmp_path / "search"))
    watch.read()
    assert not watch.is_due
    watch.hurry()
    assert watch.is_due


def test_a_deleted_sweep_keeps_its_last_board_beside_the_reason(tmp_path: Path) -> None:
    folder = make_sweep(tmp_path / "search", trials=2)
    watch = SweepWatch(folder)
    watch.read()
    shutil.rmtree(folder.path)
    watch.read()
    assert watch.board
    assert watch.problem == "search is no longer there; somebody else moved or deleted it."


def test_a_damaged_sweep_has_a_reason(tmp_path: Path) -> None:
    folder = make_sweep(tmp_path / "search")
    folder.sweep_json.write_text("{")
    watch = SweepWatch(folder)
    watch.read()
    assert watch.board is None
    assert "is not a complete sweep" in watch.problem


def test_many_trials_are_read_in_steps(tmp_path: Path) -> None:
    watch = SweepWatch(make_sweep(tmp_path / "search", make_spec(900), trials=700))
    counts: list[int] = []
    while not counts or not watch.is_complete:
        watch.read()
        assert watch.board
        counts.append(len(watch.board.trials))
        assert watch.is_due != watch.is_complete
    assert counts == [200, 400, 700]


def test_a_known_board_stays_until_as_much_is_read(tmp_path: Path) -> None:
    folder = make_sweep(tmp_path / "search", make_spec(900), trials=700)
    known = SweepBoard(folder).refresh()
    watch = SweepWatch(folder, known)
    watch.read()
    assert watch.board is known
    watch.read()
    watch.read()
    assert watch.board is not known
    assert len(watch.board.trials) == 700
