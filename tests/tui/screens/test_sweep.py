"""Screen of one sweep."""

import shutil
from pathlib import Path

import pytest

from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from emnist_tui.tui.screens.runs import RunsScreen
from emnist_tui.tui.screens.sweep import SweepScreen
from emnist_tui.tui.screens.train import TrainScreen
from emnist_tui.tui.widgets.sweep.sweep_chart import SweepChart
from emnist_tui.tui.widgets.sweep.trial_table import TrialTable
from tests.support.sweep_folders import made_trial, make_spec, make_sweep, put_trial, sample_points
from tests.support.terminal import Terminal, terminal


def sweep_in(tmp_path: Path, trials: int = 12, workers: int = 2, runs: int = 0, name: str = "search") -> SweepFolder:
    return make_sweep(tmp_path / "runs" / name, make_spec(20), trials=trials, workers=workers, runs=runs)


async def opened(shown: Terminal, *words: str) -> SweepScreen:
    """Open the sweep in the first row of the list."""
    await shown.press("4")
    await shown.until(lambda: isinstance(shown.app.screen, RunsScreen), "the list is shown")
    await shown.until(lambda: " of 20 " in shown.text, "the sweep is listed")
    await shown.press("enter")
    await shown.shows(*(words or ("by val ↓",)))
    screen = shown.app.screen
    assert isinstance(screen, SweepScreen)
    return screen


def selected(screen: SweepScreen) -> Trial:
    trial = screen.query_one(TrialTable).selected
    assert trial
    return trial


async def test_a_sweep_opens_from_runs_and_a_trial_as_a_run(tmp_path: Path) -> None:
    sweep_in(tmp_path, runs=12)
    async with terminal(tmp_path / "runs") as shown:
        screen = await opened(shown, "search · 12 of 20 trials", "2 on ", "◆ trial")
        best = selected(screen)
        await shown.press("enter")
        await shown.until(lambda: isinstance(shown.app.screen, TrainScreen), "the trial is open")
        await shown.shows(f"search/trial-{best.number:04d}")
        await shown.press("4")
        assert shown.app.screen is screen
        assert selected(screen) == best
        await shown.press("escape")
        await shown.until(lambda: isinstance(shown.app.screen, RunsScreen), "back at the list")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
async def test_at_least_eight_trials_are_shown(tmp_path: Path, size: tuple[int, int]) -> None:
    sweep_in(tmp_path)
    async with terminal(tmp_path / "runs", size=size) as shown:
        screen = await opened(shown)
        rows = [line for line in shown.text.split("\n") if any(f" {state} " in line for state in TrialState)]
        rows = [line for line in rows if line.startswith("│")]
        assert len(rows) >= 8
        assert screen.query_one(TrialTable).region.y <= 6
        assert "…" not in shown.text.split("\n", 2)[2].rpartition("\n")[0].partition("EMNIST")[0]


async def test_new_results_appear_and_the_cursor_stays(tmp_path: Path) -> None:
    folder = sweep_in(tmp_path)
    async with terminal(tmp_path / "runs") as shown:
        screen = await opened(shown)
        await shown.press("down")
        before = selected(screen).number
        spec = make_spec(20)
        put_trial(folder, made_trial(spec, 13, sample_points(spec, 13)[12]))
        await shown.shows("13 of 20 trials")
        assert selected(screen).number == before


async def test_the_reason_of_a_failed_trial_is_shown_when_it_is_selected(tmp_path: Path) -> None:
    sweep_in(tmp_path)
    async with terminal(tmp_path / "runs") as shown:
        screen = await opened(shown)
        await shown.press("o", "o")
        table = screen.query_one(TrialTable)
        failed = next(trial for trial in table.trials if trial.state is TrialState.FAILED)
        table.move_to(failed.number)
        await shown.shows(f"trial {failed.number} failed: CUDA out of memory")


