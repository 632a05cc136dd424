"""One run as the next one needs to know it."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import (
    EpochEnded,
    Evaluated,
    Event,
    LearningRateChanged,
    PhaseStarted,
    RunEnded,
    RunFailed,
    StuckAtChance,
)
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.known_run import KnownRun, read_known, recipe_of_death
from tests.support.scripted_runs import START, batches, started, units_changed, write_run

CONFIG = TrainConfig(data="synthetic")


def written(root: Path, *events: Event, config: TrainConfig = CONFIG, name: str = "run") -> RunFolder:
    """Write a run of these events after its start."""
    folder = RunFolder(root / name)
    folder.path.mkdir(parents=True)
    folder.begin(config, started(config))
    with EventLog(folder.events) as log:
        for event in (started(config), *events):
            log.write(event)
    return folder


def known(folder: RunFolder) -> KnownRun:
    run = read_known(folder)
    assert run is not None
    return run


def evaluated(epoch: int, seconds: float) -> list[Event]:
    at = START + 100.0 * epoch
    return [
        EpochEnded(
            epoch=epoch, step=epoch, train_loss=0.1, train_accuracy=0.9, seconds=2, images_per_second=1600, time=at
        ),
        PhaseStarted(phase="evaluating on test", time=at),
        Evaluated(
            split="test", epoch=epoch, step=epoch, loss=1, accuracy=0.9, images=500, file="x.npz", time=at + seconds
        ),
    ]


def test_an_ended_run_tells_its_speed_and_end(tmp_path: Path) -> None:
    end = RunEnded(
        reason="finished", step=2, seconds=2.0, images_per_second=1234.0, test_accuracy=0.974, time=START + 300
    )
    run = known(written(tmp_path, *evaluated(1, 0.5), *evaluated(2, 0.25), end))
    assert (run.rate, run.evaluation_rate, run.ended) == (1234.0, 2000.0, end)
    assert (run.name, run.source, run.device, run.images) == ("run", "synthetic", "cpu", 3200)


def test_a_run_that_trains_tells_the_speed_of_its_last_epoch(tmp_path: Path) -> None:
    run = known(written(tmp_path, *evaluated(1, 0.5)))
    assert (run.rate, run.ended) == (1600, None)


def test_a_resumed_run_has_not_ended_and_its_newest_configuration_counts(tmp_path: Path) -> None:
    longer = replace(CONFIG, epochs=9)
    end = RunEnded(reason="stopped", step=1, seconds=1.0, images_per_second=100.0)
    run = known(written(tmp_path, end, started(longer, resumed_at_step=1)))
    assert (run.config, run.ended, run.rate) == (longer, None, 100.0)


def test_the_end_of_long_events_is_read_without_their_middle(tmp_path: Path) -> None:
    end = RunEnded(reason="finished", step=2, seconds=2.0, images_per_second=1234.0)
    many = [batches(1, first, first + 99) for first in range(1, 160_000, 100)]
    folder = written(tmp_path, *many, *evaluated(1, 0.5), end)
    assert folder.events.stat().st_size > 2 << 20
    run = known(folder)
    assert (run.rate, run.evaluation_rate) == (1234.0, 1000.0)


def test_of_many_epochs_the_newest_are_parsed(tmp_path: Path) -> None:
    run = known(written(tmp_path, *(event for epoch in range(1, 300) for event in evaluated(epoch, 1.0 / epoch))))
    assert run.evaluation_rate == pytest.approx(500 * 299, rel=0.2)


def test_a_death_belongs_to_the_recipe_it_happened_with(tmp_path: Path) -> None:
    died = StuckAtChance(epoch=1, step=300, loss=2.3, seed=4)
    assert known(written(tmp_path, died, name="a")).has_died
    changed = LearningRateChanged(epoch=1, step=100, learning_rate=1.0)
    assert not known(written(tmp_path, changed, died, name="b")).has_died
    longer = started(replace(CONFIG, epochs=9), resumed_at_step=100)
    assert known(written(tmp_path, longer, died, name="c")).has_died
    other = started(replace(CONFIG, learning_rate=0.1), resumed_at_step=100)
    assert not known(written(tmp_path, other, died, name="d")).has_died


@pytest.mark.parametrize(
    ("schedule", "later", "is_same"),
    [
        ("constant", {"learning_rate": 0.001}, False),
        ("one-cycle", {"epochs": 9}, False),
        ("constant", {"epochs": 9}, True),
    ],
)
def test_lost_filters_belong_to_the_recipe_that_lost_them(
    tmp_path: Path, schedule: str, later: dict[str, object], is_same: bool
) -> None:
    config = replace(CONFIG, schedule=schedule)
    resumed = started(replace(config, **later), resumed_at_step=300)  # type: ignore[arg-type]
    lost = units_changed(90, [0], [])
    run = known(written(tmp_path, lost, resumed, config=config, name="before"))
    assert (run.first, run.has_lost_units) == (config, True)
    run = known(written(tmp_path, resumed, units_changed(390, [0], []), config=config, name="later"))
    assert run.has_lost_units is is_same
    run = known(written(tmp_path, lost, resumed, units_changed(400, [], [0]), config=config, name="revived"))
    assert run.has_lost_units is not is_same


def test_units_lost_after_the_checkpoint_of_a_resume_are_not_lost(tmp_path: Path) -> None:
    again = started(CONFIG, resumed_at_step=50)
    assert not known(written(tmp_path, units_changed(90, [0], []), again)).has_lost_units
    assert known(written(tmp_path, units_changed(40, [0], []), again, name="before")).has_lost_units


def test_a_run_that_failed_has_not_ended(tmp_path: Path) -> None:
    failed = RunFailed(error="no memory")
    run = known(written(tmp_path, failed))
    assert (run.has_failed, run.ended) == (True, None)
    assert not known(written(tmp_path, failed, started(CONFIG, resumed_at_step=1), name="again")).has_failed


@pytest.mark.parametrize(
    "content", [b"", b"nonsense\n", b'{"event":"run_started","config":[]}\n', b'{"event":"run_started"', b"\xff" * 99]
)
def test_damaged_events_are_no_run(tmp_path: Path, content: bytes) -> None:
    folder = written(tmp_path)
    folder.events.write_bytes(content)
    assert read_known(folder) is None


def test_a_missing_file_and_a_pipe_are_no_run(tmp_path: Path) -> None:
    folder = written(tmp_path)
    folder.events.unlink()
    assert read_known(folder) is None
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder.events)
        assert read_known(folder) is None


DECISIVE = {
    "model": "compact",
    "epochs": 4,
    "batch_size": 64,
    "learning_rate": 0.02,
    "seed": 1,
    "threads": 2,
    "validation": 9,
    "optimizer": "sgd",
    "schedule": "cosine",
    "warmup": 0.1,
    "weight_decay": 0.1,
    "label_smoothing": 0.1,
    "augmentation": 0.1,
    "ema": 0.9,
    "clip_norm": 1.0,
}


@pytest.mark.parametrize("change", DECISIVE.items(), ids=str)
def test_a_run_is_repeated_only_by_its_own_configuration(tmp_path: Path, change: tuple[str, object]) -> None:
    run = known(write_run(tmp_path))
    assert run.is_repeated_by(CONFIG, "synthetic")
    assert not run.is_repeated_by(replace(CONFIG, **dict([change])), "synthetic")  # type: ignore[arg-type]


@pytest.mark.parametrize(("schedule", "warmup"), [("constant", 0.0), ("cosine", 0.0), ("one-cycle", 0.25)])
def test_a_warmup_spelled_out_is_the_same_recipe(tmp_path: Path, schedule: str, warmup: float) -> None:
    blank = replace(CONFIG, schedule=schedule)
    typed = replace(blank, warmup=warmup)
    assert known(written(tmp_path, config=blank)).is_repeated_by(typed, "synthetic")
    assert recipe_of_death(blank, "x") == recipe_of_death(typed, "x")
    assert recipe_of_death(blank, "x") != recipe_of_death(replace(blank, warmup=0.5), "x")


def test_every_field_but_those_of_place_decides_the_result() -> None:
    place = {"data", "device", "keep_epochs"}  # data and device are compared as what they mean
    assert DECISIVE.keys() | {"patience"} == CONFIG.to_json().keys() - place


def test_files_kept_do_not_matter_and_the_default_number_of_threads_is_one_number(tmp_path: Path) -> None:
    run = known(write_run(tmp_path))
    assert run.is_repeated_by(replace(CONFIG, keep_epochs=1, threads=run.started.threads), "synthetic")
    assert not run.is_repeated_by(CONFIG, "emnist")


def test_a_run_whose_learning_rate_was_changed_is_repeated_by_none(tmp_path: Path) -> None:
    changed = LearningRateChanged(epoch=1, step=1, learning_rate=0.5)
    hidden = [batches(1, first, first + 99) for first in range(1, 160_000, 100)]
    run = known(written(tmp_path, *hidden[:800], changed, *hidden[800:]))
    assert not run.is_repeated_by(CONFIG, "synthetic")


@pytest.mark.parametrize(("schedule", "is_same"), [("constant", True), ("cosine", False)])
def test_a_run_trained_longer_equals_a_long_one_only_at_a_constant_rate(
    tmp_path: Path, schedule: str, is_same: bool
) -> None:
    config = replace(CONFIG, schedule=schedule)
    longer = replace(config, epochs=6)
    run = known(written(tmp_path, started(longer, resumed_at_step=300), config=config))
    assert run.is_repeated_by(longer, "synthetic") is is_same


def test_newer_files_of_data_make_another_run(tmp_path: Path) -> None:
    data = tmp_path / "digits"
    data.mkdir()
    config = replace(CONFIG, data=str(data))
    run = known(written(tmp_path, config=config))
    assert not run.is_repeated_by(config, str(data))
    os.utime(data, (START - 1, START - 1))
    assert run.is_repeated_by(config, str(data))


def test_epochs_decide_a_death_only_where_the_rate_follows_them() -> None:
    longer = replace(CONFIG, epochs=9)
    assert recipe_of_death(CONFIG, "x") == recipe_of_death(longer, "x")
    for change in ({"schedule": "cosine"}, {"schedule": "one-cycle"}, {"warmup": 0.1}):
        assert recipe_of_death(replace(CONFIG, **change), "x") != recipe_of_death(replace(longer, **change), "x")
