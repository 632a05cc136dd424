"""The app: switching screens, the header, its keys, errors, and no torch."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from textual.driver import Driver

from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import PhaseStarted
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights
from emnist_tui.runs.record import RunState
from emnist_tui.tui.app import EmnistApp
from emnist_tui.tui.session.run_session import RunSession
from tests.support.project import PROJECT
from tests.support.scripted_runs import started, write_run
from tests.support.terminal import SCREENS, live_run, opened_checkpoint, terminal

FIRST_FRAME = """
import asyncio, json, sys, time
from pathlib import Path
import emnist_tui.cli
import emnist_tui.tui.app as app
from emnist_tui.tui.session.open import open_path

def heavy():
    return sorted({name.partition(".")[0] for name in tuple(sys.modules)} & {"torch", "torchvision"})

found = {"imported": heavy()}

async def first_frame():
    root = Path(sys.argv[1])
    shown = app.EmnistApp(root, open_path(root, "scripted"))
    async with shown.run_test(size=(80, 24)) as pilot:
        end = time.monotonic() + 20
        while "300/300" not in (text := "\\n".join(s.text for s in shown.screen._compositor.render_strips())):
            assert time.monotonic() < end, text
            await pilot.pause(0.01)
        found["painted"] = heavy()

asyncio.run(first_frame())
print(json.dumps(found))
"""


def test_the_first_frame_is_painted_without_torch(tmp_path: Path) -> None:
    write_run(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", FIRST_FRAME, str(tmp_path)], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["imported"] == []
    assert found["painted"] == []


async def test_a_number_switches_to_its_screen(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        assert shown.app.current_mode == "train"
        for key, mode in [*SCREENS.items(), ("1", "train")]:
            await shown.press(key)
            assert shown.app.current_mode == mode


async def test_a_click_on_a_name_in_the_header_switches_to_its_screen(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.pilot.click("RunHeader", offset=(shown.header.index("3 Errors"), 0))
        await shown.until(lambda: shown.app.current_mode == "errors", "the errors are shown")


async def test_every_screen_names_run_model_data_device_and_state(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "s0")
    folder.events.write_text(folder.events.read_text().replace("synthetic digits", "EMNIST digits (unverified copy)"))
    async with terminal(tmp_path, RunSession(folder)) as shown:
        for key in SCREENS:
            await shown.press(key)
            for size in ((60, 20), (80, 24), (200, 24)):
                await shown.resize(*size)
                for fact in ("s0", "baseline", "EMNIST digits (unverified copy)", "cpu", "finished"):
                    assert fact in shown.header


async def test_a_narrow_header_leaves_the_model_out_first(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "baseline-001")
    folder.events.write_text(folder.events.read_text().replace("synthetic digits", "EMNIST digits (unverified copy)"))
    async with terminal(tmp_path, RunSession(folder), (60, 20)) as shown:
        assert " baseline-001 · EMNIST digits (unverified copy) · cpu" in shown.header
        await shown.resize(80, 24)
        assert " baseline-001  ·  baseline  ·  EMNIST digits (unverified copy)  ·  cpu" in shown.header


async def test_the_header_names_an_open_checkpoint(tmp_path: Path) -> None:
    async with terminal(tmp_path, opened_checkpoint(tmp_path, tmp_path / "best-of-all.pt")) as shown:
        assert shown.app.current_mode == "confusion"
        for key in SCREENS:
            await shown.press(key)
            for fact in ("best-of-all.pt", "baseline", "synthetic digits", "cpu", "finished"):
                assert fact in shown.header


@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_every_screen_shows_foreign_weights_which_have_no_step(tmp_path: Path, size: tuple[int, int]) -> None:
    session = opened_checkpoint(tmp_path, tmp_path / "mine.pt", step=None, weights="model", input_scaling="mnist")
    async with terminal(tmp_path, session, size=size) as shown:
        for key in SCREENS:
            await shown.press(key)
            assert "mine.pt" in shown.header


async def test_without_an_open_run_every_screen_says_what_to_press(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        assert "n  train a new network" in shown.text
        for key, words in {"2": "Press n to train", "3": "press n to train", "4": "Press n to train"}.items():
            await shown.press(key)
            assert "no run open" in shown.header
            await shown.says(words)


async def test_evaluate_opens_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_run(tmp_path)
    folder.last_checkpoint.touch()
    evaluated: list[Path] = []

    def evaluate(checkpoint: Path, foreign: ForeignWeights = RECOGNIZED) -> RunSession:
        evaluated.append(checkpoint)
        return opened_checkpoint(tmp_path, checkpoint)

    monkeypatch.setattr(RunSession, "evaluate", evaluate)
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await shown.press("e")
        await shown.until(lambda: shown.app.current_mode == "confusion", "the matrix is shown")
        assert evaluated == [folder.last_checkpoint]


async def test_every_binding_is_described(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        for binding in shown.app.BINDINGS:
            assert not isinstance(binding, tuple)
            assert binding.description
            assert binding.tooltip


async def test_a_run_whose_folder_vanishes_is_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emnist_tui.runs.follower._LOCK_CHECK_INTERVAL", 0.05)
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press(*SCREENS)
            shutil.rmtree(folder.path)
            await shown.shows("interrupted")
            await shown.press("s", "x", "space", "e", "r", *SCREENS)
            assert shown.notices
            assert "Save: it is no longer there." in shown.notices


async def test_a_folder_that_cannot_be_written_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("emnist_tui.tui.session.requests.ask_for", refuse)
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("x")
            assert shown.notices == ["The run's folder cannot be written (Permission denied)."]


async def test_a_damaged_evaluation_is_explained(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    file = folder.path / "evaluation-epoch-003.npz"
    content = bytearray(file.read_bytes())
    content[len(content) // 2 :] = b"\xff" * (len(content) - len(content) // 2)
    file.write_bytes(content)
    async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
        await shown.says("evaluate the checkpoint again")


def waited(text: str) -> int:
    return int(text.split("Loading torch …")[1].split(" s")[0])


async def test_a_waiting_run_says_for_what_and_for_how_long(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "slow")
    folder.path.mkdir()
    with folder.held(), EventLog(folder.events) as log:
        log.write(PhaseStarted(phase="loading torch"))
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.shows("starting", "Loading torch …  ")
            before = waited(shown.text)
            await shown.until(lambda: waited(shown.text) > before, "the seconds advance")
            log.write(started())
            await shown.shows("training", "synthetic digits")
            assert shown.app.session
            assert shown.app.session.state is RunState.TRAINING


async def test_suspending_without_a_shell_says_so_and_is_in_the_help(tmp_path: Path) -> None:
    async with terminal(tmp_path, size=(100, 50)) as shown:
        await shown.press("ctrl+z")
        await shown.shows("There is no shell to return to.")
        await shown.press("question_mark")
        await shown.shows("^z  Suspend", "fg comes back")


async def test_resumed_app_repaints_every_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repainted: list[EmnistApp] = []
    monkeypatch.setattr(EmnistApp, "action_redraw", lambda app: repainted.append(app))
    async with terminal(tmp_path) as shown:
        repainted.clear()
        shown.app.post_message(Driver.SignalResume())
        await shown.until(lambda: repainted == [shown.app], "the whole screen is repainted")
