"""Progress of a trial: its curve over sessions, and its end."""

from pathlib import Path

import pytest

from emnist_tui.learning.search.progress import TrialProgress
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import EpochEnded, Evaluated, Event, RunEnded, StuckAtChance
from emnist_tui.runs.sweeps.trial import Trial, TrialState


def evaluated(epoch: int, accuracy: float, split: str = "validation") -> Evaluated:
    return Evaluated(split=split, epoch=epoch, step=epoch, loss=1.0, accuracy=accuracy, images=10, file="x.npz")


def ended(epoch: int, seconds: float) -> EpochEnded:
    values = {"train_loss": 1.0, "train_accuracy": 0.5, "images_per_second": 1.0}
    return EpochEnded(epoch=epoch, step=epoch, seconds=seconds, **values)


RUN_ENDED = RunEnded(reason="finished", step=2, seconds=1.0, images_per_second=1.0, test_accuracy=0.75)
EVENTS: list[Event] = [
    evaluated(1, 0.5),
    ended(1, 2.0),
    evaluated(2, 0.9),  # the session ended before it was saved
    evaluated(2, 0.9),
    ended(2, 3.0),
    evaluated(2, 0.1, "test"),
    RUN_ENDED,
]


def test_a_repeated_epoch_counts_once(tmp_path: Path) -> None:
    with EventLog(tmp_path / "events.jsonl") as log:
        for event in EVENTS[:3]:
            log.write(event)
    progress = TrialProgress("validation", tests=False)
    progress.add_file(tmp_path / "events.jsonl")
    assert progress.curve == [0.5, 0.9]
    for event in EVENTS[3:]:
        progress.add(event)
    record = progress.record(Trial(1, {}))
    assert (record.curve, record.epoch, record.accuracy, record.seconds) == ([0.5, 0.9], 2, 0.9, 5.0)
    assert record.test_accuracy is None


def test_seeds_know_their_test_accuracy() -> None:
    progress = TrialProgress("test", tests=True)
    for event in EVENTS:
        progress.add(event)
    assert progress.record(Trial(1, {})).test_accuracy == 0.75


def test_an_epoch_that_is_missing_ends_the_curve() -> None:
    progress = TrialProgress("validation", tests=False)
    for epoch in (1, 3):
        progress.add(evaluated(epoch, 0.5))
    assert progress.curve == [0.5]


def test_a_missing_file_has_no_events(tmp_path: Path) -> None:
    progress = TrialProgress("validation", tests=False)
    progress.add_file(tmp_path / "events.jsonl")
    assert progress.record(Trial(1, {})) == Trial(1, {})


@pytest.mark.parametrize(
    ("accuracy", "is_reported", "state"),
    [(0.1, True, TrialState.STUCK), (0.9, True, TrialState.FINISHED), (0.1, False, TrialState.FINISHED)],
)
def test_a_network_that_only_guesses_is_stuck(accuracy: float, is_reported: bool, state: TrialState) -> None:
    progress = TrialProgress("validation", tests=False)
    progress.add(evaluated(1, accuracy))
    if is_reported:
        progress.add(StuckAtChance(epoch=1, step=300, loss=2.303, seed=6))
    assert progress.final_state() is state
