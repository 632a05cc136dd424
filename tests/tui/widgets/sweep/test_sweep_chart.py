"""Chart of a sweep in its views."""

from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.runs.sweeps.board import Board, SweepBoard
from emnist_tui.tui.widgets.sweep.sweep_chart import BEST, CURVES, PARAMETER, SweepChart
from tests.support.sweep_folders import make_spec, make_sweep
from tests.support.widget_app import WidgetApp


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return SweepBoard(make_sweep(tmp_path / "search", make_spec(60), trials=40, workers=2)).refresh()


async def test_each_view_names_what_it_shows(board: Board) -> None:
    chart = SweepChart()
    app = WidgetApp(chart)
    async with app.run_test(size=(100, 20)) as pilot:
        chart.show(board)
        for view, parameter, words in (
            (BEST, 0, "Best validation accuracy so far"),
            (CURVES, 0, "Validation accuracy by epoch"),
            (PARAMETER, 0, "Validation accuracy by rate · log scale"),
            (PARAMETER, 4, "Validation accuracy by batch"),
        ):
            chart.turn(view, parameter)
            await pilot.pause()
            assert words in app.text
            assert "trial 4 97.29 %" in app.text
            assert "%┤" in app.text


async def test_without_accuracies_it_says_when_they_appear(board: Board) -> None:
    chart = SweepChart()
    app = WidgetApp(chart)
    async with app.run_test(size=(100, 20)) as pilot:
        chart.show(replace(board, trials=()))
        await pilot.pause()
        assert "once a trial has ended" in app.text
        chart.turn(PARAMETER)
        await pilot.pause()
        assert "by the varied value" in app.text


async def test_the_same_accuracies_are_not_drawn_again(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    chart = SweepChart()
    async with WidgetApp(chart).run_test(size=(100, 20)) as pilot:
        chart.show(board)
        await pilot.pause()
        drawn: list[object] = []
        monkeypatch.setattr(chart, "redraw", lambda: drawn.append(None))
        chart.show(replace(board, workers=()))
        assert not drawn
        chart._next = float("inf")
        fewer = replace(board, trials=board.trials[:-5])
        chart.show(fewer)
        assert not drawn  # while it rests
        chart._next = 0.0
        chart.show(fewer)
        assert drawn
