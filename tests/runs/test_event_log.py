"""events.jsonl appended to, followed and read."""

from pathlib import Path

import pytest

from emnist_tui.runs.event_log import EventLog, EventTail, last_event, read_events
from emnist_tui.runs.events import Batches, Evaluated

BATCHES = Batches(epoch=1, step=2, loss=[2.3, 2.2], accuracy=[0.125, 0.25], time=5.0)
EVALUATED = Evaluated(
    split="test", epoch=1, step=2, loss=0.5, accuracy=0.9, images=10, file="evaluation-epoch-001.npz", time=6.0
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


class TestEventLog:
    def test_an_event_is_in_the_file_when_write_returns(self, path: Path) -> None:
        with EventLog(path) as log:
            log.write(BATCHES)
            assert list(read_events(path)) == [BATCHES]
            log.write(EVALUATED)
            assert list(read_events(path)) == [BATCHES, EVALUATED]

    def test_a_line_cut_short_by_a_crash_does_not_swallow_the_next(self, path: Path) -> None:
        path.write_text(BATCHES.to_line() + EVALUATED.to_line()[:30])
        with EventLog(path) as log:
            log.write(EVALUATED)
        assert list(read_events(path)) == [BATCHES, EVALUATED]

    def test_writing_to_a_removed_file_raises(self, path: Path) -> None:
        with EventLog(path) as log:
            path.unlink()
            with pytest.raises(FileNotFoundError, match="removed"):
                log.write(BATCHES)


class TestEventTail:
    def test_lines_are_read_once_they_are_complete(self, path: Path) -> None:
        tail = EventTail(path)
        assert tail.poll() == []
        line = BATCHES.to_line()
        path.write_text(line[:20])
        assert tail.poll() == []
        with path.open("a") as file:
            file.write(line[20:] + EVALUATED.to_line())
        assert tail.poll() == [BATCHES, EVALUATED]
        assert tail.poll() == []

    def test_a_replaced_file_is_read_from_its_beginning(self, path: Path) -> None:
        path.write_text(BATCHES.to_line() * 3)
        tail = EventTail(path)
        tail.poll()
        path.write_text(EVALUATED.to_line())
        assert tail.poll() == [EVALUATED]
        assert tail.restarted

    def test_a_long_file_is_read_in_parts(self, path: Path) -> None:
        path.write_text(BATCHES.to_line() * 100)
        tail = EventTail(path)
        events = 0
        while part := tail.poll(limit=1000):
            assert len(part) < 100
            events += len(part)
        assert events == 100


def test_a_summary_skips_batches(path: Path) -> None:
    path.write_text(BATCHES.to_line() + EVALUATED.to_line())
    assert list(read_events(path, batches=False)) == [EVALUATED]


@pytest.mark.parametrize(
    ("content", "event"),
    [
        ("", None),
        (BATCHES.to_line() + EVALUATED.to_line(), EVALUATED),
        (EVALUATED.to_line() + BATCHES.to_line(), BATCHES),
        (EVALUATED.to_line() + BATCHES.to_line()[:30], None),
        (EVALUATED.to_line() + " " * (1 << 17) + BATCHES.to_line(), BATCHES),
        (EVALUATED.to_line() + "x" * (1 << 17), None),
    ],
)
def test_the_last_event_is_that_of_the_last_line(path: Path, content: str, event: object) -> None:
    assert last_event(path) is None
    path.write_text(content)
    assert last_event(path) == event
