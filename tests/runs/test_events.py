"""The lines of events.jsonl, encoded and decoded."""

import json

import pytest

from emnist_tui.runs.event_parser import EVENTS, parse_event
from emnist_tui.runs.events import (
    Batches,
    CheckpointFailed,
    CheckpointLoaded,
    CheckpointSaved,
    DataInstalled,
    DownloadAdvanced,
    DownloadStarted,
    EpochEnded,
    Evaluated,
    EvaluationAdvanced,
    Event,
    LearningRateChanged,
    Paused,
    PhaseStarted,
    Resumed,
    RunEnded,
    RunFailed,
    RunStarted,
    StoppedEarly,
    StuckAtChance,
    UnitsChanged,
)

AT = 1_700_000_000.25

EVERY_LINE: list[tuple[str, Event]] = [
    (
        '{"event":"phase_started","time":1700000000.25,"phase":"loading torch"}',
        PhaseStarted(phase="loading torch", time=AT),
    ),
    (
        '{"event":"run_started","time":1700000000.25,"format":1,"config":{"epochs":3},"model":"baseline",'
        '"parameters":1138,"data":"synthetic digits","fingerprint":"0a1b","train_images":60000,'
        '"validation_images":0,"test_images":10000,"steps_per_epoch":1875,"device":"cpu","threads":1,"seed":0,'
        '"versions":{"torch":"2.9.0"},"resumed_at_step":1875}',
        RunStarted(
            config={"epochs": 3},
            model="baseline",
            parameters=1138,
            data="synthetic digits",
            fingerprint="0a1b",
            train_images=60000,
            validation_images=0,
            test_images=10000,
            steps_per_epoch=1875,
            device="cpu",
            threads=1,
            seed=0,
            versions={"torch": "2.9.0"},
            resumed_at_step=1875,
            time=AT,
        ),
    ),
    (
        '{"event":"batches","time":1700000000.25,"epoch":1,"step":2,"loss":[2.3,2.2],"accuracy":[0.125,0.25]}',
        Batches(epoch=1, step=2, loss=[2.3, 2.2], accuracy=[0.125, 0.25], time=AT),
    ),
    (
        '{"event":"evaluation_advanced","time":1700000000.25,"images":5000,"total":10000}',
        EvaluationAdvanced(images=5000, total=10000, time=AT),
    ),
    (
        '{"event":"evaluated","time":1700000000.25,"split":"test","epoch":1,"step":1875,"loss":0.5,"accuracy":0.9,'
        '"images":10000,"file":"evaluation-epoch-001.npz"}',
        Evaluated(
            split="test",
            epoch=1,
            step=1875,
            loss=0.5,
            accuracy=0.9,
            images=10000,
            file="evaluation-epoch-001.npz",
            time=AT,
        ),
    ),
    (
        '{"event":"epoch_ended","time":1700000000.25,"epoch":1,"step":1875,"train_loss":0.6,"train_accuracy":0.85,'
        '"seconds":12.5,"images_per_second":4800.0}',
        EpochEnded(
            epoch=1, step=1875, train_loss=0.6, train_accuracy=0.85, seconds=12.5, images_per_second=4800.0, time=AT
        ),
    ),
    (
        '{"event":"checkpoint_saved","time":1700000000.25,"file":"last.pt","step":1875}',
        CheckpointSaved(file="last.pt", step=1875, time=AT),
    ),
    (
        '{"event":"checkpoint_loaded","time":1700000000.25,"file":"mine.pt","model":"baseline","parameters":1138,'
        '"data":"synthetic digits","device":"cpu","epoch":3,"step":5625}',
        CheckpointLoaded(
            file="mine.pt",
            model="baseline",
            parameters=1138,
            data="synthetic digits",
            device="cpu",
            epoch=3,
            step=5625,
            time=AT,
        ),
    ),
    (
        '{"event":"checkpoint_failed","time":1700000000.25,"error":"No space left on device","step":1875}',
        CheckpointFailed(error="No space left on device", step=1875, time=AT),
    ),
    (
        '{"event":"stuck_at_chance","time":1700000000.25,"epoch":1,"step":1875,"loss":2.326,"seed":7}',
        StuckAtChance(epoch=1, step=1875, loss=2.326, seed=7, time=AT),
    ),
    (
        '{"event":"units_changed","time":1700000000.25,"epoch":1,"step":78,"layer":"layers.1","kind":"ReLU",'
        '"state":"dead","unit":"filter","of":2,"died":[1],"revived":[],"confirmed":false}',
        UnitsChanged(
            epoch=1,
            step=78,
            layer="layers.1",
            kind="ReLU",
            state="dead",
            unit="filter",
            of=2,
            died=[1],
            revived=[],
            confirmed=False,
            time=AT,
        ),
    ),
    ('{"event":"paused","time":1700000000.25,"step":40}', Paused(step=40, time=AT)),
    ('{"event":"resumed","time":1700000000.25,"step":40}', Resumed(step=40, time=AT)),
    (
        '{"event":"run_ended","time":1700000000.25,"reason":"finished","step":5625,"seconds":37.5,'
        '"images_per_second":4800.0,"train_loss":0.2,"train_accuracy":0.95,"test_loss":0.1,"test_accuracy":0.97}',
        RunEnded(
            reason="finished",
            step=5625,
            seconds=37.5,
            images_per_second=4800.0,
            train_loss=0.2,
            train_accuracy=0.95,
            test_loss=0.1,
            test_accuracy=0.97,
            time=AT,
        ),
    ),
    (
        '{"event":"run_failed","time":1700000000.25,"error":"disk full.","hint":"Make room."}',
        RunFailed(error="disk full.", hint="Make room.", time=AT),
    ),
    (
        '{"event":"download_started","time":1700000000.25,"url":"https://example.org/gzip.zip","root":"/data"}',
        DownloadStarted(url="https://example.org/gzip.zip", root="/data", time=AT),
    ),
    (
        '{"event":"download_advanced","time":1700000000.25,"received":40,"total":100,"bytes_per_second":10.0}',
        DownloadAdvanced(received=40, total=100, bytes_per_second=10.0, time=AT),
    ),
    (
        '{"event":"data_installed","time":1700000000.25,"root":"/data","train_images":240000,"test_images":40000}',
        DataInstalled(root="/data", train_images=240000, test_images=40000, time=AT),
    ),
    (
        '{"event":"learning_rate_changed","time":1700000000.25,"epoch":2,"step":2000,"learning_rate":0.003}',
        LearningRateChanged(epoch=2, step=2000, learning_rate=0.003, time=AT),
    ),
    (
        '{"event":"stopped_early","time":1700000000.25,"epoch":9,"step":9000,"best_epoch":6}',
        StoppedEarly(epoch=9, step=9000, best_epoch=6, time=AT),
    ),
]
"""One line per event as earlier versions wrote it, and the event that it holds."""


