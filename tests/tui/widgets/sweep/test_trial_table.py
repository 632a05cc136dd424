"""Table of a sweep's trials."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from rich.style import Style
from textual.app import ComposeResult

from emnist_tui.runs.sweeps.board import Board, SweepBoard
from emnist_tui.runs.sweeps.trial import TrialState
from emnist_tui.tui.theme import DARK
from emnist_tui.tui.widgets.sweep.columns import TrialOrder
from emnist_tui.tui.widgets.sweep.trial_table import TrialTable
from tests.support.sweep_folders import made_trials, make_spec, make_sweep
from tests.support.widget_app import WidgetApp


class TableApp(WidgetApp):
    """A table alone, which records what was opened and sorted."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[TrialTable.Opened | TrialTable.Sorted] = []

    def compose(self) -> ComposeResult:
        self.register_theme(DARK)
        self.theme = DARK.name
        yield TrialTable()

    @property
    def table(self) -> TrialTable:
        return self.query_one(TrialTable)

    def on_trial_table_opened(self, event: TrialTable.Opened) -> None:
        self.messages.append(event)

    def on_trial_table_sorted(self, event: TrialTable.Sorted) -> None:
        self.messages.append(event)


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return SweepBoard(make_sweep(tmp_path / "search", make_spec(60), trials=40, workers=2)).refresh()


async def test_the_cursor_stays_on_its_trial_when_a_better_one_comes(board: Board) -> None:
    app = TableApp()
    async with app.run_test(size=(80, 12)) as pilot:
        app.table.show(board, TrialOrder())
        await pilot.press("down", "down")
        chosen = app.table.selected
        assert chosen
        better = replace(board.trials[0], accuracy=0.999, curve=[0.999], state=TrialState.FINISHED)
        app.table.show(replace(board, trials=(better, *board.trials[1:])), TrialOrder())
        assert app.table.selected == chosen
        assert app.table.trials[0] is better


async def test_keys_move_through_all_rows_and_open_one(board: Board) -> None:
    app = TableApp()
    async with app.run_test(size=(80, 12)) as pilot:
        app.table.show(board, TrialOrder())
        await pilot.press("G", "enter", "g", "pagedown", "j", "k", "enter")
        last, other = app.messages
        assert isinstance(last, TrialTable.Opened)
        assert isinstance(other, TrialTable.Opened)
        assert last.trial == app.table.trials[-1]
        assert app.table.trials.index(other.trial) > 5
        await pilot.pause()
        assert f" {other.trial.number} " in app.text


async def test_a_click_selects_a_second_one_opens_and_a_title_sorts(board: Board) -> None:
    app = TableApp()
    async with app.run_test(size=(80, 12)) as pilot:
        app.table.show(board, TrialOrder())
        await pilot.pause()
        await pilot.click(offset=(10, 4))
        assert app.table.selected == app.table.trials[2]
        await pilot.click(offset=(10, 4), times=2)
        await pilot.click(offset=(app.text.split("\n")[1].index("batch"), 1))
        opened, ordered = app.messages
        assert isinstance(opened, TrialTable.Opened)
        assert isinstance(ordered, TrialTable.Sorted)
        assert ordered.column == "batch_size"


async def test_only_the_changed_row_is_drawn_again(board: Board) -> None:
    app = TableApp()
    async with app.run_test(size=(80, 12)) as pilot:
        app.table.show(board, TrialOrder())
        await pilot.pause()
        before = dict(app.table._strips)
        third = app.table.trials[2]
        changed = replace(third, epoch=3)
        trials = tuple(changed if trial is third else trial for trial in board.trials)
        app.table.show(replace(board, trials=trials), TrialOrder())
        assert [y for y, strip in before.items() if app.table._strips[y] != strip] == [3]


async def test_states_have_colors_and_pruned_rows_are_dim(board: Board) -> None:
    app = TableApp()
    async with app.run_test(size=(100, 50)) as pilot:
        app.table.show(board, TrialOrder())
        await pilot.pause()
        looks: dict[str, Style] = {
            segment.text.strip(): segment.style
            for y in range(2, 41)
            for segment in app.table.render_line(y)
            if segment.style and segment.text.strip() in set(TrialState)
        }
        assert len({str(looks[state].color) for state in ("finished", "running", "failed", "pruned")}) == 4


async def test_a_thousand_trials_are_shown_in_a_moment(board: Board) -> None:
    many = replace(board, trials=tuple(made_trials(board.spec, 1_000)))
    app = TableApp()
    async with app.run_test(size=(120, 40)) as pilot:
        begun = time.perf_counter()
        app.table.show(many, TrialOrder())
        assert time.perf_counter() - begun < 1
        await pilot.pause()
        assert len(app.table._strips) < 45


async def test_an_empty_table_has_no_row_and_no_error(board: Board) -> None:
    app = TableApp()
    async with app.run_test(size=(80, 12)) as pilot:
        app.table.show(replace(board, trials=()), TrialOrder())
        await pilot.press("down", "G", "enter")
        assert app.table.selected is None
        assert app.messages == []
