"""Columns and orders of a sweep's table."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from emnist_tui.runs.sweeps.board import Board, SweepBoard
from emnist_tui.runs.sweeps.space import Axis, Value
from emnist_tui.runs.sweeps.trial import TrialState
from emnist_tui.tui.widgets.sweep.columns import (
    PADDING,
    TrialOrder,
    Widths,
    arrange,
    elapsed,
    fitting_columns,
    orders_of,
    value_text,
)
from tests.support.sweep_folders import make_spec, make_sweep, seeds_spec


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return SweepBoard(make_sweep(tmp_path / "search", make_spec(60), trials=20, workers=2)).refresh()


def names(board: Board, width: int) -> list[str]:
    return [shown.column.name for shown in fitting_columns(board, width, TrialOrder())]


def test_what_varies_comes_before_what_is_less_needed(board: Board) -> None:
    varied = ["learning_rate", "batch_size", "augmentation"]
    assert names(board, 200) == ["trial", *varied, "accuracy", "epoch", "time", "state", "host"]
    assert names(board, 60) == ["trial", *varied, "accuracy", "state"]
    assert names(board, 40) == ["trial", "learning_rate", "accuracy", "state"]


@pytest.mark.parametrize("width", range(20, 130, 7))
def test_columns_fit_and_no_label_is_cut(board: Board, width: int) -> None:
    columns = fitting_columns(board, width, TrialOrder())
    assert sum(shown.width + PADDING for shown in columns) <= width
    for shown in columns:
        assert cell_len(shown.label) <= shown.width
        assert all("…" not in shown.text(trial) for trial in board.trials)
        assert {cell_len(shown.text(trial)) for trial in board.trials} == {shown.width}


def test_seeds_with_validation_show_both_accuracies(tmp_path: Path) -> None:
    board = SweepBoard(make_sweep(tmp_path / "seeds", seeds_spec(3, validation=500), trials=3)).refresh()
    labels = [shown.label for shown in fitting_columns(board, 200, TrialOrder())]
    assert labels[:4] == ["trial", "seed", "val ↓", "test"]


@pytest.mark.parametrize(
    ("axis", "value", "text"),
    [
        ("learning-rate=0.001..0.3:log", 0.123456789, "0.1235"),
        ("learning-rate=0.00001,0.1", 1e-5, "1e-5"),
        ("batch-size=32,128", 128, "128"),
        ("optimizer=adam,sgd", "sgd", "sgd"),
        ("optimizer=adam,sgd", None, "–"),
        ("batch-size=1..9", "\x1b[31m", r"\x1b[31m"),
    ],
)
def test_a_value_is_as_short_as_it_is_clear(axis: str, value: Value | None, text: str) -> None:
    assert value_text(Axis.parse(axis), value) == text


def test_the_best_accuracy_comes_first_and_the_unknown_last(board: Board) -> None:
    nameless = replace(board.trials[0], number=99, accuracy=None)
    ordered = arrange(replace(board, trials=(nameless, *board.trials)), TrialOrder())
    accuracies = [trial.accuracy or 0 for trial in ordered[:-1]]
    assert accuracies == sorted(accuracies, reverse=True)
    assert ordered[-1] is nameless


def test_every_order_sorts_by_its_column(board: Board) -> None:
    for order in orders_of(board.spec):
        assert {trial.number for trial in arrange(board, order)} == {trial.number for trial in board.trials}
    rates = [trial.values["learning_rate"] for trial in arrange(board, TrialOrder("learning_rate"))]
    assert rates == sorted(rates)
    assert arrange(board, TrialOrder("trial", is_reversed=True))[0].number == 20


def test_a_trial_in_its_first_epoch_shows_the_time_since_it_began(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = next(trial for trial in board.trials if trial.state is TrialState.RUNNING)
    running = replace(later, epoch=0, seconds=0.0)
    monkeypatch.setattr("time.time", lambda: running.began + 100)
    assert elapsed(running) == 100
    assert elapsed(replace(running, began=running.began + 1_000)) == 0
    assert elapsed(replace(running, epoch=1, seconds=7.0)) == 7
    assert elapsed(replace(running, state=TrialState.FINISHED, seconds=7.0)) == 7


def test_widths_follow_new_trials_and_never_shrink(board: Board) -> None:
    widths = Widths()
    before = {shown.column.name: shown.width for shown in fitting_columns(board, 200, TrialOrder(), widths)}
    long = replace(board.trials[0], host="a-host-of-16-cell")
    after = fitting_columns(replace(board, trials=(long, *board.trials[1:])), 200, TrialOrder(), widths)
    assert {shown.column.name: shown.width for shown in after} == {**before, "host": 16}
    again = fitting_columns(board, 200, TrialOrder(), widths)
    assert [shown.width for shown in again] == [shown.width for shown in after]
