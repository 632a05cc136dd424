"""The comparison of two groups of seeds."""

from pathlib import Path

from emnist_tui.runs.sweeps.trial import TrialState
from emnist_tui.tui.screens.compare_seeds import CompareSeedsScreen
from emnist_tui.tui.screens.runs import RunsScreen
from tests.support.scripted_runs import write_run
from tests.support.seed_groups import write_group
from tests.support.terminal import Terminal, terminal

A = {0: 0.95, 1: 0.953, 2: 0.948}
B = {0: 0.954, 1: 0.958, 2: 0.954}


async def open_comparison(shown: Terminal, *names: str) -> None:
    await shown.press("4")
    await shown.app.push_screen(CompareSeedsScreen([shown.app.root / name for name in names]))


async def test_the_screen_says_whether_it_is_luck(tmp_path: Path) -> None:
    write_group(tmp_path, "first", A)
    write_group(tmp_path, "second", B)
    async with terminal(tmp_path) as shown:
        await open_comparison(shown, "first", "second")
        await shown.says("second is better than first (+0.50 points, 95 %: +0.25 to +0.75, p = 0.013).")
        await shown.press("escape")
        await shown.until(lambda: isinstance(shown.app.screen, RunsScreen), "back at the runs")


async def test_results_appear_once_their_seeds_have_finished(tmp_path: Path) -> None:
    write_group(tmp_path, "first", A)
    write_group(tmp_path, "second", {0: TrialState.RUNNING, 1: TrialState.INTERRUPTED})
    async with terminal(tmp_path) as shown:
        await open_comparison(shown, "first", "second")
        await shown.says("No run of second has finished; compare it once one has.")
        write_group(tmp_path / "new", "second", B)
        (tmp_path / "second").rename(tmp_path / "old")
        (tmp_path / "new" / "second").rename(tmp_path / "second")
        await shown.says("second is better than first")


async def test_a_run_shows_no_spread(tmp_path: Path) -> None:
    write_group(tmp_path, "group", A)
    write_run(tmp_path, "single")
    async with terminal(tmp_path) as shown:
        await open_comparison(shown, "single", "group")
        await shown.says("One seed shows no spread (single); train more seeds.")


async def test_groups_of_different_data_are_refused(tmp_path: Path) -> None:
    write_group(tmp_path, "first", A)
    write_group(tmp_path, "second", B, fingerprint="other")
    async with terminal(tmp_path) as shown:
        await open_comparison(shown, "first", "second")
        await shown.says("first and second are not of the same data")
