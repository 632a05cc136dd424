"""The question for how many more epochs a run trains."""

from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Static

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import CheckpointSaved, RunEnded, RunFailed, StoppedEarly
from emnist_tui.runs.folder import RunFolder
from emnist_tui.tui.screens.train_longer import TrainLongerDialog
from emnist_tui.tui.session import run_session
from emnist_tui.tui.session.run_session import RunSession
from tests.support.scripted_runs import started, with_checkpoint, write_run
from tests.support.terminal import Terminal, live_run, terminal


@pytest.fixture
def resumed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int | None]]:
    """Record resumed runs with their epochs, and launch nothing."""
    found: list[tuple[str, int | None]] = []
    monkeypatch.setattr(RunSession, "resume", lambda run, epochs=None: found.append((run.name, epochs)))
    return found


async def ask(shown: Terminal) -> None:
    await shown.press("t")
    await shown.until(lambda: isinstance(shown.app.screen, TrainLongerDialog), "the question is asked")


async def test_enter_doubles_the_epochs(tmp_path: Path, resumed: list[tuple[str, int | None]]) -> None:
    async with terminal(tmp_path, RunSession(with_checkpoint(write_run(tmp_path, "mine")))) as shown:
        await shown.press("3")
        await ask(shown)
        await shown.shows("mine has 3 epochs planned.", "until epoch 6.", "enter train · esc cancel")
        await shown.press("enter")
        await shown.until(lambda: resumed == [("mine", 6)], "the run is resumed")
        await shown.until(lambda: shown.app.current_mode == "train", "its chart is shown")


@pytest.mark.parametrize(
    ("values", "saved", "more", "words"),
    [
        ({}, None, "999", "That takes about 3 m, as mine ran."),
        ({}, 300, "999", "That takes about 3 m, as mine ran."),
        ({"epochs": 1000}, 300, "9", "That takes about 3 m, as mine ran."),
        ({"augmentation": 0.1}, None, "999", "That takes more than 3 m, at the speed of mine without augmentation."),
        ({"augmentation": 0.1, "batch_size": 64}, None, "999", ""),
    ],
)
async def test_the_time_of_more_epochs_is_told_if_an_earlier_run_tells_it(
    tmp_path: Path, values: dict[str, Any], saved: int | None, more: str, words: str
) -> None:
    write_run(tmp_path, "mine")
    config = TrainConfig(**{"data": "synthetic", **values})
    folder = with_checkpoint(write_run(tmp_path, "other"))
    folder.begin(config, started(config))
    with EventLog(folder.events) as log:
        folder.events.write_bytes(b"")
        log.write(started(config))
        if saved:
            log.write(CheckpointSaved(file="last.pt", step=saved))
        log.write(RunFailed(error="no memory"))
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await ask(shown)
        await shown.press("backspace", *more)
        await shown.settle()
        told = "".join(str(found.render()) for found in shown.app.screen.query("#time").results(Static))
        assert told == words


async def test_typed_epochs_replace_the_offer_and_only_digits_are_taken(
    tmp_path: Path, resumed: list[tuple[str, int | None]]
) -> None:
    async with terminal(tmp_path, RunSession(with_checkpoint(write_run(tmp_path, "mine")))) as shown:
        await ask(shown)
        await shown.press_at_once("1", "-", "x", ".", "2", "enter")
        await shown.until(lambda: resumed == [("mine", 15)], "the run is resumed")


@pytest.mark.parametrize(("typed", "words"), [("0", "1 or more"), ("99999", "1 to 10,000"), ("", "1 or more")])
async def test_a_number_that_cannot_be_trained_is_explained(
    tmp_path: Path, resumed: list[tuple[str, int | None]], typed: str, words: str
) -> None:
    async with terminal(tmp_path, RunSession(with_checkpoint(write_run(tmp_path)))) as shown:
        await ask(shown)
        await shown.press("backspace", *typed, "enter")
        await shown.says(words)
        assert isinstance(shown.app.screen, TrainLongerDialog)
        await shown.press("escape")
        await shown.until(lambda: len(shown.app.screen_stack) == 1, "the dialog is closed")
        assert resumed == []


async def test_a_finished_run_is_resumed_with_the_new_epochs_on_its_own_chart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int | None] = []

    def launch(folder: RunFolder, epochs: int | None, patience: int | None, network: str | None) -> None:
        asked.append(epochs)
        raise EmnistTuiError("It is not launched in this test.")

    monkeypatch.setattr(run_session, "launch_resumed", launch)
    session = RunSession(with_checkpoint(write_run(tmp_path)))
    async with terminal(tmp_path, session) as shown:
        await ask(shown)
        await shown.press("enter")
        await shown.until(lambda: shown.notices == ["It is not launched in this test."], "the failure is reported")
        assert asked == [6]
        assert shown.app.session is session


async def test_the_selected_run_is_opened_and_resumed(
    tmp_path: Path, no_details: Path, resumed: list[tuple[str, int | None]]
) -> None:
    with_checkpoint(write_run(tmp_path, "only"))
    async with terminal(tmp_path, RunSession(write_run(tmp_path / "elsewhere", "opened"))) as shown:
        await shown.press("4")
        await ask(shown)
        await shown.press("enter")
        await shown.until(lambda: resumed == [("only", 6)], "the run is resumed")
        assert "only" in shown.header