@pytest.mark.parametrize(("line", "event"), EVERY_LINE, ids=[type(event).__name__ for _, event in EVERY_LINE])
def test_lines_of_earlier_versions_are_read_and_written_alike(line: str, event: Event) -> None:
    assert parse_event(line) == parse_event(line.encode()) == event
    assert event.to_line() == line + "\n"


def test_every_event_is_in_the_table_and_in_the_lines_above() -> None:
    assert set(EVENTS.values()) == set(Event.__subclasses__()) == {type(event) for _, event in EVERY_LINE}
    assert len(EVENTS) == len(EVERY_LINE)


@pytest.mark.parametrize(
    "event",
    [
        CheckpointLoaded(file="mine.pt", model="baseline", parameters=1138, data="synthetic digits", device="cpu"),
        RunEnded(reason="stopped", step=5, seconds=1.0, images_per_second=1.0),
    ],
)
def test_fields_that_are_none_are_left_out_of_the_line(event: Event) -> None:
    assert "null" not in event.to_line()
    assert {key for key in vars(event) if vars(event)[key] is not None} == json.loads(event.to_line()).keys() - {
        "event"
    }


def test_a_number_that_json_cannot_represent_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        Batches(epoch=1, step=1, loss=[float("nan")], accuracy=[0.0]).to_line()
