"""events.jsonl: what is written is read back, and nothing in the file can break a reader."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emnist_tui.runs.events import (
    Batches,
    CheckpointSaved,
    Evaluated,
    EventLog,
    EventTail,
    RunFailed,
    parse_event,
    read_events,
)

BATCHES = Batches(epoch=1, step=2, loss=[2.3, 2.2], accuracy=[0.125, 0.25], time=5.0)
EVALUATED = Evaluated(
    split="test", epoch=1, step=2, loss=0.5, accuracy=0.9, images=10, file="evaluation-epoch-001.npz", time=6.0
)


def test_an_event_is_one_line_of_json_that_names_it() -> None:
    record = json.loads(EVALUATED.to_line())
    assert record["event"] == "evaluated"
    assert record["time"] == 6.0
    assert record["accuracy"] == 0.9


@pytest.mark.parametrize("event", [BATCHES, EVALUATED, RunFailed(error="x", hint="y", time=1.0)])
def test_an_event_survives_the_file(event: Batches) -> None:
    assert parse_event(event.to_line()) == event


def test_a_number_that_json_has_no_word_for_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        Batches(epoch=1, step=1, loss=[float("nan")], accuracy=[0.0]).to_line()


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[]",
        "3",
        '{"event":"from_a_newer_program","time":1}',
        '{"event":"batches","time":1,"epoch":1}',
        '{"event":"batches","time":1,"epoch":1,"step":"2","loss":[1],"accuracy":[1]}',
        '{"event":"batches","time":1,"epoch":1,"step":2,"loss":["a"],"accuracy":[1]}',
        '{"event":["batches"]}',
        "[" * 100_000,
    ],
)
def test_a_foreign_or_damaged_line_is_no_event(line: str) -> None:
    assert parse_event(line) is None


@given(st.binary(max_size=200))
def test_no_bytes_break_the_parser(line: bytes) -> None:
    parse_event(line)


def test_unknown_keys_are_ignored() -> None:
    line = CheckpointSaved(file="last.pt", step=3, time=1.0).to_line()
    assert parse_event(line.replace("}", ',"color":"red"}')) == CheckpointSaved(file="last.pt", step=3, time=1.0)


def test_the_tail_reads_whole_lines_as_they_come(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    tail = EventTail(path)
    assert tail.poll() == []
    line = BATCHES.to_line()
    path.write_text(line[:20])
    assert tail.poll() == []
    with path.open("a") as file:
        file.write(line[20:] + EVALUATED.to_line())
    assert tail.poll() == [BATCHES, EVALUATED]
    assert tail.poll() == []


def test_the_tail_begins_anew_when_the_file_was_replaced(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(BATCHES.to_line() * 3)
    tail = EventTail(path)
    tail.poll()
    path.write_text(EVALUATED.to_line())
    assert tail.poll() == [EVALUATED]
    assert tail.restarted


def test_the_tail_takes_a_long_file_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(BATCHES.to_line() * 100)
    tail = EventTail(path)
    found = 0
    while events := tail.poll(limit=1000):
        found += len(events)
    assert found == 100


def test_a_line_cut_short_by_a_crash_does_not_swallow_the_next(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(BATCHES.to_line() + EVALUATED.to_line()[:30])
    with EventLog(path) as log:
        log.write(EVALUATED)
    assert list(read_events(path)) == [BATCHES, EVALUATED]


def test_a_summary_passes_batches_over(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(BATCHES.to_line() + EVALUATED.to_line())
    assert list(read_events(path, batches=False)) == [EVALUATED]
