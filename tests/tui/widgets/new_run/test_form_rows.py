"""Rows of the form for a new run."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.known_runs import KnownRuns
from emnist_tui.tui.widgets.new_run.choice_box import ChoiceBox
from emnist_tui.tui.widgets.new_run.field_row import FieldRow
from emnist_tui.tui.widgets.new_run.fields import FIELDS, PAIRS, initial
from emnist_tui.tui.widgets.new_run.form_rows import OPEN, form_rows
from emnist_tui.tui.widgets.new_run.number_box import NumberBox
from tests.support.widget_app import WidgetApp

TEXTS = initial(TrainConfig(seed=7))
Rows = dict[str, FieldRow]


@pytest.fixture
async def rows(tmp_path: Path) -> AsyncIterator[Rows]:
    """Make the rows within an app, which Textual's inputs need."""
    async with WidgetApp().run_test():
        yield form_rows(TEXTS, KnownRuns(tmp_path))


async def test_every_field_has_a_row_and_its_text(rows: Rows) -> None:
    assert [*rows] == [*FIELDS]
    assert {name: row.fields[name].input.value for name, row in rows.items()} == TEXTS


async def test_pairs_share_their_rows(rows: Rows) -> None:
    names = [*PAIRS]
    assert all(rows[one] is rows[other] for one, other in zip(names[::2], names[1::2], strict=True))


async def test_choices_open_a_menu_and_the_others_take_text(rows: Rows) -> None:
    kinds = {name: type(row.fields[name].input) for name, row in rows.items()}
    assert {name for name, kind in kinds.items() if kind is ChoiceBox} == {*OPEN, "device", "optimizer", "schedule"}
    assert kinds["seeds"] is NumberBox
