"""Facts about a sweep above its table."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.runs.sweeps.board import Board, Result, SweepBoard
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from emnist_tui.tui.widgets.sweep.facts import (
    SweepFacts,
    best_parts,
    constant_parts,
    packed,
    silence,
    state_parts,
    values_apart,
    worker_parts,
)
from tests.support.sweep_folders import make_spec, make_sweep, make_worker, seeds_spec
from tests.support.widget_app import WidgetApp


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return SweepBoard(make_sweep(tmp_path / "search", make_spec(60), trials=40, workers=2)).refresh()


def words(parts: list[tuple[str, str]]) -> list[str]:
    return [text for text, _ in parts]


def test_every_state_is_counted(board: Board) -> None:
    states = [*TrialState]
    trials = tuple(
        Trial(number, {}, state) for number, state in enumerate(states * 2, 1) if number % 13 or state is not states[0]
    )
    shown = " · ".join(words(state_parts(replace(board, trials=trials, total=50))))
    for state, number in Counter(trial.state for trial in trials).items():
        assert f"{number} {state}" in shown
    assert f"{50 - len(trials)} waiting" in shown


def test_workers_are_counted_by_host_and_the_silent_named(board: Board) -> None:
    workers = (
        make_worker(1, host="alpha", pid=1, silent=2.0),
        make_worker(2, host="alpha", pid=2, silent=4.0),
        make_worker(3, host="beta", pid=3, silent=42.0),
        make_worker(4, host="beta", pid=4, silent=200.0, trial=7),
    )
    assert words(worker_parts(replace(board, workers=workers), "w")) == [
        "2 on alpha",
        "1 on beta, heard 40 s ago",
        "beta silent for 3 m 0 s at trial 7",
    ]


def test_without_workers_a_key_is_named(board: Board) -> None:
    assert words(worker_parts(replace(board, workers=()), "w")) == ["none; w starts some here"]


def test_the_best_has_its_test_result_and_values(board: Board) -> None:
    best = board.best
    assert best
    tested = replace(board, result=Result(best.number, 0.97, 0.9731, 0.1, 10_000))
    shown = words(best_parts(tested))
    assert shown[:3] == ["◆ trial 4", "97.29 % validation", "97.31 % test of 10,000"]
    assert "batch 128" in shown


def test_seeds_have_a_mean_with_its_interval(tmp_path: Path) -> None:
    board = SweepBoard(make_sweep(tmp_path / "seeds", seeds_spec(3), trials=3)).refresh()
    tests = (0.90, 0.91, 0.92)
    trials = tuple(replace(trial, test_accuracy=test) for trial, test in zip(board.trials, tests, strict=True))
    assert words(best_parts(replace(board, trials=trials))) == [
        "91.00 ± 1.00 % test, 3 seeds",
        "95 %: 88.52–93.48 %",
    ]
    assert words(best_parts(replace(board, trials=trials[:1]))) == ["90.00 % test, 1 seed"]
    assert words(best_parts(replace(board, trials=())))[0].startswith("none yet")


def test_constants_are_what_does_not_vary(board: Board) -> None:
    assert words(constant_parts(board)) == [
        "baseline",
        "synthetic",
        "epochs 4",
        "validation 500",
        "tpe, asha",
        "seed 0",
    ]


def test_trials_differ_in_the_values_that_differ(board: Board) -> None:
    one, other = board.ranking[0], replace(board.ranking[0], values={**board.ranking[0].values, "batch_size": 32})
    assert values_apart(board, one, other) == ("batch 128", "batch 32")
    assert values_apart(board, one, one) == ("", "")


def test_parts_that_do_not_fit_are_left_out_whole() -> None:
    lines = packed([("first", ""), ("second", "error"), ("third", "")], 16, 2)
    assert [line.plain for line in lines] == ["first · second", "third"]
    assert [line.plain for line in packed([("first", ""), ("second", "")], 9)] == ["first"]


@pytest.mark.parametrize(("seconds", "text"), [(9, "0 s"), (45, "40 s"), (119, "1 m 0 s"), (4_000, "1 h 6 m")])
def test_a_silence_is_coarse(seconds: float, text: str) -> None:
    assert silence(seconds) == text


async def test_the_interval_of_seeds_fits_80_columns(tmp_path: Path) -> None:
    board = SweepBoard(make_sweep(tmp_path / "seeds", seeds_spec(20), trials=20)).refresh()
    trials = tuple(replace(trial, test_accuracy=0.97 + trial.number / 1000) for trial in board.trials)
    facts = SweepFacts()
    async with WidgetApp(facts).run_test(size=(80, 24)) as pilot:
        facts.show(replace(board, trials=trials))
        await pilot.pause()
        assert "98.05 ± 0.59 % test, 20 seeds · 95 %: 97.77–98.33 %" in facts.render().plain


async def test_starting_workers_are_said_to_start(board: Board) -> None:
    facts = SweepFacts()
    async with WidgetApp(facts).run_test(size=(80, 24)) as pilot:
        facts.show(replace(board, workers=()), are_starting=True)
        await pilot.pause()
        assert "workers  starting" in facts.render().plain
        facts.show(replace(board, workers=(), trials=board.trials[:1], total=1), are_starting=True)
        await pilot.pause()
        assert "workers  none now" in facts.render().plain


async def test_the_same_facts_are_not_drawn_again(board: Board) -> None:
    facts = SweepFacts()
    async with WidgetApp(facts).run_test(size=(80, 24)) as pilot:
        facts.show(board)
        await pilot.pause()
        before = facts._lines
        facts.show(replace(board, workers=tuple(replace(worker, silent=3.0) for worker in board.workers)))
        assert facts._lines is before
        assert len(before) <= 4
