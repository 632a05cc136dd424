"""The question on which images two networks are compared."""

from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import CheckpointLoaded, Evaluated
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights
from emnist_tui.tui.screens.choose_data import ChooseDataDialog
from emnist_tui.tui.screens.compare import CompareScreen
from emnist_tui.tui.screens.runs import RunsScreen
from emnist_tui.tui.session.comparison_side import ComparisonSide
from emnist_tui.tui.session.run_session import RunSession
from tests.support.scripted_runs import epoch_events, evaluation, started
from tests.support.slow import slow
from tests.support.terminal import Terminal, terminal


def run_on(root: Path, name: str, source: str, data: str, images: int) -> RunFolder:
    """Write a run of one epoch on data of this source and name."""
    config = TrainConfig(data=source)
    folder = RunFolder(root / name)
    folder.path.mkdir(parents=True)
    begun = replace(started(config), data=data, test_images=images, fingerprint=data)
    folder.begin(config, begun)
    with EventLog(folder.events) as log:
        for event in (begun, *epoch_events(folder, 1)):
            log.write(event)
    replace(evaluation(images, data=data), fingerprint=data).save(folder.path / "evaluation-epoch-001.npz")
    folder.last_checkpoint.touch()
    return folder


@pytest.fixture
def evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str | None]]:
    """Evaluate at once what is asked for; list the runs and sources."""
    asked: list[tuple[str, str | None]] = []
    names = {"synthetic": ("synthetic digits", 300), "/real": ("EMNIST digits", 400)}

    def evaluate(path: Path, foreign: ForeignWeights = RECOGNIZED, data: str | None = None) -> RunSession:
        asked.append((path.parent.name, data))
        name, images = names[data or "synthetic"]
        output = RunFolder(tmp_path / f"output-{len(asked)}")
        output.path.mkdir()
        replace(evaluation(images, 7, name), fingerprint=name).save(output.path / "evaluation.npz")
        with EventLog(output.events) as log:
            log.write(
                CheckpointLoaded(
                    file="x", model="m", parameters=1, data=name, device="cpu", source=data, epoch=1, step=1
                )
            )
            log.write(
                Evaluated(split="test", epoch=1, step=1, loss=0.1, accuracy=0.9, images=images, file="evaluation.npz")
            )
        return RunSession(output, checkpoint=path)

    monkeypatch.setattr(RunSession, "evaluate", evaluate)
    return asked


async def compare(shown: Terminal, root: Path) -> CompareScreen:
    screen = CompareScreen(ComparisonSide(root / "drawn"), ComparisonSide(root / "real"))
    shown.app.push_screen(screen)
    await shown.until(lambda: isinstance(shown.app.screen, ChooseDataDialog), "the question is asked")
    return screen


@pytest.fixture
def root(tmp_path: Path) -> Path:
    run_on(tmp_path / "runs", "drawn", "synthetic", "synthetic digits", 300)
    run_on(tmp_path / "runs", "real", "/real", "EMNIST digits", 400)
    return tmp_path / "runs"


@pytest.mark.parametrize("size", [(60, 20), *slow([(80, 24), (120, 40)])])
@pytest.mark.parametrize(
    ("keys", "asked", "images"),
    [
        (["enter"], [("real", "synthetic")], "synthetic digits, test, 300 images"),
        (["j", "enter"], [("drawn", "/real")], "EMNIST digits, test, 400 images"),
    ],
)
async def test_both_are_evaluated_on_the_chosen_images(
    root: Path,
    evaluated: list[tuple[str, str | None]],
    keys: list[str],
    asked: list[tuple[str, str]],
    images: str,
    size: tuple[int, int],
) -> None:
    async with terminal(root, size=size) as shown:
        screen = await compare(shown, root)
        await shown.shows("A's data: synthetic digits, 300 test images", "B's data: EMNIST digits, 400 test images")
        assert "--" not in shown.text
        await shown.press(*keys)
        await shown.until(lambda: screen._comparison, "they are compared")
        await shown.shows(images)
        assert evaluated == asked
        assert shown.app.screen is screen


async def test_escape_returns_to_where_the_comparison_was_asked_for(
    root: Path, evaluated: list[tuple[str, str | None]], no_details: Path
) -> None:
    async with terminal(root) as shown:
        await shown.press("4")
        await compare(shown, root)
        await shown.press("escape")
        await shown.until(lambda: isinstance(shown.app.screen, RunsScreen), "the list is shown")
        assert evaluated == []
        assert shown.notices == []


async def test_images_that_changed_since_the_training_are_evaluated_anew(
    root: Path, evaluated: list[tuple[str, str | None]]
) -> None:
    run_on(root.parent / "old", "drawn", "synthetic", "synthetic digits", 299)
    async with terminal(root) as shown:
        screen = CompareScreen(ComparisonSide(root.parent / "old" / "drawn"), ComparisonSide(root / "real"))
        shown.app.push_screen(screen)
        await shown.until(lambda: isinstance(shown.app.screen, ChooseDataDialog), "the question is asked")
        await shown.press("enter")
        await shown.until(lambda: screen._comparison, "they are compared")
        assert evaluated == [("real", "synthetic"), ("drawn", "synthetic"), ("real", "synthetic")]


async def test_a_checkpoint_that_is_gone_is_reported(root: Path, evaluated: list[tuple[str, str | None]]) -> None:
    (root / "real" / "last.pt").unlink()
    async with terminal(root) as shown:
        await compare(shown, root)
        await shown.press("enter")
        await shown.until(lambda: shown.notices, "it is reported")
        assert "holds no checkpoint" in shown.notices[0]
        await shown.until(lambda: not isinstance(shown.app.screen, CompareScreen), "the comparison is closed")
