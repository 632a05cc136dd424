"""Groups of seeds and searches among the marked rows of Runs."""

from pathlib import Path

from emnist_tui.tui.screens.compare import CompareScreen
from emnist_tui.tui.screens.compare_seeds import CompareSeedsScreen
from emnist_tui.tui.screens.overlay import OverlayScreen
from emnist_tui.tui.screens.runs import RunsScreen
from tests.support.scripted_runs import write_run
from tests.support.seed_groups import write_events, write_group
from tests.support.sweep_folders import make_sweep
from tests.support.terminal import Terminal, terminal

A, B = {0: 0.95, 1: 0.955, 2: 0.96}, {0: 0.96, 1: 0.966, 2: 0.969}


async def mark_all(shown: Terminal, *names: str) -> None:
    """Mark the rows of these names, in this order."""
    await shown.press("4")
    await shown.shows(*names)
    screen = shown.app.screen
    assert isinstance(screen, RunsScreen)
    for name in names:
        screen.browser._table.move_to(shown.app.root / name)
        await shown.settle()
        await shown.press("m")


async def test_two_groups_are_compared(tmp_path: Path) -> None:
    write_group(tmp_path, "first", A)
    write_group(tmp_path, "second", B)
    async with terminal(tmp_path) as shown:
        await mark_all(shown, "first", "second")
        await shown.press("c")
        await shown.until(lambda: isinstance(shown.app.screen, CompareSeedsScreen), "the groups are compared")
        await shown.says("second is better than first")


async def test_a_group_is_overlaid_alone_or_with_a_run(tmp_path: Path) -> None:
    write_events(write_group(tmp_path, "first", A))
    write_run(tmp_path, "single")
    async with terminal(tmp_path, size=(120, 40)) as shown:
        await mark_all(shown, "first")
        await shown.press("v")
        await shown.until(lambda: isinstance(shown.app.screen, OverlayScreen), "the curves are shown")
        await shown.shows("first (3 seeds)")
        await shown.press("escape")
        await mark_all(shown, "single")
        await shown.press("v")
        await shown.shows("first (3 seeds)", "2 ━━   single")


async def test_a_search_has_no_mean_curve(tmp_path: Path) -> None:
    make_sweep(tmp_path / "search", trials=3)
    async with terminal(tmp_path) as shown:
        await mark_all(shown, "search")
        await shown.press("v")
        await shown.says("search varies more than the seed")
        assert isinstance(shown.app.screen, RunsScreen)


async def test_a_search_is_compared_by_its_best_trial(tmp_path: Path) -> None:
    make_sweep(tmp_path / "search", trials=3, runs=3)
    write_run(tmp_path, "single")
    async with terminal(tmp_path) as shown:
        await mark_all(shown, "search", "single")
        await shown.press("c")
        await shown.until(lambda: isinstance(shown.app.screen, CompareScreen), "the best trial is compared")
        await shown.shows("trial-000")
