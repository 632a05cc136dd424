"""`emnist-tui set`: the learning rate of a run that trains."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.folder import RunFolder
from tests.support.call import Call, Result, check_refused
from tests.support.files import read_tree
from tests.support.process import Process
from tests.support.scripted_runs import started
from tests.support.terminal import live_run
from tests.support.trained_run import events_of, has_event, named, train_arguments


def rates(run: RunFolder) -> list[float]:
    return [event["learning_rate"] for event in named(events_of(run), "learning_rate_changed")]


def test_rate_of_a_training_run_is_changed_and_kept_by_a_resume(
    call: Call, root: Path, archive: Path, spawn: Callable[..., Process]
) -> None:
    run = RunFolder(root / "live")
    process = spawn(*train_arguments(archive, root, "--epochs", 10_000, "--name", "live"))
    process.wait_until(has_event(run, "batches"))
    assert call("set", "live", "learning-rate", "0.003") == Result(
        0, "", "emnist-tui: The learning rate of live is 0.003 from the next batch on.\n"
    )
    process.wait_until(lambda: rates(run) == [0.003])
    step = named(events_of(run), "learning_rate_changed")[0]["step"]
    process.wait_until(lambda: named(events_of(run), "batches")[-1]["step"] > step)
    call("stop", "live")
    result = process.wait()
    assert "learning rate 0.003 from step" in result.err
    assert torch.load(run.last_checkpoint, weights_only=True)["config"]["learning_rate"] == 0.003
    assert call("runs", "--json").json[0]["learning_rate"] == 0.003
    again = spawn(*train_arguments(archive, root, "--resume", "live"))
    again.wait_until(lambda: len(named(events_of(run), "run_started")) == 2)
    assert named(events_of(run), "run_started")[1]["config"]["learning_rate"] == 0.003
    call("stop", "live")
    assert again.wait().code == 0
    assert rates(run) == [0.003]


def test_rate_of_a_paused_run_is_changed_once_and_other_requests_stay(
    call: Call, root: Path, archive: Path, spawn: Callable[..., Process]
) -> None:
    run = RunFolder(root / "live")
    process = spawn(
        *train_arguments(archive, root, "--epochs", 10_000, "--name", "live", "--schedule", "one-cycle", "--json")
    )
    process.wait_until(has_event(run, "batches"))
    call("pause", "live")
    process.wait_until(has_event(run, "paused"))
    changed = call("set", "live", "learning-rate", "0.02", "--json")
    assert changed.json == {"desired": "pause", "saves": 0, "learning_rate": 0.02}
    assert changed.err == (
        "emnist-tui: The peak learning rate of live is 0.02 (one-cycle schedule) from the next batch on.\n"
    )
    process.wait_until(lambda: rates(run) == [0.02])
    assert call("set", "live", "learning-rate", "0.02").code == 0
    assert events_of(run)[-1]["event"] in ("learning_rate_changed", "checkpoint_saved")
    call("stop", "live")
    assert process.wait().code == 0
    assert rates(run) == [0.02]


def test_a_warm_up_is_named_as_a_schedule_is(call: Call, root: Path) -> None:
    with live_run(root, "live") as (_, log):
        log.write(started(TrainConfig(warmup=0.5)))
        result = call("set", "live", "learning-rate", "0.02")
    assert "peak learning rate of live is 0.02 (warm-up schedule)" in result.err


@pytest.mark.parametrize("value", ["0", "-1", "nan", "1e-10", "101", "1e999"])
def test_bad_value_is_refused_with_the_sentence_of_train(call: Call, copied: RunFolder, value: str) -> None:
    before = read_tree(copied.path)
    with pytest.raises(UsageError) as refused:
        TrainConfig(learning_rate=float(value))
    check_refused(call("set", "first", "learning-rate", value), 2, str(refused.value))
    assert read_tree(copied.path) == before


@pytest.mark.parametrize("value", ["fast", "", "0.1x"])
def test_value_that_is_no_number_is_refused(call: Call, copied: RunFolder, value: str) -> None:
    sentence = f"Learning rate must be a number from 1e-9 to 100, not {value!r}."
    check_refused(call("set", "first", "learning-rate", value), 2, sentence)


@pytest.mark.parametrize("setting", ["batch-size", "learning_rate", "", "\x1b[31m"])
def test_unknown_setting_names_what_can_be_set(call: Call, copied: RunFolder, setting: str) -> None:
    check_refused(call("set", "first", setting, "0.1"), 2, "There is no setting", "learning-rate")


def test_finished_or_missing_run_is_refused(call: Call, copied: RunFolder) -> None:
    before = read_tree(copied.path)
    check_refused(call("set", "first", "learning-rate", "0.1"), 1, "Run first has finished", "--resume first")
    check_refused(call("set", "second", "learning-rate", "0.1"), 2, "There is no run second")
    assert read_tree(copied.path) == before


@pytest.mark.parametrize("words", ["", "first", "first learning-rate", "first learning-rate 0.1 0.2"])
def test_missing_or_superfluous_words_are_refused(call: Call, copied: RunFolder, words: str) -> None:
    check_refused(call("set", *words.split()), 2)
