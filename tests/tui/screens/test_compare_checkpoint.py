"""The comparison with a checkpoint, which a process evaluates first."""

import subprocess
from pathlib import Path

import pytest

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import Evaluated, RunFailed
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights
from emnist_tui.tui.screens.choose_data import ChooseDataDialog
from emnist_tui.tui.screens.compare import CompareScreen
from emnist_tui.tui.screens.help import HelpDialog
from emnist_tui.tui.screens.run_file import RunFileDialog
from emnist_tui.tui.screens.runs import RunsScreen
from emnist_tui.tui.session.checkpoint_details import CheckpointDetails
from emnist_tui.tui.session.comparison_side import ComparisonSide
from emnist_tui.tui.session.run_session import RunSession
from tests.support.comparisons import EXPECTED, B, two_runs
from tests.support.own_networks import write_network
from tests.support.scripted_runs import evaluation, write_run
from tests.support.terminal import Terminal, terminal


def begun(folder: Path, checkpoint: Path, process: "subprocess.Popen[bytes] | None" = None) -> RunSession:
    """Begin an evaluation of a checkpoint that has no result yet."""
    folder.mkdir()
    return RunSession(RunFolder(folder), process, checkpoint)


def end(folder: Path, found: Evaluation) -> None:
    found.save(folder / "evaluation.npz")
    with EventLog(folder / "events.jsonl") as log:
        log.write(
            Evaluated(
                split="test",
                epoch=3,
                step=300,
                loss=found.loss,
                accuracy=found.accuracy,
                images=found.images,
                file="evaluation.npz",
            )
        )


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the output folder of the evaluation of `kept.pt`, whose process only waits, beside two runs."""
    (two_runs(tmp_path) / "kept.pt").touch()
    output = tmp_path / "output"

    def evaluate(path: Path, foreign: ForeignWeights = RECOGNIZED) -> RunSession:
        assert path == tmp_path / "runs" / "kept.pt"
        return begun(output, path, subprocess.Popen(["sleep", "60"]))

    monkeypatch.setattr(RunSession, "evaluate", evaluate)
    monkeypatch.setattr(CheckpointDetails, "_request", lambda details: None)
    return output


async def compare_with_checkpoint(shown: Terminal) -> None:
    await shown.press("4", "down", "m", "down", "m", "c")
    await shown.until(lambda: isinstance(shown.app.screen, CompareScreen), "the comparison is shown")
    await shown.shows("Starting …", "kept.pt")


async def test_a_checkpoint_is_evaluated_first(tmp_path: Path, checkpoint: Path) -> None:
    async with terminal(tmp_path / "runs", size=(120, 40)) as shown:
        await compare_with_checkpoint(shown)
        end(checkpoint, B)
        await shown.shows(f"{EXPECTED.accuracy_change * 100:+.2f} points")
        await shown.hides("Starting")
        await shown.press("escape")
        await shown.until(lambda: not checkpoint.exists(), "the evaluation is closed")


async def test_leaving_during_the_evaluation_ends_its_process(tmp_path: Path, checkpoint: Path) -> None:
    async with terminal(tmp_path / "runs") as shown:
        await compare_with_checkpoint(shown)
        screen = shown.app.screen
        assert isinstance(screen, CompareScreen)
        opened = screen._sides[1].session
        assert opened
        assert opened.is_process_alive
        await shown.press("escape")
        await shown.until(lambda: not opened.is_process_alive, "the process has ended")
        assert isinstance(shown.app.screen, RunsScreen)
        assert not checkpoint.exists()


async def test_an_evaluation_of_other_data_is_asked_about_after_a_dialog(tmp_path: Path, checkpoint: Path) -> None:
    async with terminal(tmp_path / "runs") as shown:
        await compare_with_checkpoint(shown)
        screen = shown.app.screen
        assert isinstance(screen, CompareScreen)
        await shown.press("?")
        end(checkpoint, evaluation(400))
        await shown.until(lambda: screen._question, "the sides are found incomparable")
        await shown.settle()
        assert isinstance(shown.app.screen, HelpDialog)
        await shown.press("escape")
        await shown.until(lambda: isinstance(shown.app.screen, ChooseDataDialog), "the question is asked")
        await shown.says("not of the same data")


async def test_a_failed_evaluation_is_explained(tmp_path: Path, checkpoint: Path) -> None:
    async with terminal(tmp_path / "runs") as shown:
        await compare_with_checkpoint(shown)
        with EventLog(checkpoint / "events.jsonl") as log:
            log.write(RunFailed(error="kept.pt is damaged.", hint="Train it again."))
        screen = shown.app.screen
        assert isinstance(screen, CompareScreen)
        opened = screen._sides[1].session
        assert opened
        assert opened.process
        opened.process.kill()
        await shown.shows("kept.pt is damaged. Train it again.")


async def test_a_sides_network_is_asked_for_by_a_key_and_no_burst_agrees(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = write_network(tmp_path, "ResNet")
    again: list[str | None] = []
    async with terminal(tmp_path / "runs") as shown:
        await compare_with_checkpoint(shown)
        assert shown.keys["e"] == ("evaluate", False)
        with EventLog(checkpoint / "events.jsonl") as log:
            log.write(RunFailed(error="kept.pt holds weights of ResNet.", network=network))
        await shown.until(lambda: shown.keys["e"] == ("run_network", True), "the file can be named")
        assert isinstance(shown.app.screen, CompareScreen)

        def evaluate(path: Path, foreign: ForeignWeights) -> RunSession:
            again.append(foreign.network)
            return begun(tmp_path / "again", path)

        monkeypatch.setattr(RunSession, "evaluate", evaluate)
        await shown.press_at_once("e", "enter")
        await shown.until(lambda: isinstance(shown.app.screen, CompareScreen), "nothing is agreed to")
        assert again == []
        await shown.press("e")
        await shown.until(lambda: isinstance(shown.app.screen, RunFileDialog), "the question is asked")
        await shown.press("y")
        await shown.until(lambda: again == [network], "it is evaluated again")
        await shown.until(lambda: "e" not in shown.keys or shown.keys["e"][0] == "evaluate", "the key is the app's")


async def test_a_checkpoint_that_is_gone_when_its_network_is_named_is_explained(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with terminal(tmp_path / "runs", size=(120, 30)) as shown:
        await compare_with_checkpoint(shown)
        with EventLog(checkpoint / "events.jsonl") as log:
            log.write(RunFailed(error="kept.pt holds weights.", network=write_network(tmp_path, "ResNet")))
        await shown.until(lambda: shown.keys["e"] == ("run_network", True), "the file can be named")
        await shown.press("e")
        await shown.until(lambda: isinstance(shown.app.screen, RunFileDialog), "the question is asked")
        (tmp_path / "runs" / "kept.pt").unlink()
        await shown.press("y")
        await shown.says("There is no")
        await shown.until(lambda: isinstance(shown.app.screen, RunsScreen), "the comparison is closed")


def test_a_run_without_an_evaluation_needs_a_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_run(tmp_path, "young", epochs=0, ended=False)
    with pytest.raises(EmnistTuiError, match="holds no checkpoint"):
        ComparisonSide(folder.path)
    folder.last_checkpoint.touch()
    monkeypatch.setattr(RunSession, "evaluate", lambda path, _: begun(tmp_path / "output", path))
    side = ComparisonSide(folder.path)
    assert side.session
    assert side.session.checkpoint == folder.last_checkpoint
