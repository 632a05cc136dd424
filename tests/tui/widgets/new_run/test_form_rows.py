"""Rows of the form for a new run."""

from pathlib import Path

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.known_runs import KnownRuns
from emnist_tui.tui.widgets.new_run.choice_box import ChoiceBox
from emnist_tui.tui.widgets.new_run.fields import FIELDS, PAIRS, initial
from emnist_tui.tui.widgets.new_run.form_rows import OPEN, form_rows
from emnist_tui.tui.widgets.new_run.number_box import NumberBox


def test_every_field_has_a_row_and_its_text(tmp_path: Path) -> None:
    texts = initial(TrainConfig(seed=7))
    rows = form_rows(texts, KnownRuns(tmp_path))
    assert [*rows] == [*FIELDS]
    assert {name: row.fields[name].input.value for name, row in rows.items()} == texts


def test_pairs_share_their_rows(tmp_path: Path) -> None:
    rows = form_rows(initial(TrainConfig()), KnownRuns(tmp_path))
    names = [*PAIRS]
    assert all(rows[one] is rows[other] for one, other in zip(names[::2], names[1::2], strict=True))


def test_choices_open_a_menu_and_the_others_take_text(tmp_path: Path) -> None:
    rows = form_rows(initial(TrainConfig()), KnownRuns(tmp_path))
    kinds = {name: type(row.fields[name].input) for name, row in rows.items()}
    assert {name for name, kind in kinds.items() if kind is ChoiceBox} == {*OPEN, "device", "optimizer", "schedule"}
    assert kinds["seeds"] is NumberBox
