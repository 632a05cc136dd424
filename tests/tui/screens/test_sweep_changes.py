"""Requests to a sweep's workers by the keys of its screen."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.spec import SweepSpec
from emnist_tui.runs.sweeps.trial import TrialState
from emnist_tui.tui.screens.compare import CompareScreen
from emnist_tui.tui.screens.sweep import SweepScreen
from emnist_tui.tui.widgets.sweep.trial_table import TrialTable
from tests.support.sweep_folders import made_trials, make_spec, make_sweep, seeds_spec
from tests.support.terminal import Terminal, terminal


def control(folder: SweepFolder) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(folder.control.read_text())
    return values


async def opened(shown: Terminal, folder: SweepFolder) -> SweepScreen:
    screen = SweepScreen(folder)
    await shown.app.push_screen(screen)
    await shown.until(lambda: screen.board, "the sweep is read")
    await shown.shows("◆")
    await shown.until(lambda: shown.keys["space"][1], "its keys work")
    return screen


def search(tmp_path: Path, spec: SweepSpec | None = None, trials: int = 9, runs: int = 0) -> SweepFolder:
    return make_sweep(tmp_path / "search", spec or make_spec(20), trials=trials, workers=1, runs=runs)


async def test_the_sweep_is_paused_resumed_and_stopped_after_a_question(tmp_path: Path) -> None:
    folder = search(tmp_path)
    async with terminal(tmp_path) as shown:
        await opened(shown, folder)
        await shown.press("space")
        assert control(folder) == {"desired": "pause"}
        await shown.shows("paused, ")
        await shown.until(lambda: shown.keys["space"][0] == "resume_sweep", "the key resumes")
        await shown.press("space")
        assert control(folder) == {"desired": "run"}
        await shown.press("X")
        await shown.shows("Stop search?")
        await shown.press("escape")
        assert control(folder) == {"desired": "run"}
        await shown.press("X", "y")
        assert control(folder) == {"desired": "stop"}
        await shown.shows("search saves its trials and stops.")


async def test_one_trial_is_stopped_and_resumed(tmp_path: Path) -> None:
    spec = make_spec(20)
    stopped, *others = made_trials(spec, 9)
    folder = make_sweep(tmp_path / "search", spec, trials=[replace(stopped, state=TrialState.STOPPED), *others])
    async with terminal(tmp_path) as shown:
        screen = await opened(shown, folder)
        screen.query_one(TrialTable).move_to(1)
        await shown.shows("u lets a worker resume it")
        await shown.press("u")
        assert json.loads(folder.trial(1).control.read_text())["desired"] == "run"
        assert "A worker resumes trial 1 when it is free." in shown.notices


async def test_a_training_trial_is_stopped_by_the_key_of_runs(tmp_path: Path) -> None:
    folder = search(tmp_path)
    async with terminal(tmp_path) as shown:
        screen = await opened(shown, folder)
        await shown.press("x")
        assert not folder.trial(selected(screen)).control.exists()
        screen.query_one(TrialTable).move_to(9)
        await shown.press("x")
        assert json.loads(folder.trial(9).control.read_text())["desired"] == "stop"


def selected(screen: SweepScreen) -> int:
    trial = screen.query_one(TrialTable).selected
    assert trial
    return trial.number


async def test_a_trial_of_ones_own_is_enqueued(tmp_path: Path) -> None:
    folder = search(tmp_path)
    async with terminal(tmp_path) as shown:
        screen = await opened(shown, folder)
        board = screen.board
        assert board
        assert board.best
        await shown.press("a")
        await shown.shows("Add a trial", "learning-rate", "augmentation")
        await shown.press("ctrl+u", *"0.02", "enter")
        values = json.loads((folder.points / "0001.json").read_text())["values"]
        assert values["learning_rate"] == 0.02
        assert values["batch_size"] == board.best.values["batch_size"]
        await shown.shows("of 21 trials")


async def test_a_sweep_is_extended(tmp_path: Path) -> None:
    folder = search(tmp_path)
    async with terminal(tmp_path) as shown:
        await opened(shown, folder)
        await shown.press("E", "5", "enter")
        assert control(folder) == {"desired": "run", "trials": 25}
        await shown.shows("of 25 trials")


async def test_workers_are_launched_and_a_failure_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_sweep(tmp_path / "seeds", seeds_spec(5), trials=3, workers=1)
    launched: list[Sequence[str]] = []

    class Ended:
        returncode = 1

        def poll(self) -> int:
            return 1

    def launch(arguments: Sequence[str], log: Path) -> Ended:
        launched.append(arguments)
        log.write_text("The workers cannot start.\n")
        return Ended()

    monkeypatch.setattr("emnist_tui.runs.launch._launch", launch)
    async with terminal(tmp_path) as shown:
        await opened(shown, folder)
        await shown.press("w", "3", "enter")
        assert launched == [["sweep", "work", str(folder.path), "--workers", "3"]]
        await shown.until(lambda: "The workers cannot start." in shown.notices, "the reason is shown")


async def test_a_search_without_its_engine_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emnist_tui.tui.screens.sweep_changes.find_spec", lambda _: None)
    async with terminal(tmp_path) as shown:
        await opened(shown, search(tmp_path))
        await shown.press("w", "enter")
        assert "Workers that search need Optuna; install it with `pip install 'emnist-tui[sweep]'`." in shown.notices


async def test_the_two_best_are_compared_and_their_values_named(tmp_path: Path) -> None:
    folder = search(tmp_path, runs=9)
    async with terminal(tmp_path, size=(120, 40)) as shown:
        await opened(shown, folder)
        await shown.press("c")
        await shown.until(lambda: isinstance(shown.app.screen, CompareScreen), "the comparison is shown")
        assert any(notice.startswith("A has rate ") for notice in shown.notices)
        await shown.shows("trial-0004 (rate 0.2072, batch 128")
        await shown.press("escape")
        await shown.until(lambda: isinstance(shown.app.screen, SweepScreen), "back at the sweep")


async def test_the_two_best_are_compared_at_their_best_epochs(tmp_path: Path) -> None:
    spec = make_spec(20)
    trials = [replace(trial, curve=[0.9, 0.97, 0.95], accuracy=0.97, epoch=3) for trial in made_trials(spec, 2)]
    trials = [replace(trial, state=TrialState.FINISHED) for trial in trials]
    folder = make_sweep(tmp_path / "search", spec, trials=trials, runs=2)
    async with terminal(tmp_path, size=(120, 40)) as shown:
        await opened(shown, folder)
        await shown.press("c")
        await shown.shows("trial-0001 epoch 2", "trial-0002 epoch 2")


async def test_finished_trials_are_compared_before_better_unfinished_ones(tmp_path: Path) -> None:
    spec = make_spec(20)
    trials = made_trials(spec, 9)
    best = max(trials, key=lambda trial: trial.accuracy or 0)
    trials = [replace(trial, state=TrialState.FAILED) if trial is best else trial for trial in trials]
    folder = make_sweep(tmp_path / "search", spec, trials=trials, runs=9)
    async with terminal(tmp_path, size=(120, 40)) as shown:
        screen = await opened(shown, folder)
        board = screen.board
        assert board
        await shown.press("c")
        await shown.until(lambda: isinstance(shown.app.screen, CompareScreen), "the comparison is shown")
        finished = [trial.number for trial in board.ranking if trial.state.counts]
        await shown.shows(f"trial-{finished[0]:04d} (", f"trial-{finished[1]:04d} (")
        assert f"trial-{best.number:04d}" not in shown.text


async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    folder = search(tmp_path)
    async with terminal(tmp_path) as shown:
        await opened(shown, folder)
        folder.control.mkdir()  # which no file can replace
        await shown.press("space")
        assert any("cannot be written" in notice for notice in shown.notices)
