"""Row of a form: what it draws around its inputs."""

from collections.abc import Sequence

import pytest
from textual.content import Content
from textual.widgets import Input

from emnist_tui.tui.widgets.new_run.choice_box import Choice, ChoiceBox
from emnist_tui.tui.widgets.new_run.field_row import RowField, side_by_side


def choices() -> Sequence[Choice]:
    return [Choice("cpu"), Choice("cuda")]


def test_labels_end_before_their_inputs_and_select_boxes_have_an_arrow() -> None:
    assert RowField(Input(id="batch_size")).label.plain == "     batch size "
    assert RowField(Input(id="seed")).arrow.plain == "  "
    assert RowField(ChoiceBox("device", "", choices)).arrow.plain == "▾ "


def test_a_long_unit_takes_blanks_before_the_next_label_and_moves_nothing() -> None:
    second = Content("            ema ")
    for unit in ("", "short", "share of steps"):
        line = side_by_side([Content(f"         warmup {'':10}  {unit}"), second]).plain
        assert line.endswith(f"{unit:{line.index('ema') - 28}}ema ")
        assert len(line) == 37 + 16


@pytest.mark.parametrize("width", [1, 7, 20])
def test_words_are_folded_and_none_is_lost(width: int) -> None:
    field = RowField(Input(id="data"), words="/a/very-long-path/to the/gzip.zip")
    lines = field.wrapped(width)
    assert "".join("".join(line.plain for line in lines).split()) == "/a/very-long-path/tothe/gzip.zip"
    assert all(line.cell_length <= max(2, width) for line in lines)
