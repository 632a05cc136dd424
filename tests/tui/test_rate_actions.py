"""Keys that change the learning rate of the open run, and of the one under the cursor."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.control import Desired, ask_for, ask_for_learning_rate
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import LearningRateChanged, PhaseStarted, RunEnded
from emnist_tui.runs.folder import RunFolder
from emnist_tui.tui.session.run_session import RunSession
from tests.support.scripted_runs import batches, started, write_run
from tests.support.terminal import Terminal, control, live_run, opened_checkpoint, terminal


def rate(folder: RunFolder) -> object:
    return control(folder).get("learning_rate")


async def test_keys_step_from_what_was_requested_last(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("+")
            assert rate(folder) == 0.02
            await shown.press_at_once("+", "+", "-", "+")
            assert rate(folder) == 0.1
            await shown.press("-", "-", "-", "-", "-")
            assert rate(folder) == 0.002
            assert shown.notices[-1] == "Learning rate 0.002 from the next batch on."


@pytest.mark.parametrize(("key", "expected"), [("+", 0.005), ("-", 0.002)])
async def test_keys_step_to_the_neighbors_of_another_rate(tmp_path: Path, key: str, expected: float) -> None:
    with live_run(tmp_path) as (folder, log):
        log.write(LearningRateChanged(epoch=1, step=100, learning_rate=0.003))
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press(key)
            assert rate(folder) == expected


@pytest.mark.parametrize(("key", "limit", "word"), [("+", 100.0, "highest"), ("-", 1e-9, "lowest")])
async def test_the_limits_are_explained(tmp_path: Path, key: str, limit: float, word: str) -> None:
    with live_run(tmp_path) as (folder, log):
        log.write(LearningRateChanged(epoch=1, step=100, learning_rate=limit))
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press(key)
            assert shown.notices[-1] == f"The learning rate is the {word} possible."
            assert rate(folder) is None


async def test_a_request_is_shown_until_the_trainer_confirms_it(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, log):
        async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
            await shown.press("+")
            await shown.shows("0.01 → 0.02 requested")
            log.write(LearningRateChanged(epoch=2, step=100, learning_rate=0.02))
            await shown.hides("requested")
            await shown.until(lambda: " 0.02 " in card_row(shown, "learning rate"), "the new rate is shown")


def card_row(shown: Terminal, name: str) -> str:
    return next((line.split("│")[1] for line in shown.text.split("\n") if name in line), "")


async def test_a_request_of_another_terminal_is_shown_and_stepped_from(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
            ask_for_learning_rate(folder.control, 0.0004)
            await shown.shows("0.01 → 0.0004 requested")
            await shown.press("-")
            assert rate(folder) == 0.0002


async def test_a_notice_about_a_rate_goes_once_another_is_requested(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, log):
        async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
            await shown.press("+")
            await shown.shows("Learning rate 0.02 from the next batch on.")
            log.write(LearningRateChanged(epoch=1, step=100, learning_rate=0.02))
            await shown.hides("requested")
            await shown.shows("Learning rate 0.02 from the next batch on.")
            ask_for_learning_rate(folder.control, 0.015)  # as `emnist-tui set` does
            await shown.hides("Learning rate 0.02 from the next batch on.")


@pytest.mark.parametrize(("values", "name"), [({"schedule": "cosine"}, "cosine"), ({"warmup": 0.5}, "warm-up")])
async def test_a_schedule_is_named(tmp_path: Path, values: dict[str, Any], name: str) -> None:
    config = TrainConfig(data="synthetic", **values)
    folder = RunFolder(tmp_path / "mine")
    folder.path.mkdir()
    folder.begin(config, started(config))
    with folder.held(), EventLog(folder.events) as log:
        log.write(started(config))
        log.write(batches(1, 1, 10))
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("-")
            assert shown.notices[-1] == f"Peak learning rate 0.005 ({name} schedule) from the next batch on."


async def test_other_requests_are_kept(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("s", "space", "+")
            assert control(folder) == {"desired": "pause", "saves": 1, "learning_rate": 0.02}


async def test_nothing_is_requested_of_a_trainer_that_stops(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("x", "+")
            assert shown.notices[-1] == "Stopping: waiting for the trainer."
            assert rate(folder) is None


async def test_an_unwritable_folder_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, rate: float) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("emnist_tui.tui.rate_actions.ask_for_learning_rate", refuse)
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("+")
            assert shown.notices[-1] == "The run's folder cannot be written (Read-only file system)."


async def test_a_finished_run_is_to_be_trained_longer(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    async with terminal(tmp_path, RunSession(folder)) as shown:
        for key in "+-=":
            await shown.press(key)
            assert shown.notices[-1].endswith("the run has finished; train longer (t) with another rate.")
        assert control(folder) == {}
        assert len(shown.app.screen_stack) == 1


async def test_other_things_say_why_nothing_can_be_changed(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "runs", epochs=1, ended=False)
    with EventLog(folder.events) as log:
        log.write(RunEnded(reason="stopped", step=100, seconds=1.0, images_per_second=1.0))
    reasons = {
        RunSession(folder): "the run has been stopped; resume it, then change the rate",
        opened_checkpoint(tmp_path / "output", tmp_path / "net.pt"): "a checkpoint is open, not a run",
        None: "nothing is open; n trains a new network",
    }
    for session, reason in reasons.items():
        async with terminal(tmp_path / "empty", session) as shown:
            await shown.press("1", "+")
            assert shown.notices[-1] == f"Raise rate: {reason}."
            assert shown.keys["equals_sign"] == ("type_rate", False)


async def test_a_run_that_has_not_started_has_no_rate(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "mine")
    folder.path.mkdir()
    folder.begin(TrainConfig(), started())
    with folder.held(), EventLog(folder.events) as log:
        log.write(PhaseStarted(phase="loading torch"))
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("+")
            assert shown.notices[-1] == "Raise rate: the run has not started."
            log.write(started())
            await shown.until(lambda: shown.keys["plus"] == ("raise_rate", True), "the run has started")
            await shown.press("+")
            assert rate(folder) == 0.02


async def test_on_runs_the_keys_act_on_the_row_under_the_cursor(tmp_path: Path) -> None:
    with live_run(tmp_path / "runs", "live") as (live, _), live_run(tmp_path / "elsewhere", "opened") as (opened, _):
        async with terminal(tmp_path / "runs", RunSession(opened)) as shown:
            await shown.press("4")
            await shown.until(lambda: shown.keys["plus"] == ("raise_rate", True), "the row is read")
            await shown.press("+", "+")
            assert (rate(live), rate(opened)) == (0.05, None)
            assert shown.notices[-1] == "live: learning rate 0.05 from the next batch on."


async def test_a_typed_rate_is_requested(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press_at_once("=", *"3e-4", "enter")
            await shown.until(lambda: rate(folder) == 0.0003, "the rate is requested")
            await shown.press("=")
            await shown.shows("trains with 0.0003 now")
            await shown.press("escape")
            assert rate(folder) == 0.0003


async def test_a_rate_typed_for_a_run_that_ended_meanwhile_is_not_requested(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, log):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("=")
            await shown.shows("trains with 0.01 now")
            log.write(RunEnded(reason="finished", step=300, seconds=1.0, images_per_second=1.0))
            await shown.until(lambda: shown.app.session and not shown.app.session.state.is_live, "the end is read")
            await shown.press(*"3e-4", "enter")
            assert shown.notices[-1].startswith("The learning rate of scripted was not changed: the run has finished")
            assert rate(folder) is None


async def test_a_typed_rate_is_of_the_run_that_was_asked_about(tmp_path: Path) -> None:
    with live_run(tmp_path, "mine") as (mine, _), live_run(tmp_path, "other") as (other, _):
        async with terminal(tmp_path, RunSession(mine)) as shown:
            await shown.press("=")
            await shown.shows("mine trains with 0.01 now")
            shown.app.open(RunSession(other), "train")
            await shown.press(*"3e-4", "enter")
            await shown.until(lambda: rate(mine) == 0.0003, "the rate is requested")
            assert rate(other) is None
            assert shown.notices[-1] == "mine: learning rate 0.0003 from the next batch on."
            await shown.press("=")
            await shown.shows("other trains with 0.01 now")
            shown.app.open(RunSession(mine), "train")
            shutil.move(other.path, tmp_path / "renamed")
            await shown.press(*"3e-4", "enter")
            assert shown.notices[-1] == "The learning rate of other was not changed: it is no longer there."


async def test_the_palette_offers_the_field(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            offered = [command.title for command in shown.app.get_system_commands(shown.app.screen)]
            assert {"Raise rate", "Lower rate", "Set rate"} <= set(offered)
            ask_for(folder.control, Desired.RUN)
            await shown.app.run_action("type_rate")
            await shown.shows("trains with 0.01 now")
