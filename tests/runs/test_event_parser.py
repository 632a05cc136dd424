"""Foreign, damaged and newer lines of events.jsonl. `test_events` reads those of every event."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emnist_tui.runs.event_parser import parse_event
from emnist_tui.runs.events import CheckpointSaved, DownloadAdvanced


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[]",
        "3",
        '{"event":"from_a_newer_version","time":1}',
        '{"event":"batches","time":1,"epoch":1}',
        '{"event":"batches","time":1,"epoch":1,"step":"2","loss":[1],"accuracy":[1]}',
        '{"event":"batches","time":1,"epoch":1,"step":2,"loss":["a"],"accuracy":[1]}',
        '{"event":"paused","time":1,"step":true}',
        '{"event":"checkpoint_saved","time":true,"file":"last.pt","step":1}',
        '{"event":["batches"]}',
        "[" * 100_000,
    ],
)
def test_a_foreign_or_damaged_line_is_no_event(line: str) -> None:
    assert parse_event(line) is None


@given(st.binary(max_size=200))
def test_arbitrary_bytes_raise_nothing(line: bytes) -> None:
    parse_event(line)


@pytest.mark.parametrize("extra", [{"color": "red"}, {"to_line": 1}, {"newer": {"nested": [1]}}])
def test_unknown_keys_are_ignored(extra: dict[str, Any]) -> None:
    saved = CheckpointSaved(file="last.pt", step=3, time=1.0)
    assert parse_event(json.dumps(json.loads(saved.to_line()) | extra)) == saved


def test_an_integer_is_read_as_a_float() -> None:
    read = parse_event('{"event":"download_advanced","time":1,"received":4,"total":8,"bytes_per_second":2}')
    assert read == DownloadAdvanced(received=4, total=8, bytes_per_second=2.0, time=1.0)
