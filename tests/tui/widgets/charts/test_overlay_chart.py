"""Overlay chart: numbered curves in different colors."""

import numpy as np
import pytest
from rich.color import ColorSystem

from emnist_tui.tui.widgets.charts.axes import LOSS
from emnist_tui.tui.widgets.charts.overlay_chart import MOST_CURVES, Curve, OverlayChart, curve_style
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
        assert shown(chart).split()[-1] == "2,000"


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
