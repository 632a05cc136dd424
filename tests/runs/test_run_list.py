"""The list of runs: what is read again, and when."""

import os
from pathlib import Path

import pytest
from filelock import FileLock

from emnist_tui.runs import run_list
from emnist_tui.runs.about import write_about
from emnist_tui.runs.event_log import EventLog, EventTail
from emnist_tui.runs.events import Paused, RunEnded
from emnist_tui.runs.listing import Entry, describe_run
from emnist_tui.runs.run_list import READING, RunList
from tests.support.scripted_runs import epoch_events, write_run


def by_name(entries: list[Entry]) -> dict[str, Entry]:
    return {entry.name: entry for entry in entries}


@pytest.fixture
def polls(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Record the files of events that are read."""
    read: list[Path] = []
    poll = EventTail.poll

    def counted(tail: EventTail, limit: int = 4 << 20) -> object:
        read.append(tail._lines.path)
        return poll(tail, limit)

    monkeypatch.setattr(EventTail, "poll", counted)
    return read


def test_entries_equal_those_of_the_command(tmp_path: Path) -> None:
    runs = [write_run(tmp_path, "a"), write_run(tmp_path, "b", epochs=1, ended=False)]
    write_about(runs[0], ["good"], "a note")
    found = by_name(RunList(tmp_path).refresh())
    assert found == {run.name: describe_run(run) for run in runs}
    assert (found["a"].tags, found["a"].note) == (("good",), "a note")
    assert (found["a"].learning_rate, found["a"].batch_size) == (0.01, 32)


def test_only_what_changed_is_read_again(tmp_path: Path, polls: list[Path]) -> None:
    first, second = write_run(tmp_path, "first"), write_run(tmp_path, "second", epochs=1, ended=False)
    runs = RunList(tmp_path)
    before = by_name(runs.refresh())
    polls.clear()
    assert by_name(runs.refresh()) == before
    assert polls == []
    with EventLog(second.events) as log:
        for event in epoch_events(second, 2):
            log.write(event)
    found = by_name(runs.refresh())
    assert set(polls) == {second.events}
    assert (found["second"].epoch, found["second"].step) == (2, 200)
    assert found["first"] == before["first"]
    write_about(first, ["new"], "")
    assert by_name(runs.refresh())["first"].tags == ("new",)


def test_a_state_follows_the_lock_without_new_events(tmp_path: Path) -> None:
    run = write_run(tmp_path, "mine", epochs=1, ended=False)
    runs = RunList(tmp_path)
    assert runs.refresh()[0].state == "interrupted"
    with FileLock(run.lock):
        assert runs.refresh()[0].state == "training"
        with EventLog(run.events) as log:
            log.write(Paused(step=100))
        assert runs.refresh()[0].state == "paused"
    with EventLog(run.events) as log:
        log.write(RunEnded(reason="stopped", step=100, seconds=1.0, images_per_second=1.0))
    assert runs.refresh()[0].state == "stopped"


def test_a_new_run_of_an_old_name_is_read_anew(tmp_path: Path) -> None:
    run = write_run(tmp_path, "mine", epochs=1)
    runs = RunList(tmp_path)
    runs.refresh()
    run.path.rename(tmp_path / "other")
    write_run(tmp_path, "mine", epochs=3)
    assert by_name(runs.refresh())["mine"].epoch == 3


def test_a_deleted_run_leaves_the_list(tmp_path: Path) -> None:
    run = write_run(tmp_path, "mine")
    runs = RunList(tmp_path)
    runs.refresh()
    run.run_json.unlink()
    assert runs.refresh() == []
    assert runs.record(run.path) is None


def test_long_events_are_left_to_another_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_list, "_AT_ONCE", 1000)
    run = write_run(tmp_path, "long")
    runs = RunList(tmp_path)
    (entry,) = runs.refresh()
    assert (entry.name, entry.state, entry.epoch) == ("long", READING, None)
    assert not runs.is_complete
    assert runs.record(run.path) is None
    runs.complete(lambda: True)
    assert runs.refresh()[0].state == READING
    runs.complete(lambda: False)
    assert runs.refresh() == [describe_run(run)]
    assert runs.is_complete


def test_no_more_runs_are_read_at_once_than_a_frame_allows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_list, "_MOST_AT_ONCE", 2)
    for number in range(5):
        write_run(tmp_path, f"run-{number}", epochs=1)
    runs = RunList(tmp_path)
    assert [entry.state for entry in runs.refresh()].count(READING) == 3
    assert [entry.state for entry in runs.refresh()].count(READING) == 1
    assert [entry.state for entry in runs.refresh()].count(READING) == 0


def damage(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"\0" * 5000])
def test_damaged_events_are_told_apart(tmp_path: Path, content: bytes) -> None:
    run = write_run(tmp_path, "mine")
    damage(run.events, content)
    (entry,) = RunList(tmp_path).refresh()
    assert entry.shown_state == "damaged"
    assert "holds no events" in (entry.problem or "")


def test_missing_events_and_a_pipe_are_told_apart(tmp_path: Path) -> None:
    run = write_run(tmp_path, "mine")
    run.events.unlink()
    assert "is missing" in (RunList(tmp_path).refresh()[0].problem or "")
    os.mkfifo(run.events)
    (entry,) = RunList(tmp_path).refresh()
    assert entry.shown_state == "damaged"
    assert describe_run(run).shown_state == "damaged"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"[" * 100_000, b'{"config": {"epochs": "x"}}'])
def test_a_damaged_run_json_is_told_and_the_rest_is_shown(tmp_path: Path, content: bytes) -> None:
    run = write_run(tmp_path, "mine")
    damage(run.run_json, content)
    (entry,) = RunList(tmp_path).refresh()
    assert (entry.shown_state, entry.state, entry.epoch) == ("damaged", "finished", 3)
    assert "run.json cannot be read" in (entry.problem or "")
