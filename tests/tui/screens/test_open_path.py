"""The dialog that opens a run or checkpoint by its path."""

import asyncio
import json
from pathlib import Path

import pytest
from textual.widgets import Input

from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights
from emnist_tui.tui.keymap import Keymap
from emnist_tui.tui.remedies import in_the_app
from emnist_tui.tui.screens.open_path import OpenPathDialog, PathSuggester
from emnist_tui.tui.session.open import find_path
from emnist_tui.tui.session.run_session import RunSession
from tests.support.scripted_runs import write_run
from tests.support.slow import slow
from tests.support.terminal import Terminal, opened_checkpoint, terminal


async def ask(shown: Terminal, text: str) -> None:
    await shown.press("O")
    await shown.until(lambda: isinstance(shown.app.screen, OpenPathDialog), "the dialog is open")
    shown.app.screen.query_one(Input).value = text


@pytest.mark.parametrize("spelling", ["{}", "'{}'", "  {}  ", "file://{}"])
async def test_a_run_anywhere_is_opened_however_its_path_is_pasted(tmp_path: Path, spelling: str) -> None:
    folder = write_run(tmp_path / "else where" if "'" in spelling else tmp_path / "elsewhere", "far")
    async with terminal(tmp_path / "runs") as shown:
        await ask(shown, spelling.format(folder.path))
        await shown.press("enter")
        await shown.until(lambda: "far" in shown.header, "the run is open")
        assert shown.app.current_mode == "train"


async def test_a_name_in_the_runs_directory_is_enough(tmp_path: Path) -> None:
    write_run(tmp_path, "here")
    async with terminal(tmp_path) as shown:
        await ask(shown, "here")
        await shown.press("enter")
        await shown.until(lambda: "here" in shown.header, "the run is open")


@pytest.mark.parametrize("text", ["x" * 300, "/" + "x" * 5_000, "folder/" + "x" * 300])
async def test_a_pasted_text_that_can_be_no_path_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "folder").mkdir()
    async with terminal(tmp_path) as shown:
        await ask(shown, text)
        await shown.press("enter")
        words = shown.app.screen.query_one("Static")
        await shown.until(lambda: words.has_class("-bad"), "it is refused")


@pytest.mark.parametrize("size", [(60, 20), *slow([(80, 24), (120, 40)])])
async def test_a_typo_gets_the_sentence_of_the_command_line_and_can_be_corrected(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    folder = write_run(tmp_path / "elsewhere", "far")
    with pytest.raises(EmnistTuiError) as refusal:
        find_path(tmp_path / "runs", f"{folder.path}x")
    async with terminal(tmp_path / "runs", size=size) as shown:
        await ask(shown, f"{folder.path}x")
        await shown.press("enter")
        words = shown.app.screen.query_one("Static")
        await shown.until(lambda: words.has_class("-bad"), "it is refused")
        assert str(words.content) == in_the_app(str(refusal.value), Keymap())  # type: ignore[attr-defined]
        await shown.press("backspace")
        await shown.until(lambda: not words.has_class("-bad"), "the hint is back")
        await shown.press("enter")
        await shown.until(lambda: "far" in shown.header, "the run is open")


async def test_a_checkpoint_file_is_evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.pt"
    file.touch()

    def evaluate(checkpoint: Path, foreign: ForeignWeights = RECOGNIZED) -> RunSession:
        assert checkpoint == file
        return opened_checkpoint(tmp_path, checkpoint)

    monkeypatch.setattr(RunSession, "evaluate", evaluate)
    async with terminal(tmp_path / "runs") as shown:
        await ask(shown, str(file))
        await shown.press("enter")
        await shown.until(lambda: "mine.pt" in shown.header, "the checkpoint is open")
        assert shown.app.current_mode == "confusion"


def report(folder: Path, checkpoint: object) -> Path:
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text(json.dumps({"report_format": 1, "checkpoint": checkpoint}))
    return folder


def test_a_report_stands_for_its_checkpoint(tmp_path: Path) -> None:
    run = write_run(tmp_path / "runs", "seed0")
    run.last_checkpoint.touch()
    assert find_path(tmp_path / "runs", str(report(tmp_path / "a", "seed0/last.pt"))) == run.last_checkpoint
    (tmp_path / "b.pt").touch()
    assert find_path(tmp_path / "runs", str(report(tmp_path / "b", "b.pt"))) == tmp_path / "b.pt"


@pytest.mark.parametrize(
    ("checkpoint", "words"),
    [("gone/last.pt", "is a report about gone/last.pt"), (7, "holds no checkpoint"), ("", "holds no checkpoint")],
)
def test_a_report_whose_checkpoint_is_missing_is_explained(tmp_path: Path, checkpoint: object, words: str) -> None:
    with pytest.raises(EmnistTuiError, match=words):
        find_path(tmp_path / "runs", str(report(tmp_path / "a", checkpoint)))


async def test_tab_completes_the_path_and_escape_opens_nothing(tmp_path: Path) -> None:
    write_run(tmp_path / "elsewhere", "far-away")
    async with terminal(tmp_path / "runs") as shown:
        await ask(shown, "")
        line = shown.app.screen.query_one(Input)
        await shown.write(f"{tmp_path}/elsewhere/fa")
        await shown.until(lambda: line._suggestion, "a completion is suggested")
        await shown.press("tab")
        await shown.until(lambda: line.value == f"{tmp_path}/elsewhere/far-away/", "it is completed")
        await shown.press("escape")
        await shown.until(lambda: len(shown.app.screen_stack) == 1, "the dialog is closed")
        assert shown.app.session is None


@pytest.mark.parametrize("value", ["", "/", "/nowhere/at/all", "~nobody-of-this-name/x", "a\0b"])
def test_a_path_without_a_continuation_has_no_suggestion(value: str) -> None:
    assert asyncio.run(PathSuggester().get_suggestion(value)) is None
