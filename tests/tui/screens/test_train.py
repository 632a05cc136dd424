"""Screen 1, Train: the progress of a run, and the keys that control it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.control import Control, Desired, write_control
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import (
    CheckpointSaved,
    Event,
    Paused,
    PhaseStarted,
    Resumed,
    RunEnded,
    RunFailed,
    StuckAtChance,
)
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.record import RunState
from emnist_tui.text.formats import percent
from emnist_tui.tui.session import gpu_watch
from emnist_tui.tui.session import run_session as opened_module
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.epoch_table import EpochTable
from tests.support.fake_nvml import GIB, FakeNvml
from tests.support.scripted_runs import (
    batches,
    epoch_events,
    evaluation,
    started,
    started_on_gpu,
    with_checkpoint,
    write_run,
)
from tests.support.terminal import SCREENS, control, live_run, terminal


@pytest.fixture(autouse=True)
def look_at_the_lock_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emnist_tui.runs.follower._LOCK_CHECK_INTERVAL", 0.05)


@contextmanager
def sleeping() -> Iterator["subprocess.Popen[bytes]"]:
    """Start a silent process that lives until it is killed."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def resumed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[RunFolder]]:
    """Record the resumed runs, whose trainer stays silent."""
    launched: list[RunFolder] = []
    with sleeping() as trainer:

        def launch(
            run: RunFolder, epochs: int | None, patience: int | None, network: str | None
        ) -> "subprocess.Popen[bytes]":
            launched.append(run)
            return trainer

        monkeypatch.setattr(opened_module, "launch_resumed", launch)
        yield launched


def epochs_in(text: str) -> list[str]:
    """Return the lines of the epoch table."""
    lines = text[text.index("─ Epochs") :].split("\n")[2:]
    return [line.split("│")[1].strip() for line in lines if line.startswith("│") and line.split("│")[1].strip()]


async def test_a_finished_run_shows_its_numbers(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (120, 40)) as shown:
        for words in ("300/300", "36 s", "16,000 img/s", "91.40 %", "step 300", "1,138", "epoch 3 of 3", "100 %"):
            await shown.shows(words)
        assert epochs_in(shown.text) == [
            f"{epoch}        {85 + 3 * epoch}.0 %       {percent(evaluation(seed=epoch).accuracy, 2)}       12 s"
            for epoch in (1, 2, 3)
        ]


async def test_a_live_run_is_followed(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, log):
        async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
            await shown.shows("training", "100/300", "epoch 1 of 3", "33 %", "time left")
            log.write(batches(2, 101, 150))
            await shown.shows("150/300", "epoch 2 of 3", "50 %")
            log.write(CheckpointSaved(file="step-000150.pt", step=150))
            await shown.shows("step 150")
            log.write(PhaseStarted(phase="evaluating on test"))
            await shown.shows("evaluating", "Evaluating on test …")
            for event in epoch_events(folder, 2)[10:]:
                log.write(event)
            await shown.until(lambda: len(epochs_in(shown.text)) == 2, "the second epoch is in the table")
            log.write(RunEnded(reason="finished", step=200, seconds=24.0, images_per_second=16_000.0))
            await shown.shows("finished", "trained for")  # though its process still ends


