"""Base of the charts: its view and its repaints, by both kinds of charts."""

from collections.abc import Callable

import numpy as np
import pytest

from emnist_tui.tui.widgets.charts.axes import LOSS
from emnist_tui.tui.widgets.charts.chart import Chart
from emnist_tui.tui.widgets.charts.chart_data import ChartData
from emnist_tui.tui.widgets.charts.overlay_chart import Curve, OverlayChart
from emnist_tui.tui.widgets.charts.step_chart import StepChart
from emnist_tui.tui.widgets.charts.steps import View, Window
from tests.support.widget_app import WidgetApp

X = np.arange(1.0, 2001)
Y = 0.1 + 2.2 * np.exp(-X / 300)


def live_chart() -> StepChart:
    chart = Chart("Loss", LOSS)
    chart.show(ChartData(X, Y, Y, np.empty((0, 2)), total_steps=2000))
    return chart


def overlay() -> StepChart:
    chart = OverlayChart("Loss", LOSS)
    chart.show([Curve(X, Y)], 2000)
    return chart


@pytest.mark.parametrize("make", [live_chart, overlay])
async def test_a_view_is_named_and_can_be_left_again(make: Callable[[], StepChart]) -> None:
    app = WidgetApp()
    async with app.run_test(size=(80, 24)) as pilot:
        chart = make()
        await app.mount(chart)
        await pilot.pause()
        before = app.text
        seen = {before}
        for window in Window:
            for is_log in (False, True):
                chart.look(View(window, is_log=is_log))
                await pilot.pause()
                seen.add(app.text)
        assert len(seen) == 6
        assert "Loss · last tenth · log scale" in app.text
        chart.look(View())
        await pilot.pause()
        assert app.text == before


@pytest.mark.parametrize("make", [live_chart, overlay])
async def test_the_same_view_repaints_nothing(make: Callable[[], StepChart], monkeypatch: pytest.MonkeyPatch) -> None:
    app = WidgetApp()
    async with app.run_test(size=(80, 24)) as pilot:
        chart = make()
        await app.mount(chart)
        await pilot.pause()
        repaints: list[object] = []
        monkeypatch.setattr(chart, "refresh", lambda *regions, **_: repaints.append(regions))
        chart.look(View())
        assert repaints == []
        chart.look(View(Window.HALF))
        assert repaints


@pytest.mark.parametrize("make", [live_chart, overlay])
async def test_a_paint_before_the_event_of_a_new_size_is_of_that_size(
    make: Callable[[], StepChart], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StepChart, "on_resize", lambda self: None)
    app = WidgetApp()
    async with app.run_test(size=(80, 24)) as pilot:
        chart = make()
        await app.mount(chart)
        await pilot.pause()
        before = chart.render_line(0).cell_length
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert chart.render_line(0).cell_length == before + 40