async def test_the_chart_turns_and_a_low_window_hides_it_again(tmp_path: Path) -> None:
    sweep_in(tmp_path)
    async with terminal(tmp_path / "runs") as shown:
        screen = await opened(shown)
        chart = screen.query_one(SweepChart)
        assert not chart.display
        await shown.press("v")
        await shown.shows("Best validation accuracy so far")
        await shown.press("v")
        await shown.shows("accuracy by epoch")
        await shown.press("v")
        await shown.shows("accuracy by rate · log scale")
        await shown.press("p")
        await shown.shows("accuracy by batch")
        await shown.press("v")
        await shown.hides("accuracy by")


async def test_a_trial_without_a_run_is_not_opened(tmp_path: Path) -> None:
    sweep_in(tmp_path)
    async with terminal(tmp_path / "runs") as shown:
        screen = await opened(shown)
        number = selected(screen).number
        await shown.press("enter")
        await shown.shows(f"Trial {number} has not begun to train.")
        assert shown.app.screen is screen


async def test_sorting_by_key_and_by_click(tmp_path: Path) -> None:
    sweep_in(tmp_path)
    async with terminal(tmp_path / "runs", size=(120, 40)) as shown:
        screen = await opened(shown)
        await shown.press("o")
        await shown.shows("by trial ↑")
        await shown.click_on("batch  aug")
        await shown.shows("by batch ↑")
        await shown.click_on("batch ↑  aug")
        await shown.shows("by batch ↓")
        assert screen.query_one(TrialTable).trials[0].values["batch_size"] == 128


async def test_an_empty_sweep_says_what_to_press(tmp_path: Path) -> None:
    sweep_in(tmp_path, trials=0, workers=0)
    async with terminal(tmp_path / "runs") as shown:
        await opened(shown, "No trial has begun. Press w to start workers here", "none; w starts some here")


async def test_workers_without_a_trial_are_about_to_begin(tmp_path: Path) -> None:
    sweep_in(tmp_path, trials=0, workers=1)
    async with terminal(tmp_path / "runs") as shown:
        await opened(shown, "The workers are about to begin the first trials.", "1 on ")


async def test_a_damaged_sweep_is_listed_and_not_opened(tmp_path: Path) -> None:
    sweep_in(tmp_path).sweep_json.write_text("{")
    async with terminal(tmp_path / "runs") as shown:
        await shown.press("4")
        await shown.shows("damaged")
        await shown.press("enter")
        await shown.says("is not a complete sweep")
        assert isinstance(shown.app.screen, RunsScreen)


async def test_a_sweep_deleted_under_its_screen_says_so(tmp_path: Path) -> None:
    folder = sweep_in(tmp_path)
    async with terminal(tmp_path / "runs") as shown:
        await opened(shown)
        shutil.rmtree(folder.path)
        await shown.shows("search is no longer there")
        await shown.press("o", "v", "x", "escape")
        await shown.until(lambda: isinstance(shown.app.screen, RunsScreen), "back at the list")


async def test_markup_in_names_is_shown_as_it_is(tmp_path: Path) -> None:
    folder = sweep_in(tmp_path, name="[red]search")
    put_trial(folder, Trial(1, {}, TrialState.FAILED, reason="[b]no\x1b[31m", host="[/red]"))
    async with terminal(tmp_path / "runs", size=(120, 40)) as shown:
        screen = await opened(shown, "[red]search · 12 of 20 trials", "[/red]")
        screen.query_one(TrialTable).move_to(1)
        await shown.shows(r"trial 1 failed: [b]no\x1b[31m")


async def test_keys_of_the_app_that_need_a_run_act_on_the_trial(tmp_path: Path) -> None:
    sweep_in(tmp_path, runs=12)
    async with terminal(tmp_path / "runs") as shown:
        await opened(shown)
        await shown.press("L")
        await shown.shows("trial-00")
        await shown.press("escape", "r")
        assert isinstance(shown.app.screen, SweepScreen)
