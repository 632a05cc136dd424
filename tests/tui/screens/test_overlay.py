"""The overlaid curves of several runs."""

import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from rich.color import ColorSystem

from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.follower import RunFollower
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.tui.screens.overlay import OverlayScreen
from emnist_tui.tui.screens.runs import RunsScreen
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.charts.overlay_chart import MOST_CURVES, OverlayChart, band_style, curve_style, seed_style
from tests.support.run_lists import write_runs
from tests.support.scripted_runs import STEPS_PER_EPOCH, batches, write_run
from tests.support.seed_groups import write_events, write_group
from tests.support.terminal import Terminal, control, live_run, terminal

SIZES = [(20, 5), (60, 20), (80, 24), (100, 36), (120, 40), (200, 60)]


async def overlaid(shown: Terminal, runs: int) -> None:
    """Mark the first runs of the list in its order and overlay them."""
    await shown.press("4", "m", *["down", "m"] * (runs - 1), "v")
    await shown.until(lambda: isinstance(shown.app.screen, OverlayScreen), "the curves are shown")
    await shown.shows("Loss", "Accuracy", "mean of 100")
    await shown.hides(" reading ")
    await shown.settle()


def line_of(shown: Terminal, name: str) -> list[str]:
    """Return the cells of a run's line in the legend."""
    lines = (line for line in shown.text.split("\n") if f" {name} " in line and ("━━" in line or "╌╌" in line))
    return next(line.split("│")[1].lstrip("▸ ").split() for line in lines)


async def test_the_legend_shows_the_last_smoothed_values_and_test_accuracy(tmp_path: Path) -> None:
    root = write_runs(tmp_path / "runs", {"first": 1, "second": 2, "third": 3})
    async with terminal(root, size=(120, 40)) as shown:
        await overlaid(shown, 3)
        for number, name in enumerate(("first", "second", "third"), 1):
            from_disk = RunFollower(RunFolder(root / name))
            from_disk.poll()
            history, evaluated = from_disk.record.history, from_disk.record.last_evaluation()
            assert evaluated
            *facts, loss, accuracy, _, test, _ = line_of(shown, name)
            assert facts == [str(number), "━━", name, "finished", str(number * STEPS_PER_EPOCH)]
            assert float(loss) == pytest.approx(history.smoothed(history.loss)[-1], abs=0.00051)
            assert float(accuracy) == pytest.approx(history.smoothed(history.accuracy)[-1] * 100, abs=0.051)
            assert test == f"{evaluated.accuracy * 100:.2f}"


async def test_every_curve_has_its_own_color_and_number(tmp_path: Path) -> None:
    root = write_runs(tmp_path / "runs", {"first": 1, "second": 2, "third": 3})
    async with terminal(root, size=(120, 40)) as shown:
        await overlaid(shown, 3)
        for chart in shown.app.screen.query(OverlayChart):
            for position in range(3):
                color = curve_style(shown.app, position).color
                drawn = [
                    segment.text
                    for y in range(chart.size.height)
                    for segment in chart.render_line(y)
                    if segment.style and segment.style.color == color
                ]
                assert str(position + 1) in "".join(drawn)
                assert len(drawn) > 3


@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT, ColorSystem.STANDARD])
async def test_the_colors_of_all_curves_differ_in_any_terminal(tmp_path: Path, system: ColorSystem) -> None:
    async with terminal(tmp_path) as shown:
        shown.app.console._color_system = system
        for theme in ("emnist-dark", "emnist-light"):
            shown.app.theme = theme
            colors = [curve_style(shown.app, position).color for position in range(MOST_CURVES)]
            assert len({color.downgrade(system) for color in colors if color}) == MOST_CURVES


async def test_the_longest_run_sets_the_x_axis(tmp_path: Path) -> None:
    root = write_runs(tmp_path / "runs", {"short": 1, "long": 9})
    async with terminal(root, size=(120, 40)) as shown:
        await overlaid(shown, 2)
        await shown.shows("800")
        chart = shown.app.screen.query_one("#losses", OverlayChart)
        assert [curve.x[-1] for curve in chart._curves] == [100, 900]


