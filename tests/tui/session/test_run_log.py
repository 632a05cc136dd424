"""The events and the messages of a run as a log."""

from pathlib import Path

import pytest

from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import CheckpointSaved, PhaseStarted
from emnist_tui.tui.session import run_log
from emnist_tui.tui.session.run_log import MOST_LINES, EventsLog, RunLog, TextLog
from tests.support.scripted_runs import batches, write_run


def texts(log: RunLog) -> list[str]:
    log.poll()
    return [line.text for line in log.lines]


def test_consecutive_batches_are_one_line_that_grows(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    log = EventsLog(path)
    assert texts(log) == []
    with EventLog(path) as events:
        events.write(batches(1, 1, 10))
        assert [text.split(",")[0] for text in texts(log)] == ["trained steps 1–10 in epoch 1"]
        events.write(batches(1, 11, 30))
        assert [text.split(",")[0] for text in texts(log)] == ["trained steps 1–30 in epoch 1"]
        events.write(CheckpointSaved(file="last.pt", step=30))
        events.write(batches(1, 31, 40))
        assert [text.split(",")[0] for text in texts(log)] == [
            "trained steps 1–30 in epoch 1",
            "saved last.pt at step 30",
            "trained steps 31–40 in epoch 1",
        ]


def test_a_whole_run_is_told(tmp_path: Path) -> None:
    told = texts(EventsLog(write_run(tmp_path, epochs=2).events))
    assert [text.split()[0] for text in told] == [
        "started",
        *("trained", "epoch", "evaluated", "saved") * 2,
        "finished",
    ]


def test_only_the_last_lines_are_kept_and_it_says_so(tmp_path: Path) -> None:
    path = tmp_path / "trainer.log"
    path.write_text("".join(f"line {number}\n" for number in range(MOST_LINES)))
    log = TextLog(path)
    assert texts(log)[0] == "line 0"
    assert log.omission == ""
    with path.open("a") as file:
        file.write("one more\n")
    assert texts(log)[0] == "line 1"
    assert len(log.lines) == MOST_LINES
    assert "the last 2,000" in log.omission


def test_only_the_end_of_a_huge_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_log, "_MOST_EVENT_BYTES", 1000)
    path = tmp_path / "events.jsonl"
    with EventLog(path) as events:
        for number in range(200):
            events.write(PhaseStarted(phase=f"phase {number}"))
    log = EventsLog(path)
    told = texts(log)
    assert told[-1] == "phase 199 …"
    assert 5 < len(told) < 30
    assert log.omission


def test_a_file_that_was_replaced_is_told_anew(tmp_path: Path) -> None:
    path = tmp_path / "trainer.log"
    path.write_text("an old line\n")
    log = TextLog(path)
    log.poll()
    path.write_text("new\n")
    assert texts(log) == ["new"]


def test_a_last_line_without_its_end_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "trainer.log"
    path.write_bytes(b"whole\r\nKilled while wri")
    log = TextLog(path)
    assert texts(log) == ["whole", "Killed while wri"]
    assert not log.poll()
    path.write_bytes(b"whole\r\nKilled while writing\n")
    assert log.poll()
    assert texts(log) == ["whole", "Killed while writing"]


def test_damaged_lines_and_endless_lines_are_survived(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_bytes(b'{"event":"batches"\n\xff\xfe\n{"event":"paused","time":1.0,"step":7}\n')
    assert texts(EventsLog(events)) == ["paused at step 7"]
    text = tmp_path / "trainer.log"
    text.write_bytes(b"\xff" * 100_000 + b"\n")
    (line,) = texts(TextLog(text))
    assert len(line) < 2_100
