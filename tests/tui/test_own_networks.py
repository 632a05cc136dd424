"""Questions before the app runs a network's own file."""

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import CheckpointSaved, RunEnded, RunFailed, StuckAtChance
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights
from emnist_tui.tui.screens.run_file import RunFileDialog
from emnist_tui.tui.session.run_session import RunSession
from tests.support.own_networks import write_network
from tests.support.scripted_runs import started, write_run
from tests.support.terminal import Terminal, terminal

Launched = list[tuple[str, str | None]]


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> Launched:
    """Record what is resumed and evaluated, and the file that it runs; launch nothing."""
    found: Launched = []
    monkeypatch.setattr(
        RunSession, "resume", lambda run, epochs=None: found.append((f"resume {run.name}", run.foreign.network))
    )

    def test_last(run: RunSession) -> None:
        found.append((f"test {run.name}", run.foreign.network))

    monkeypatch.setattr(RunSession, "test_last", test_last)
    return found


def own_run(root: Path, network: str, name: str = "mine") -> RunFolder:
    """Write a finished run of a network of one's own, whose last checkpoint is not evaluated."""
    folder = write_run(root, name)
    config = TrainConfig(data="synthetic", model=network)
    folder.begin(config, started(config))
    folder.last_checkpoint.touch()
    with EventLog(folder.events) as log:
        log.write(started(config, resumed_at_step=300))
        log.write(RunEnded(reason="stopped", step=350, seconds=1.0, images_per_second=1.0))
        log.write(CheckpointSaved(file="last.pt", step=350))
    return folder


async def asks(shown: Terminal) -> RunFileDialog:
    await shown.until(lambda: isinstance(shown.app.screen, RunFileDialog), "the question is asked")
    assert isinstance(shown.app.screen, RunFileDialog)
    return shown.app.screen


async def test_a_file_is_asked_for_once_filled_in_with_the_recorded_one(tmp_path: Path, launched: Launched) -> None:
    network = write_network(tmp_path, "ResNet")
    async with terminal(tmp_path, RunSession(own_run(tmp_path, network))) as shown:
        await shown.press("e")
        dialog = await asks(shown)
        assert dialog.query_one(Input).value == network
        await shown.shows("Run this file?", "y  Run it", "esc  Cancel")
        await shown.press("y")
        await shown.until(lambda: launched == [("test mine", network)], "it is evaluated by the file")
        await shown.press("t", "enter")
        await shown.until(lambda: launched[1:] == [("resume mine", network)], "it is resumed without a question")


async def test_escape_runs_nothing_and_is_no_answer_for_later(tmp_path: Path, launched: Launched) -> None:
    network = write_network(tmp_path, "ResNet")
    async with terminal(tmp_path, RunSession(own_run(tmp_path, network))) as shown:
        for _ in range(2):
            await shown.press("e")
            await asks(shown)
            await shown.press("escape")
            await shown.until(lambda: len(shown.app.screen_stack) == 1, "the question is closed")
        assert launched == []


async def test_a_moved_file_is_refused_until_its_place_is_typed(tmp_path: Path, launched: Launched) -> None:
    network = write_network(tmp_path, "ResNet")
    async with terminal(tmp_path, RunSession(own_run(tmp_path, "/gone/resnet.py:ResNet"))) as shown:
        await shown.press("e")
        dialog = await asks(shown)
        await shown.says("There is no file /gone/resnet.py")
        dialog.query_one(Input).value = network
        await shown.press("enter")
        await shown.until(lambda: launched == [("test mine", network)], "it is evaluated by the file")


async def test_a_run_that_was_started_here_is_not_asked_for(
    tmp_path: Path, launched: Launched, starts: list[tuple[str | None, TrainConfig]]
) -> None:
    network = write_network(tmp_path, "ResNet")
    async with terminal(tmp_path, RunSession(own_run(tmp_path, network))) as shown:
        shown.app.start_run("new", TrainConfig(model=network))
        shown.app.open(RunSession(RunFolder(tmp_path / "mine")), "train")
        await shown.press("e")
        await shown.until(lambda: launched == [("test mine", network)], "it is evaluated by the file")