async def test_a_live_run_is_followed_and_a_theme_recolors(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    with live_run(root, "live", epochs=1) as (folder, log):
        os.utime(folder.run_json, (1_700_000_000,) * 2)
        os.utime(write_run(root, "done").run_json, (1_600_000_000,) * 2)
        async with terminal(root, size=(120, 40)) as shown:
            await overlaid(shown, 2)
            assert line_of(shown, "live")[3:5] == ["training", "100"]
            chart = shown.app.screen.query_one("#losses", OverlayChart)
            before = [chart.render_line(y) for y in range(chart.size.height)]
            log.write(batches(2, 101, 180))
            await shown.until(lambda: line_of(shown, "live")[4] == "180", "the legend is updated")
            assert chart._curves[0].x[-1] == 180
            after = [chart.render_line(y) for y in range(chart.size.height)]
            assert before != after
            shown.app.theme = "emnist-light"
            await shown.until(
                lambda: any(
                    segment.style and segment.style.color == curve_style(shown.app, 1).color
                    for strip in shown.app.screen._compositor.render_strips()
                    for segment in strip
                    if "2 ━━" in segment.text
                ),
                "the legend has the light theme's colors",
            )


async def test_a_removed_run_is_marked_gone_and_keeps_its_curve(tmp_path: Path) -> None:
    root = write_runs(tmp_path / "runs", {"first": 2, "second": 2})
    async with terminal(root, size=(120, 40)) as shown:
        await overlaid(shown, 2)
        shutil.rmtree(root / "second")
        await shown.until(lambda: line_of(shown, "second")[3] == "gone", "a message is shown")
        assert line_of(shown, "first")[3] == "finished"
        assert len(shown.app.screen.query_one("#losses", OverlayChart)._curves[1].x) == 2 * STEPS_PER_EPOCH
        await shown.press("escape")
        await shown.until(lambda: isinstance(shown.app.screen, RunsScreen), "back at the runs")


async def test_a_curve_is_hidden_and_shown_by_keys_and_by_mouse(tmp_path: Path) -> None:
    root = write_runs(tmp_path / "runs", {"first": 1, "second": 2, "third": 3})
    async with terminal(root, size=(120, 40)) as shown:
        await overlaid(shown, 3)

        def visible() -> list[bool]:
            chart = shown.app.screen.query_one("#losses", OverlayChart)
            colors = {
                segment.style.color
                for y in range(chart.size.height)
                for segment in chart.render_line(y)
                if segment.style
            }
            return [curve_style(shown.app, place).color in colors for place in range(3)]

        assert visible() == [True, True, True]
        await shown.press("j", "space")
        assert visible() == [True, False, True]
        assert line_of(shown, "second")[1] == "╌╌"
        await shown.press("up", "space", "down", "down", "space")
        await shown.shows("Every curve is hidden; space shows the chosen one")
        await shown.click_on("second")
        assert visible() == [False, True, False]
        await shown.press("question_mark")
        await shown.shows("Hide or show the chosen run's curves")


async def test_space_hides_a_curve_and_never_pauses_the_open_run(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    write_run(root, "done")
    with live_run(root, "live") as (folder, _):
        async with terminal(root, RunSession(folder), (120, 40)) as shown:
            await overlaid(shown, 2)
            await shown.press("space")
            assert control(folder) == {}
            await shown.shows("╌╌")


async def test_runs_beyond_six_are_named_only(tmp_path: Path) -> None:
    names = [f"run-{number}" for number in range(8)]
    root = write_runs(tmp_path / "runs", dict.fromkeys(names, 1))
    async with terminal(root, size=(80, 24)) as shown:
        await overlaid(shown, 8)
        await shown.shows("run-5", "too many for one chart: run-6, run-7")
        assert len(shown.app.screen.query_one("#losses", OverlayChart)._curves) == 6


async def test_a_run_without_steps_appears_in_the_legend_only(tmp_path: Path) -> None:
    root = write_runs(tmp_path / "runs", {"first": 0, "second": 0})
    async with terminal(root) as shown:
        await overlaid(shown, 2)
        await shown.shows("Each run's loss")
        assert line_of(shown, "first")[3:] == ["finished", "0", "–", "–", "–"]


async def overlay_groups(shown: Terminal, *names: str) -> OverlayScreen:
    await shown.press("4")
    screen = OverlayScreen([SweepFolder(shown.app.root / name) for name in names])
    await shown.app.push_screen(screen)
    await shown.shows("finished")
    await shown.settle()
    return screen


async def test_a_group_has_a_mean_a_band_and_its_seeds(tmp_path: Path) -> None:
    write_events(write_group(tmp_path, "first", {0: 0.95, 1: 0.96, 2: 0.97}))
    write_events(write_group(tmp_path, "second", {0: 0.90, 1: 0.91}))
    async with terminal(tmp_path, size=(120, 40)) as shown:
        shown.app.console._color_system = ColorSystem.TRUECOLOR
        screen = await overlay_groups(shown, "first", "second")
        await shown.shows("first (3 seeds)", "96.00 ± 1.00 %", "second (2 seeds)", "90.50 ± 0.71 %")
        chart = screen.query_one("#losses", OverlayChart)
        first = chart._curves[0]
        assert len(first.members) == 3
        assert first.y == pytest.approx(np.mean([y for _, y in first.members], axis=0))
        styles = {segment.style for y in range(chart.size.height) for segment in chart.render_line(y) if segment.style}
        for place in range(2):
            for style in (curve_style, seed_style):
                assert any(each.color == style(shown.app, place).color for each in styles)
            assert any(each.bgcolor == band_style(shown.app, place).bgcolor for each in styles)


async def test_seeds_that_begin_later_join_the_curve(tmp_path: Path) -> None:
    folder = write_events(write_group(tmp_path, "first", {0: 0.95, 1: 0.96}))
    hidden = tmp_path / "hidden"
    folder.trial(2).path.rename(hidden)
    async with terminal(tmp_path, size=(120, 40)) as shown:
        await overlay_groups(shown, "first")
        await shown.shows("first (1 of 2 seeds)")
        hidden.rename(folder.trial(2).path)
        await shown.shows("first (2 seeds)", "95.50 ± 0.71 %")


async def test_opening_long_runs_does_not_hold_the_screen_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes long is read in another thread."""
    threads: list[threading.Thread] = []
    poll = RunFollower.poll

    def remembered(follower: RunFollower) -> bool:
        if not follower.record.has_ended:
            threads.append(threading.current_thread())
        return poll(follower)

    write_events(write_group(tmp_path, "first", {0: 0.95, 1: 0.96}))
    async with terminal(tmp_path, size=(120, 40)) as shown:
        monkeypatch.setattr(RunFollower, "poll", remembered)
        await overlay_groups(shown, "first")
        assert threads
        assert threading.main_thread() not in threads


async def test_curves_are_read_while_other_threads_work(tmp_path: Path) -> None:
    write_events(write_group(tmp_path, "first", {0: 0.95, 1: 0.96}))
    is_over = threading.Event()
    async with terminal(tmp_path, size=(120, 40)) as shown:
        shown.app.run_worker(lambda: is_over.wait(60), thread=True)
        try:
            await overlay_groups(shown, "first")
        finally:
            is_over.set()


@pytest.mark.slow
@pytest.mark.parametrize(("no_color", "sizes"), [(False, SIZES), (True, [(80, 24)])])
async def test_the_overlay_fits_every_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_color: bool, sizes: list[tuple[int, int]]
) -> None:
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    root = write_runs(tmp_path / "runs", {"first": 1, "second": 2, "third": 3})
    async with terminal(root) as shown:
        await overlaid(shown, 3)
        for width, height in sizes:
            await shown.pilot.resize_terminal(width, height)
            await shown.settle()
            if width < 60:
                assert "emnist-tui needs" in shown.text
                continue
            for name in ("first", "second", "third"):
                assert line_of(shown, name)[-1] == "%"
            for chart in shown.app.screen.query(OverlayChart):
                drawn = "\n".join(chart.render_line(y).text for y in range(chart.size.height))
                assert all(number in drawn for number in "123")
                assert any("⠀" < sign <= "⣿" for sign in drawn)
