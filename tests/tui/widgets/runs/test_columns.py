"""Columns of the table of runs at every width."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emnist_tui.runs.listing import Entry
from emnist_tui.runs.selection import KEYS, Order
from emnist_tui.tui.widgets.runs.columns import COLUMNS, PADDING, Shown, fitting_columns


def entry(name: str = "baseline-001", **facts: Any) -> Entry:
    known = {"model": "baseline", "data": "synthetic digits", "epoch": 3, "epochs": 3, "step": 22_500, "seed": 0}
    values = {"learning_rate": 0.001, "batch_size": 128, "test_accuracy": 0.9731, "created": 1.7e9, **known, **facts}
    return Entry(name=name, path=Path(name), kind="run", time=1.7e9, state="interrupted", **values)


def names(columns: list[Shown]) -> list[str]:
    return [shown.column.name for shown in columns]


def used(columns: list[Shown]) -> int:
    return sum(shown.width + PADDING for shown in columns)


@pytest.mark.parametrize("width", range(8, 220, 7))
@pytest.mark.parametrize("name", ["a", "x" * 72])
def test_columns_never_take_more_than_the_width(width: int, name: str) -> None:
    entries = [entry(name, tags=("good", "paper"), note="n" * 90, data="d" * 90), entry("other", model="m" * 90)]
    columns = fitting_columns(entries, width, Order("created"))
    assert used(columns) <= width
    for each in entries:
        assert all(len(shown.text(each)) <= shown.width for shown in columns if shown.column.name)


@pytest.mark.parametrize(
    ("width", "needed"),
    [
        (56, {"name", "", "state", "test", "data"}),
        (76, {"name", "", "state", "test", "data", "rate", "batch"}),
        (90, {"name", "", "state", "test", "data", "rate", "batch", "tags", "epoch"}),
        (180, {column.name for column in COLUMNS} - {"model"}),
    ],
)
def test_the_most_needed_columns_are_there_at_every_width(width: int, needed: set[str]) -> None:
    assert needed <= set(names(fitting_columns([entry("x" * 72, tags=("good",), note="a note")], width)))


def test_a_column_without_facts_gives_its_room_to_others() -> None:
    assert {"tags", "note", "model"} & set(names(fitting_columns([entry()], 200))) == set()
    assert "model" in names(fitting_columns([entry(), entry(model="other")], 200))


@pytest.mark.parametrize("width", [60, 76, 116])
def test_models_are_told_apart_where_they_differ(width: int) -> None:
    columns = fitting_columns([entry("x" * 72), entry(model="accurate")], width)
    models = [shown.text(entry(model="accurate")) for shown in columns if shown.column.name == "model"]
    assert models == ["accurate"]


@pytest.mark.parametrize(("width", "text"), [(20, "my_file.py:MyNet"), (10, "MyNet"), (4, "My…t")])
def test_the_class_of_an_own_network_is_shown_before_its_file(width: int, text: str) -> None:
    column = next(column for column in COLUMNS if column.name == "model")
    assert Shown(column, "model", width).text(entry(model="my_file.py:MyNet")) == text


def test_a_name_is_cut_in_the_middle_and_data_at_the_end() -> None:
    long = entry("sweep-" + "x" * 60 + "-lr-01", data="EMNIST digits (unverified copy)")
    texts = {shown.column.name: shown.text(long) for shown in fitting_columns([long], 60)}
    assert texts["name"].startswith("sweep-")
    assert texts["name"].endswith("-01")
    assert "…" in texts["name"]
    assert texts["data"].endswith("…")
    assert (texts["state"], texts["test"]) == ("interrupted", "97.31 %")


def test_the_sorted_column_has_an_arrow() -> None:
    def labels(order: Order) -> list[str]:
        return [shown.label for shown in fitting_columns([entry()], 200, order)]

    assert "test ↓" in labels(Order("test"))
    assert "test ↑" in labels(Order("test", is_reversed=True))
    assert "name ↑" in labels(Order("name"))


def test_every_titled_column_can_be_sorted_by() -> None:
    assert {column.name for column in COLUMNS if column.name} == set(KEYS)


def test_the_name_column_is_always_shown() -> None:
    assert names(fitting_columns([entry()], 3)) == ["name"]


def test_data_has_no_word_that_all_data_have() -> None:
    known = entry("a", data="synthetic digits"), entry("b", data="EMNIST digits"), entry("c", data="other digits.zip")
    data = next(shown for shown in fitting_columns(known, 56) if shown.column.name == "data")
    assert [data.text(each) for each in known[:2]] == ["synthetic", "EMNIST"]


def test_short_tags_are_whole_before_a_long_name_grows() -> None:
    tagged = replace(entry("a-name-that-is-rather-long", tags=("lr", "small")), state="finished")
    shown = {each.column.name: each.text(tagged) for each in fitting_columns([tagged], 76)}
    assert shown["tags"] == "lr small"
    assert "…" in shown["name"]
