"""Sorting and filtering of listed runs."""

from pathlib import Path
from typing import Any

import pytest

from emnist_tui.runs.listing import Entry
from emnist_tui.runs.selection import KEYS, ORDERS, Order, arrange, differing, matches


def entry(name: str, **facts: Any) -> Entry:
    values = {"kind": "run", "time": 0.0, "state": "finished", **facts}
    return Entry(name=name, path=Path(name), **values)


def names(entries: list[Entry]) -> list[str]:
    return [each.name for each in entries]


RUNS = [
    entry("run-10", created=3.0, time=5.0, test_accuracy=0.9, state="failed", learning_rate=0.1),
    entry("run-2", created=2.0, time=9.0, test_accuracy=0.97, state="training", tags=("good", "Paper"), note="keep"),
    entry("kept.pt", kind="checkpoint", time=7.0, state="checkpoint", model="baseline", data="EMNIST digits"),
    entry("Alpha", created=1.0, time=1.0, state="paused", learning_rate=0.001),
]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("created", ["run-10", "run-2", "Alpha", "kept.pt"]),
        ("last change", ["run-2", "kept.pt", "run-10", "Alpha"]),
        ("name", ["Alpha", "kept.pt", "run-2", "run-10"]),
        ("test", ["run-2", "run-10", "kept.pt", "Alpha"]),
        ("state", ["run-2", "Alpha", "run-10", "kept.pt"]),
        ("rate", ["Alpha", "run-10", "run-2", "kept.pt"]),
        ("tags", ["run-2", "run-10", "kept.pt", "Alpha"]),
    ],
)
def test_every_order_puts_unknown_values_last(by: str, expected: list[str]) -> None:
    assert names(arrange(RUNS, Order(by))) == expected


def test_a_reversed_order_keeps_unknown_values_last() -> None:
    assert names(arrange(RUNS, Order("test", is_reversed=True))) == ["run-10", "run-2", "kept.pt", "Alpha"]
    assert Order("test").is_descending
    assert not Order("test", is_reversed=True).is_descending


def test_equal_entries_stay_in_their_order() -> None:
    same = [entry(name, created=1.0) for name in "cab"]
    assert names(arrange(same, Order("created"))) == ["c", "a", "b"]


@pytest.mark.parametrize("by", KEYS)
def test_every_key_sorts_any_mixture(by: str) -> None:
    odd = [entry("", seed=0), entry("1"), entry("a1"), entry("1a", tags=("x",)), entry("²"), entry("\udcff")]
    assert len(arrange([*RUNS, *odd], Order(by))) == len(RUNS) + len(odd)


def test_the_usual_orders_are_columns() -> None:
    assert {order.by for order in ORDERS} <= set(KEYS)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", ["run-10", "run-2", "kept.pt", "Alpha"]),
        ("RUN", ["run-10", "run-2"]),
        ("paper", ["run-2"]),
        ("good run", ["run-2"]),
        ("emnist", ["kept.pt"]),
        ("paused", ["Alpha"]),
        ("baseline", ["kept.pt"]),
        ("keep nothing", []),
        ("[b] \x1b", []),
    ],
)
def test_a_filter_matches_every_word_anywhere(words: str, expected: list[str]) -> None:
    assert [each.name for each in RUNS if matches(each, words)] == expected


def test_a_word_is_not_found_across_two_facts() -> None:
    assert not matches(entry("a", tags=("b",)), "ab")


def test_damaged_runs_are_found_by_that_word() -> None:
    assert matches(entry("a", problem="broken"), "damaged")
    assert not matches(entry("a", problem="broken", state="training"), "damaged")


def test_values_differ_only_if_known() -> None:
    assert not differing(RUNS, lambda each: each.model)
    assert differing(RUNS, lambda each: each.learning_rate)
