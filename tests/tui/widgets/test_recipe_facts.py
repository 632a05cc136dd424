"""Learning rate and recipe of a run in a few words."""

from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.control import ask_for_learning_rate
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import LearningRateChanged, RunEnded
from emnist_tui.runs.models import MODELS
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.recipe_facts import rate_texts, recipe_parts, spelled, wrapped
from tests.support.scripted_runs import batches, started, write_run
from tests.support.terminal import live_run


def test_a_constant_rate_is_a_number(tmp_path: Path) -> None:
    assert rate_texts(RunSession(write_run(tmp_path))) == ("0.01",)


def test_a_schedule_has_the_rate_of_the_next_batch_and_the_highest(tmp_path: Path) -> None:
    config = TrainConfig(data="synthetic", schedule="cosine", learning_rate=0.02)
    folder = write_run(tmp_path, epochs=0, ended=False)
    with EventLog(folder.events) as log:
        log.write(started(config))
        log.write(batches(1, 1, 100))
    assert rate_texts(RunSession(folder)) == ("0.015 of 0.02, cosine", "0.015 of 0.02", "0.015")


def test_a_warm_up_has_the_rate_of_the_next_batch_too(tmp_path: Path) -> None:
    config = TrainConfig(data="synthetic", warmup=0.5)
    folder = write_run(tmp_path, epochs=0, ended=False)
    with EventLog(folder.events) as log:
        log.write(started(config))
        log.write(batches(1, 1, 10))
    assert rate_texts(RunSession(folder)) == ("0.00073 of 0.01, warm-up", "0.00073 of 0.01", "0.00073")


def test_a_finished_run_has_its_highest_rate_only(tmp_path: Path) -> None:
    config = TrainConfig(data="synthetic", schedule="one-cycle", learning_rate=0.02)
    folder = write_run(tmp_path, epochs=0, ended=False)
    with EventLog(folder.events) as log:
        log.write(started(config))
        log.write(RunEnded(reason="finished", step=300, seconds=1.0, images_per_second=1.0))
    assert rate_texts(RunSession(folder)) == ("0.02, one-cycle", "0.02")


def test_a_requested_rate_is_shown_until_it_is_confirmed_or_the_run_ends(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, log):
        ask_for_learning_rate(folder.control, 1e-5)
        session = RunSession(folder)
        assert rate_texts(session)[0] == "0.01 → 1e-5 requested"
        log.write(LearningRateChanged(epoch=2, step=100, learning_rate=1e-5))
        session.poll()
        assert rate_texts(session) == ("1e-5",)
        ask_for_learning_rate(folder.control, 0.5)
        assert rate_texts(session)[0] == "1e-5 → 0.5 requested"
        log.write(RunEnded(reason="stopped", step=100, seconds=1.0, images_per_second=1.0))
        session.poll()
        assert rate_texts(session) == ("1e-5",)


def test_the_documented_recipe_has_no_parts() -> None:
    assert recipe_parts(TrainConfig(seed=3, batch_size=64, epochs=9, learning_rate=0.1)) == ()


def test_parts_are_what_differs() -> None:
    config = TrainConfig(
        optimizer="sgd",
        warmup=0.1,
        weight_decay=0.02,
        label_smoothing=0.1,
        augmentation=0.5,
        ema=0.999,
        patience=3,
        validation=100,
        clip_norm=1,
    )
    parts = ("sgd", "warm-up 0.1", "wd 0.02", "smoothing 0.1", "aug 0.5", "ema 0.999", "clip 1", "patience 3")
    assert recipe_parts(config) == parts


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("width", [5, 21, 33, 60])
@pytest.mark.parametrize("most", [1, 3])
def test_lines_fit_and_say_when_parts_are_left_out(name: str, width: int, most: int) -> None:
    parts = recipe_parts(TrainConfig.of(model=name))
    lines = wrapped(parts, width, most)
    assert len(lines) <= most
    whole = " ".join(lines)
    assert whole == ", ".join(parts) or whole.endswith("…")
    assert all(len(line) <= max(width, max(map(len, parts)) + 1) for line in lines)


def test_a_line_without_parts_is_none() -> None:
    assert wrapped((), 30, 3) == []


def test_numbers_are_spelled_as_on_the_screens() -> None:
    values = {"validation": 10_000, "patience": 3, "learning_rate": 1e-5, "ema": 0.0123456789, "seed": 12_345}
    assert spelled(values) == "validation 10,000, patience 3, learning rate 1e-5, ema 0.0123456789, seed 12345"


def test_a_value_that_is_left_to_the_program_is_called_automatic() -> None:
    assert spelled({"warmup": None, "schedule": "cosine"}) == "warmup automatic, schedule cosine"
