"""Changes of the learning rate that are repeated after a crash."""

from pathlib import Path

from emnist_tui.learning.training.rate_changes import RateChanges
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import LearningRateChanged


def recorded(path: Path, *changes: tuple[int, float]) -> Path:
    events = path / "events.jsonl"
    with EventLog(events) as log:
        for step, rate in changes:
            log.write(LearningRateChanged(epoch=1, step=step, learning_rate=rate))
    return events


def test_changes_from_the_checkpoint_on_are_due_at_their_steps(tmp_path: Path) -> None:
    changes = RateChanges(recorded(tmp_path, (10, 0.1), (20, 0.2), (30, 0.3)), resumed_at=20)
    assert [changes.at(step) for step in (20, 21, 29)] == [0.2, None, None]
    assert changes.until_due(21) == 9
    assert [changes.at(step) for step in (30, 31)] == [0.3, None]
    assert changes.until_due(31) > 10**9


def test_of_several_changes_at_once_the_last_holds(tmp_path: Path) -> None:
    changes = RateChanges(recorded(tmp_path, (10, 0.1), (20, 0.2)), resumed_at=5)
    assert changes.at(25) == 0.2
    assert changes.at(26) is None


def test_a_new_run_repeats_nothing(tmp_path: Path) -> None:
    assert RateChanges(recorded(tmp_path, (10, 0.1)), resumed_at=None).at(10) is None


def test_a_run_without_events_repeats_nothing(tmp_path: Path) -> None:
    assert RateChanges(tmp_path / "events.jsonl", resumed_at=3).at(10) is None


def test_forgotten_changes_are_not_repeated(tmp_path: Path) -> None:
    changes = RateChanges(recorded(tmp_path, (10, 0.1)), resumed_at=5)
    changes.forget()
    assert changes.at(10) is None
