"""Overlay chart: numbered curves in different colors."""

import numpy as np
import pytest
from rich.color import ColorSystem

from emnist_tui.tui.widgets.charts.axes import LOSS
from emnist_tui.tui.widgets.charts.overlay_chart import MOST_CURVES, Curve, OverlayChart, curve_style
from emnist_tui.tui.widgets.charts.steps import View, Window
from tests.support.widget_app import WidgetApp


def falling(steps: int, last: float) -> Curve:
    """Return a loss that falls from 2.3 to about `last`."""
    x = np.arange(1.0, steps + 1)
    return Curve(x, last + (2.3 - last) * np.exp(-x / 100))


def shown(chart: OverlayChart) -> str:
    return "\n".join(chart.render_line(y).text for y in range(chart.size.height))


@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT, ColorSystem.STANDARD])
@pytest.mark.parametrize("theme", ["textual-dark", "textual-light"])
async def test_all_curves_differ_in_color(system: ColorSystem, theme: str) -> None:
    app = WidgetApp(color_system=system)
    async with app.run_test():
        app.theme = theme
        colors = [curve_style(app, position).color for position in range(MOST_CURVES)]
        assert len({color.downgrade(system) for color in colors if color}) == MOST_CURVES


async def test_every_curve_has_its_number_in_its_color() -> None:
    chart = OverlayChart("Loss", LOSS)
    app = WidgetApp(chart)
    async with app.run_test(size=(80, 24)) as pilot:
        chart.show([falling(1000, last) for last in (0.1, 0.5, 0.9)], 1000)
        await pilot.pause()
        for position in range(3):
            color = curve_style(app, position).color
            text = "".join(
                segment.text
                for y in range(chart.size.height)
                for segment in chart.render_line(y)
                if segment.style and segment.style.color == color
            )
            assert str(position + 1) in text
            assert len(text) > 10


async def test_the_step_axis_covers_the_longest_curve() -> None:
    chart = OverlayChart("Loss", LOSS)
    app = WidgetApp(chart)
    async with app.run_test(size=(80, 24)) as pilot:
        chart.show([falling(100, 0.1), falling(1800, 0.1)], 0)
        await pilot.pause()
        assert shown(chart).split()[-1] in ("1,500", "2,000")


async def test_a_chart_without_finite_values_shows_its_hint() -> None:
    chart = OverlayChart("Loss", LOSS, "no run trains")
    app = WidgetApp(chart)
    async with app.run_test(size=(80, 24)) as pilot:
        chart.show([Curve(np.arange(3.0), np.array([np.nan, np.inf, -np.inf]))], 0)
        await pilot.pause()
        assert "no run trains" in shown(chart)
        chart.show([falling(100, 0.1)], 0)
        await pilot.pause()
        assert "no run trains" not in shown(chart)


@pytest.mark.parametrize("size", [(80, 24), (30, 8), (12, 5), (3, 2)])
async def test_every_row_fills_the_width_at_any_size(size: tuple[int, int]) -> None:
    chart = OverlayChart("Loss", LOSS)
    app = WidgetApp(chart)
    async with app.run_test(size=size) as pilot:
        chart.show([falling(1000, 0.1)], 1000)
        await pilot.pause()
        assert all(chart.render_line(y).cell_length == chart.size.width for y in range(chart.size.height))


async def test_a_hidden_curve_is_not_drawn_and_does_not_count_for_the_axis() -> None:
    chart = OverlayChart("Loss", LOSS)
    app = WidgetApp(chart)
    async with app.run_test(size=(80, 24)) as pilot:
        stuck = Curve(np.arange(1.0, 1001), np.full(1000, 2.3))
        chart.show([falling(1000, 0.02), stuck], 1000)
        await pilot.pause()
        assert "2" in shown(chart)
        assert "0.1" not in shown(chart)
        chart.hide(frozenset({1}), "all hidden")
        await pilot.pause()
        colors = {segment.style.color for y in range(20) for segment in chart.render_line(y) if segment.style}
        assert curve_style(app, 0).color in colors
        assert curve_style(app, 1).color not in colors
        assert "0.1" in shown(chart) or "0.05" in shown(chart)
        chart.show([falling(1000, 0.02), stuck], 1000)
        await pilot.pause()
        assert "0.1" in shown(chart) or "0.05" in shown(chart)
        chart.hide(frozenset({0, 1}), "all hidden")
        await pilot.pause()
        assert "all hidden" in shown(chart)
        chart.hide(frozenset(), "")
        await pilot.pause()
        assert "all hidden" not in shown(chart)


async def test_a_logarithmic_axis_tells_a_good_run_beside_a_stuck_one() -> None:
    chart = OverlayChart("Loss", LOSS)
    app = WidgetApp(chart)
    async with app.run_test(size=(80, 24)) as pilot:
        runs = [falling(1000, last) for last in (0.02, 0.06)] + [Curve(np.arange(1.0, 1001), np.full(1000, 2.3))]
        chart.show(runs, 1000)
        await pilot.pause()

        def end_rows() -> list[int]:
            colors = [curve_style(app, place).color for place in range(3)]
            return [
                max(
                    y
                    for y in range(chart.size.height)
                    for segment in chart.render_line(y)
                    if segment.style and segment.style.color == color
                )
                for color in colors
            ]

        linear = end_rows()
        chart.look(View(is_log=True))
        await pilot.pause()
        logarithmic = end_rows()
        assert abs(logarithmic[0] - logarithmic[1]) > abs(linear[0] - linear[1]) + 1


async def test_the_repaint_of_a_growing_curve_is_small() -> None:
    chart = OverlayChart("Loss", LOSS)
    app = WidgetApp(chart)
    async with app.run_test(size=(80, 24)) as pilot:
        chart.show([falling(800, 0.1)], 1000)
        await pilot.pause()
        before = [chart.render_line(y) for y in range(chart.size.height)]
        chart.show([falling(810, 0.1)], 1000)
        after = [chart.render_line(y) for y in range(chart.size.height)]
        assert 0 < sum(old != new for old, new in zip(before, after, strict=True)) < 6


async def test_any_curves_can_be_shown_in_any_view() -> None:
    chart = OverlayChart("Loss", LOSS)
    app = WidgetApp(chart)
    async with app.run_test(size=(60, 16)):
        for y in (np.array(values, np.float64) for values in ([0.0], [1.0, 1.0], [np.nan], [1e300, 1.0], [-1.0], [])):
            for view in (View(window, is_log=is_log) for window in Window for is_log in (False, True)):
                chart.look(view)
                for first in (0.0, 1e9):
                    x = np.arange(first, first + len(y), dtype=np.float64)
                    chart.show([Curve(x, y), Curve(np.empty(0), np.empty(0))], 0)
                    assert shown(chart)
