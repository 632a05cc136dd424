"""JSON on stdout."""

import json

import pytest

from emnist_tui.commands.output.json import JsonLines, print_json, without_infinities
from emnist_tui.runs.events import Paused, PhaseStarted


def test_value_is_printed_as_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": [1, None], "b": "é\n"})
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out) == {"a": [1, None], "b": "é\n"}


def test_events_are_printed_as_the_lines_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    events = [PhaseStarted(phase="loading torch", time=1.0), Paused(step=3, time=2.0)]
    lines = JsonLines()
    for event in events:
        lines.observe(event)
    lines.close()
    assert capsys.readouterr().out == "".join(event.to_line() for event in events)


def test_numbers_that_json_does_not_have_are_null() -> None:
    value = {"a": [1.5, float("inf"), [float("nan")]], "b": -float("inf"), "c": "inf", "d": 3}
    assert without_infinities(value) == {"a": [1.5, None, [None]], "b": None, "c": "inf", "d": 3}