NEEDED = "holds weights of ResNet, a network of your own, whose file is not run unless you name it; add `--model X`."


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[ForeignWeights]:
    """Record how checkpoints are evaluated; each evaluation wants `resnet.py` unless it was named."""
    network = write_network(tmp_path, "ResNet")
    found: list[ForeignWeights] = []

    def evaluate(checkpoint: Path, foreign: ForeignWeights = RECOGNIZED) -> RunSession:
        found.append(foreign)
        output = RunFolder(tmp_path / f"output-{len(found)}")
        output.path.mkdir()
        with EventLog(output.events) as log:
            log.write(RunFailed(error=f"{checkpoint.name} {NEEDED}", network=None if foreign.network else network))
        return RunSession(output, checkpoint=checkpoint, foreign=foreign)

    monkeypatch.setattr(RunSession, "evaluate", evaluate)
    for name in ("mine.pt", "other.pt"):
        (tmp_path / name).touch()
    return found


async def test_a_checkpoint_says_what_asks_for_its_file_and_is_evaluated_once_agreed(
    tmp_path: Path, opened: list[ForeignWeights]
) -> None:
    named = f"{tmp_path / 'resnet.py'}:ResNet"
    chosen = ForeignWeights(key="ema")
    async with terminal(tmp_path, RunSession.evaluate(tmp_path / "mine.pt", chosen)) as shown:
        await shown.says("whose file is not run unless you agree: press e.")
        for answer in ("escape", "y"):
            await shown.press("e")
            await asks(shown)
            await shown.press(answer)
            await shown.until(lambda: len(shown.app.screen_stack) == 1, "the question is closed")
        await shown.until(lambda: opened == [chosen, replace(chosen, network=named)], "it is evaluated again")
        shown.app.open_path(tmp_path / "other.pt")
        await shown.until(lambda: opened[2:] == [RECOGNIZED, ForeignWeights(network=named)], "another needs no answer")


async def test_a_failed_evaluation_is_repeated_with_the_corrected_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[ForeignWeights] = []

    def evaluate(checkpoint: Path, foreign: ForeignWeights) -> RunSession:
        opened.append(foreign)
        output = RunFolder(tmp_path / f"output-{len(opened)}")
        output.path.mkdir()
        with EventLog(output.events) as log:
            log.write(RunFailed(error="net.py, line 3: it is wrong."))
        return RunSession(output, checkpoint=checkpoint, foreign=foreign)

    monkeypatch.setattr(RunSession, "evaluate", evaluate)
    (tmp_path / "mine.pt").touch()
    chosen = ForeignWeights(network="/x/net.py:Net")
    session = evaluate(tmp_path / "mine.pt", chosen)
    async with terminal(tmp_path, session) as shown:
        await shown.says("it is wrong.")
        await shown.press("e")
        await shown.until(lambda: opened == [chosen, chosen], "it is evaluated again")


async def test_no_question_comes_unasked(tmp_path: Path, opened: list[ForeignWeights]) -> None:
    """One could come just before an Enter that was meant for something else."""
    async with terminal(tmp_path, RunSession.evaluate(tmp_path / "mine.pt")) as shown:
        await shown.says("whose file is not run unless you agree")
        for _ in range(3):
            shown.app.poll_runs()
            await shown.settle()
            assert len(shown.app.screen_stack) == 1
        assert opened == [RECOGNIZED]


async def test_keys_of_a_burst_agree_to_nothing(tmp_path: Path, opened: list[ForeignWeights]) -> None:
    async with terminal(tmp_path, RunSession.evaluate(tmp_path / "mine.pt")) as shown:
        await shown.press_at_once("e", "enter", "enter")
        await shown.until(lambda: len(shown.app.screen_stack) == 1, "the question is closed")
        await shown.press("e")
        await asks(shown)
        await shown.press("up", "enter")
        await shown.until(lambda: len(opened) == 2, "a chosen answer is taken")


async def test_a_run_goes_on_while_its_next_seed_needs_an_answer(
    tmp_path: Path, starts: list[tuple[str | None, TrainConfig]], monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[str] = []
    monkeypatch.setattr(RunSession, "stop", lambda run: stopped.append(run.name))
    folder = own_run(tmp_path, write_network(tmp_path, "ResNet"))
    with EventLog(folder.events) as log:
        log.write(started(folder.read_config(), resumed_at_step=350))
        log.write(StuckAtChance(epoch=3, step=350, loss=2.303, seed=0))
    with folder.held():
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("r")
            await asks(shown)
            assert stopped == []
            await shown.press("y")
            await shown.until(lambda: starts, "the next seed is started")
            assert stopped == ["mine"]
