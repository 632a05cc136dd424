"""Rows of the form for a new run, with their inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from textual.widgets import Input

from emnist_tui.runs.config import OPTIMIZERS, SCHEDULES
from emnist_tui.runs.known_runs import KnownRuns
from emnist_tui.tui.widgets.new_run import facts
from emnist_tui.tui.widgets.new_run.choice_box import Choice, ChoiceBox
from emnist_tui.tui.widgets.new_run.field_row import FieldRow, RowField
from emnist_tui.tui.widgets.new_run.fields import FIELDS, PAIRS, ROWS
from emnist_tui.tui.widgets.new_run.number_box import NumberBox

OPEN = {"model": "or type FILE.py:NAME", "data": "or type a path"}
"""Select boxes that take other text, and the text that they take."""


def form_rows(texts: Mapping[str, str], known: KnownRuns) -> dict[str, FieldRow]:
    """Make the row of each field, filled in with `texts`."""
    choices = _choices(known)

    def field(name: str, unit: str = "") -> RowField:
        return RowField(_input(name, texts[name], choices.get(name)), unit)

    rows = {name: FieldRow(field(name)) for name in ROWS}
    if known.models:  # whose speed may need a second line, at which nothing should move
        rows["epochs"].reserve(2)
    names = [*PAIRS]
    for pair in (names[at : at + 2] for at in range(0, len(names), 2)):
        rows |= dict.fromkeys(pair, FieldRow(*(field(name, FIELDS[name].hint) for name in pair), is_shared=True))
    rows[names[0]].add_class("-first")
    return rows


def _input(name: str, text: str, choices: Callable[[], Sequence[Choice]] | None) -> Input:
    if choices:
        return ChoiceBox(name, text, choices, is_open=name in OPEN)
    if name != "name":
        return NumberBox(name, text, FIELDS[name].blank)
    return Input(text, FIELDS[name].blank, id=name, select_on_focus=True, validate_on=())


def _choices(known: KnownRuns) -> dict[str, Callable[[], Sequence[Choice]]]:
    return {
        "model": partial(facts.model_choices, known),
        "data": partial(facts.data_choices, known),
        "device": partial(facts.device_choices, known),
        "optimizer": partial(facts.plain_choices, OPTIMIZERS),
        "schedule": partial(facts.plain_choices, SCHEDULES),
    }