@pytest.mark.parametrize(
    ("size", "figures"), [((80, 24), "97 % · 1.2 of 80 GiB"), ((120, 40), "97 % · 1.2 of 80 GiB · 54 °C")]
)
async def test_a_run_on_a_gpu_shows_its_figures(
    size: tuple[int, int], figures: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = FakeNvml()
    monkeypatch.setitem(sys.modules, "pynvml", library)
    monkeypatch.setattr(gpu_watch, "_READ_EVERY", 0.05)
    with live_run(tmp_path) as (folder, log):
        log.write(started_on_gpu())
        async with terminal(tmp_path, RunSession(folder), size) as shown:
            await shown.shows(figures)
            library.utilization, library.used = 100, int(11.4 * GIB)
            await shown.shows(figures.replace("97", "100").replace("1.2", "11.4"))
            log.write(RunEnded(reason="finished", step=300, seconds=1, images_per_second=1))
            await shown.until(lambda: "GPU  " not in shown.text, "the figures are gone")
            await shown.until(lambda: not library.is_open, "the driver is let go")
    assert library.threads == {"gpu-watch"}


@pytest.mark.parametrize("uuid", [None, "00000000-0000-4000-8000-000000000000"])
async def test_a_run_on_the_cpu_or_another_machine_shows_no_gpu(
    uuid: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = FakeNvml()
    monkeypatch.setitem(sys.modules, "pynvml", library)
    with live_run(tmp_path) as (folder, log):
        log.write(replace(started_on_gpu(), device_uuid=uuid))
        async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
            await shown.shows("steps by", "fused kernels")
            if uuid:
                await shown.until(lambda: "nvmlShutdown" in library.calls, "the card was looked for")
            assert "GPU  " not in shown.text
    assert "nvmlDeviceGetUtilizationRates" not in library.calls


async def test_the_matrix_appears_on_the_open_screen(tmp_path: Path) -> None:
    with live_run(tmp_path, epochs=0) as (folder, log):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("2")
            await shown.shows("after the first evaluation.")
            for event in epoch_events(folder, 1):
                log.write(event)
            await shown.shows("epoch 1 · ", percent(evaluation(seed=1).accuracy, 2))
            await shown.press("3")
            await shown.shows(f"1 of {len(evaluation(seed=1).wrong)} ")
            for event in epoch_events(folder, 2):
                log.write(event)
            await shown.shows(f"1 of {len(evaluation(seed=2).wrong)} ")
            await shown.press("2")
            await shown.shows("epoch 2 of 2", percent(evaluation(seed=2).accuracy, 2))


async def test_space_pauses_and_resumes(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, log):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("space")
            assert control(folder) == {"desired": "pause", "saves": 0}
            log.write(Paused(step=100))
            await shown.shows("paused", "space Resume")
            await shown.press("space")
            assert control(folder) == {"desired": "run", "saves": 0}
            log.write(Resumed(step=100))
            await shown.shows("training", "space Pause")


async def test_every_press_of_save_requests_one_checkpoint(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, _):
        write_control(folder.control, Control(Desired.PAUSE, 3))
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("s", "s")
            assert control(folder) == {"desired": "pause", "saves": 5}


async def test_stop_requests_the_trainer_to_stop(tmp_path: Path) -> None:
    folder = with_checkpoint(write_run(tmp_path, epochs=1, ended=False))
    async with terminal(tmp_path, None) as shown:
        with folder.held(), EventLog(folder.events) as log:
            shown.app.open(RunSession(folder), "train")
            await shown.press("x")
            assert control(folder) == {"desired": "stop", "saves": 0}
            log.write(RunEnded(reason="stopped", step=100, seconds=1.0, images_per_second=3200.0))
        await shown.shows("stopped", "trained for", "space Resume")
        assert shown.keys["x"] == ("stop", False)


async def test_the_keys_of_a_run_work_on_every_screen(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            for saves, screen in enumerate(SCREENS, 1):
                await shown.press(screen, "s")
                assert control(folder)["saves"] == saves


async def test_space_resumes_an_interrupted_run(tmp_path: Path, resumed: list[RunFolder]) -> None:
    folder = with_checkpoint(write_run(tmp_path, epochs=2, ended=False))
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await shown.shows("interrupted", "The trainer died; last checkpoint at step 200. Press space to resume.")
        assert "space Resume" in shown.text
        await shown.press("space")
        assert resumed == [folder]
        with folder.held(), EventLog(folder.events) as log:
            log.write(started(TrainConfig(data="synthetic"), resumed_at_step=200))
            log.write(batches(3, 201, 210))
            await shown.shows("training", "210/300")
            await shown.hides("The trainer died")


@pytest.mark.parametrize("reason", ["stopped", "failed"])
async def test_a_run_that_ended_early_can_be_resumed(tmp_path: Path, resumed: list[RunFolder], reason: str) -> None:
    folder = with_checkpoint(write_run(tmp_path, epochs=1, ended=False))
    with EventLog(folder.events) as log:
        if reason == "stopped":
            log.write(RunEnded(reason="stopped", step=100, seconds=1.0, images_per_second=3200.0))
        else:
            log.write(RunFailed(error="The loss is not finite.", hint="Lower the learning rate."))
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await shown.shows(reason)
        if reason == "failed":
            await shown.shows("The loss is not finite. Lower the learning rate.")
        await shown.press("space")
        assert resumed == [folder]


async def test_a_run_whose_trainer_is_exiting_is_resumed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old trainer outlives its last event for a moment, and the new one is slow to write its first."""
    folder = with_checkpoint(write_run(tmp_path, epochs=1, ended=False))
    with EventLog(folder.events) as log:
        log.write(RunEnded(reason="stopped", step=100, seconds=1.0, images_per_second=3200.0))
    with sleeping() as leaving, sleeping() as coming:
        launched: list[RunFolder] = []

        def launch(
            run: RunFolder, epochs: int | None, patience: int | None, network: str | None
        ) -> "subprocess.Popen[bytes]":
            launched.append(run)
            return coming

        monkeypatch.setattr(opened_module, "launch_resumed", launch)
        async with terminal(tmp_path, RunSession(folder, leaving)) as shown:
            await shown.shows("● stopped", "space Resume")
            await shown.press("space")
            await shown.shows("● starting", "Starting the trainer …")
            await shown.press("space")
            assert launched == [folder]
            folder.log.write_text("emnist-tui: Something is in the way.\n")
            coming.kill()
            coming.wait()
            await shown.shows("● stopped", "Something is in the way.", "space Resume")


async def test_a_run_that_failed_before_its_first_step_is_begun_anew_and_never_resumed(
    tmp_path: Path, resumed: list[RunFolder]
) -> None:
    folder = RunFolder(tmp_path / "mine-001")
    folder.path.mkdir()
    with EventLog(folder.events) as log:
        log.write(RunFailed(error="Mine returns an output of shape [4, 9], not [4, 10]."))
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await shown.says("not [4, 10]. Press n to start a new run.")
        await shown.hides("space Resume")
        await shown.press("space")
        assert shown.notices == ["Pause: no checkpoint to resume from; n starts a new run."]
        assert resumed == []
        assert shown.app.session
        assert shown.app.session.state is RunState.FAILED


async def test_a_finished_run_is_not_resumed(tmp_path: Path, resumed: list[RunFolder]) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("space")
        assert resumed == []
        assert shown.app.session
        assert shown.app.session.state is RunState.FINISHED


async def test_a_stuck_run_is_reported_and_r_trains_the_next_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str | None, TrainConfig]] = []

    def start(root: Path, name: str | None, config: TrainConfig) -> RunSession:
        asked.append((name, config))
        return RunSession(write_run(tmp_path, "next"))

    monkeypatch.setattr(RunSession, "start", start)
    with live_run(tmp_path) as (folder, log):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            assert "r" not in shown.keys
            log.write(StuckAtChance(epoch=2, step=1500, loss=2.303, seed=0))
            await shown.shows("After 1,500 steps the loss is no better than guessing (2.303; ln 10 = 2.303)")
            await shown.says("Press r to train with another seed.")
            assert shown.keys["r"] == ("restart", True)
            await shown.press("r")
            await shown.shows("next")
            assert asked == [(None, TrainConfig(data="synthetic", seed=1))]
            assert control(folder)["desired"] == "stop"


async def test_reseeding_an_ended_run_does_not_change_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RunSession, "start", lambda *_: RunSession(write_run(tmp_path, "next")))
    folder = write_run(tmp_path, ended=False)
    with EventLog(folder.events) as log:
        log.write(StuckAtChance(epoch=3, step=300, loss=2.303, seed=0))
        log.write(RunEnded(reason="finished", step=300, seconds=1.0, images_per_second=3200.0))
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await shown.press("r")
        await shown.shows("next")
        assert control(folder) == {}


async def test_space_never_starts_a_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RunSession, "start", lambda *_: pytest.fail("a training is started"))
    async with terminal(tmp_path) as shown:
        await shown.press("space", "4", "space", "1", "space")
        assert "Pause: nothing is open; n trains a new network." in shown.notices


@pytest.mark.parametrize(
    ("key", "word", "obeyed"),
    [
        ("x", "stopping", RunEnded(reason="stopped", step=100, seconds=1.0, images_per_second=1.0)),
        ("space", "pausing", Paused(step=100)),
        ("s", "saving", CheckpointSaved(file="last.pt", step=101)),
    ],
)
async def test_a_request_is_shown_until_the_trainer_obeys(tmp_path: Path, key: str, word: str, obeyed: Event) -> None:
    with live_run(tmp_path) as (folder, log):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press(key)
            await shown.shows(f"● {word} …")
            assert shown.notices == []
            await shown.press(key, key)
            assert shown.notices == [f"{word.capitalize()}: waiting for the trainer."]
            await shown.shows(f"● {word} …")
            log.write(obeyed)
            await shown.hides(f"● {word} …")


async def test_a_stop_that_is_not_yet_obeyed_is_not_replaced_by_a_pause(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press_at_once("x", "space", "s")
            assert control(folder)["desired"] == "stop"
            assert shown.notices == ["Stopping: waiting for the trainer."]


async def test_a_wide_epoch_table_has_losses_and_throughput(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (200, 40)) as shown:
        await shown.shows("test loss", "speed")
        loss, train, *_, rate, unit = epochs_in(shown.text)[-1].split()[1:]
        assert (loss, train, rate, unit) == ("0.167", "94.0", "16,000", "img/s")


async def test_the_newest_epoch_is_in_view(tmp_path: Path) -> None:
    folder = write_run(tmp_path, epochs=30, ended=False)
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await shown.until(lambda: "30" in "".join(epochs_in(shown.text)[-1:])[:2], "the newest epoch is in view")
        table = shown.app.screen.query_one(EpochTable)
        assert table.max_scroll_y > 0


async def test_another_run_can_be_opened_while_one_trains(tmp_path: Path) -> None:
    other = write_run(tmp_path, "other")
    with live_run(tmp_path) as (folder, log):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            shown.app.open(RunSession(other), "train")
            await shown.shows("other", "300/300")
            shown.app.open_path(folder.path)
            log.write(batches(2, 101, 120))
            await shown.shows("120/300")
            assert control(folder) == {}