async def test_a_run_that_trains_cannot_train_longer(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, log):
        with_checkpoint(folder)
        async with terminal(tmp_path, RunSession(folder)) as shown:
            assert shown.keys["t"] == ("train_longer", False)
            assert shown.app.explain_unavailable("train_longer") == "the run trains already"
            log.write(RunEnded(reason="stopped", step=100, seconds=1.0, images_per_second=1.0))
            await shown.until(lambda: shown.keys["t"] == ("train_longer", True), "it can")


async def test_a_run_that_another_terminal_resumed_meanwhile_is_shown_with_a_word(
    tmp_path: Path, resumed: list[tuple[str, int | None]]
) -> None:
    folder = with_checkpoint(write_run(tmp_path, "mine"))
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await shown.press("3")
        await ask(shown)
        with folder.held(), EventLog(folder.events) as log:
            log.write(started(TrainConfig(data="synthetic", epochs=5), resumed_at_step=300))
            await shown.press("enter")
            await shown.until(lambda: shown.app.current_mode == "train", "its chart is shown")
        assert shown.notices == ["mine trains already; t works once it ended."]
        assert resumed == []


async def test_an_answer_to_an_outdated_question_trains_nothing(
    tmp_path: Path, resumed: list[tuple[str, int | None]]
) -> None:
    folder = with_checkpoint(write_run(tmp_path, "mine"))
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await ask(shown)
        with EventLog(folder.events) as log:
            log.write(started(TrainConfig(data="synthetic", epochs=9), resumed_at_step=300))
            log.write(RunEnded(reason="finished", step=900, seconds=1.0, images_per_second=1.0))
        await shown.press("enter")
        expected = "mine has been trained longer meanwhile, to epoch 9; press t again."
        await shown.until(lambda: expected in shown.notices, "it is explained")
        assert resumed == []


async def test_a_run_that_stopped_early_trains_on_from_the_epoch_it_reached_without_patience(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int | None, int | None]] = []

    def launch(folder: RunFolder, epochs: int | None, patience: int | None, network: str | None) -> None:
        asked.append((epochs, patience))
        raise EmnistTuiError("It is not launched in this test.")

    monkeypatch.setattr(run_session, "launch_resumed", launch)
    folder = with_checkpoint(write_run(tmp_path, "mine", epochs=2, ended=False))
    with EventLog(folder.events) as log:
        log.write(StoppedEarly(epoch=2, step=200, best_epoch=1))
        log.write(RunEnded(reason="finished", step=200, seconds=1.0, images_per_second=1.0))
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await ask(shown)
        await shown.shows("mine stopped early, after epoch 2 (best 1)", "trains on without patience.")
        await shown.press_at_once("3", "enter")
        await shown.until(lambda: asked == [(5, 0)], "the run is resumed")


def course(shown: Terminal) -> str:
    """Return what the dialog says of the learning rate; empty if nothing."""
    return "".join(str(found.render()) for found in shown.app.screen.query("#course").results(Static))


@pytest.mark.parametrize(
    ("values", "step", "more", "words"),
    [
        ({}, 300, "3", ""),
        ({"schedule": "cosine"}, 300, "3", "cosine schedule of 6 epochs: it continues at 0.005."),
        ({"schedule": "one-cycle"}, 300, "1", "one-cycle schedule of 4 epochs: it continues at 0.0025."),
        ({"schedule": "one-cycle"}, 30, "9", "one-cycle schedule of 12 epochs: it continues at 0.00064."),
        ({"warmup": 0.5}, 50, "3", "warm-up schedule of 6 epochs: it continues at 0.0017."),
        ({"warmup": 0.1}, 300, "3", "warm-up schedule of 6 epochs."),
    ],
)
async def test_the_rate_that_more_epochs_begin_with_is_told(
    tmp_path: Path, values: dict[str, Any], step: int, more: str, words: str
) -> None:
    folder = with_checkpoint(write_run(tmp_path, "mine"))
    with EventLog(folder.events) as log:
        log.write(started(TrainConfig(data="synthetic", **values), resumed_at_step=step))
        log.write(CheckpointSaved(file="last.pt", step=step))
        log.write(RunEnded(reason="stopped", step=step, seconds=1.0, images_per_second=1.0))
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await ask(shown)
        await shown.press(more)
        await shown.settle()
        assert course(shown) == (words and f"The rate then follows the {words}")


async def test_the_rate_of_a_run_that_stopped_early_falls(tmp_path: Path) -> None:
    folder = with_checkpoint(write_run(tmp_path, "mine"))
    config = TrainConfig(data="synthetic", schedule="cosine", epochs=40, patience=3, validation=100)
    with EventLog(folder.events) as log:
        log.write(started(config, resumed_at_step=300))
        log.write(CheckpointSaved(file="last.pt", step=700))
        log.write(StoppedEarly(epoch=7, step=700, best_epoch=4))
        log.write(RunEnded(reason="finished", step=700, seconds=1.0, images_per_second=1.0))
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await ask(shown)
        await shown.shows("The rate then follows the cosine schedule of 14", "epochs: it continues at 0.005.")
