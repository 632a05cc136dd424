"""The app as a whole: screens, header, keys that hold everywhere, foreign text, sizes, and no torch."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette

from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import PhaseStarted, StuckAtChance
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.record import RunState
from emnist_tui.tui.session.open import open_path
from emnist_tui.tui.session.run_session import RunSession
from tests.support.project import PROJECT
from tests.support.scripted_runs import evaluation, started, write_run
from tests.support.terminal import SCREENS, control, live_run, opened_checkpoint, terminal

FIRST_FRAME = """
import asyncio, json, sys, time
from pathlib import Path
import emnist_tui.cli
import emnist_tui.tui.app as app
from emnist_tui.tui.session.open import open_path

def heavy():
    return sorted({name.partition(".")[0] for name in sys.modules} & {"torch", "torchvision"})

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


def test_the_rooms_keep_their_contracts() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    if not linter.exists():
        pytest.skip("import-linter is not installed")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=PROJECT, capture_output=True, text=True, check=False, env={**os.environ, "CI": "1"}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


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


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (200, 60)])
async def test_every_screen_names_run_model_data_device_and_state(tmp_path: Path, size: tuple[int, int]) -> None:
    folder = write_run(tmp_path, "s0")
    folder.events.write_text(folder.events.read_text().replace("synthetic digits", "EMNIST digits (unverified copy)"))
    async with terminal(tmp_path, RunSession(folder), size) as shown:
        for key in SCREENS:
            await shown.press(key)
            for fact in ("s0", "baseline", "EMNIST digits (unverified copy)", "cpu", "finished"):
                assert fact in shown.header


async def test_where_not_all_fits_the_header_leaves_the_model_out_first(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "baseline-001")
    folder.events.write_text(folder.events.read_text().replace("synthetic digits", "EMNIST digits (unverified copy)"))
    async with terminal(tmp_path, RunSession(folder), (60, 20)) as shown:
        assert " baseline-001 · EMNIST digits (unverified copy) · cpu" in shown.header
    async with terminal(tmp_path, RunSession(folder), (80, 24)) as shown:
        assert " baseline-001  ·  baseline  ·  EMNIST digits (unverified copy)  ·  cpu" in shown.header


async def test_the_header_names_a_checkpoint_that_was_opened(tmp_path: Path) -> None:
    async with terminal(tmp_path, opened_checkpoint(tmp_path, tmp_path / "best-of-all.pt")) as shown:
        assert shown.app.current_mode == "confusion"
        for key in SCREENS:
            await shown.press(key)
            for fact in ("best-of-all.pt", "baseline", "synthetic digits", "cpu", "finished"):
                assert fact in shown.header


async def test_with_nothing_opened_the_screens_say_what_to_press(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        assert "n  train a new network" in shown.text
        for key, words in {"2": "n trains a network", "3": "n trains a network", "4": "n trains the first one"}.items():
            await shown.press(key)
            assert "no run open" in shown.header
            await shown.says(words)


async def test_keys_that_need_a_live_run_are_greyed_without_one(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    async with terminal(tmp_path, RunSession(folder)) as shown:
        for key, action in {"space": "pause", "s": "save", "x": "stop"}.items():
            assert shown.keys[key] == (action, False)
            await shown.press(key)
        assert "r" not in shown.keys
        assert control(folder) == {}


async def test_evaluate_is_greyed_until_there_is_a_checkpoint(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    async with terminal(tmp_path, RunSession(folder)) as shown:
        assert shown.keys["e"] == ("evaluate", False)
        folder.last_checkpoint.touch()
        assert shown.keys["e"] == ("evaluate", True)


async def test_evaluate_opens_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_run(tmp_path)
    folder.last_checkpoint.touch()
    evaluated: list[Path] = []

    def evaluate(checkpoint: Path) -> RunSession:
        evaluated.append(checkpoint)
        return opened_checkpoint(tmp_path, checkpoint)

    monkeypatch.setattr(RunSession, "evaluate", evaluate)
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await shown.press("e")
        await shown.until(lambda: shown.app.current_mode == "confusion", "the matrix is shown")
        assert evaluated == [folder.last_checkpoint]


async def test_keys_of_a_live_run_work(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            for key, action in {"space": "pause", "s": "save", "x": "stop"}.items():
                assert shown.keys[key] == (action, True)


async def test_every_binding_is_described(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        for binding in shown.app.BINDINGS:
            assert not isinstance(binding, tuple)
            assert binding.description
            assert binding.tooltip


async def test_the_palette_has_every_key_that_works(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (120, 60)) as shown:
        await shown.press("ctrl+p")
        await shown.until(lambda: isinstance(shown.app.screen, CommandPalette), "the palette is open")
        # What each does, in the words of its binding; the screen below does not have them.
        await shown.shows("Fill in a new training run", "Confusion matrix", "Misclassified digits", "Every key")
        assert "Save a checkpoint now" not in shown.text
        assert shown.text.count("Every key") == 1  # of two keys for it
        await shown.write("errors")
        await shown.hides("Change the current theme")
        await shown.shows("Misclassified digits")
        await shown.press("enter")
        await shown.until(lambda: shown.app.current_mode == "errors", "the errors are shown")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "size"),
    [
        ("run", (20, 5)),
        ("run", (60, 20)),
        ("run", (80, 24)),
        ("run", (200, 60)),
        ("nothing", (20, 5)),
        ("checkpoint", (20, 5)),
    ],
)
async def test_every_screen_and_dialog_at_every_size(tmp_path: Path, what: str, size: tuple[int, int]) -> None:
    opened = None
    if what == "run":
        opened = RunSession(write_run(tmp_path))
    elif what == "checkpoint":
        opened = opened_checkpoint(tmp_path, tmp_path / "a.pt")
    async with terminal(tmp_path, opened, size) as shown:
        for key, mode in SCREENS.items():
            await shown.press(key, "down", "right", "end", "pagedown")
            assert shown.app.current_mode == mode
            assert len(shown.text.split("\n")) == size[1]
        for key in ("question_mark", "n", "ctrl+p"):
            await shown.press(key)
            await shown.until(lambda: len(shown.app.screen_stack) == 2, "a dialog is open")
            await shown.press("escape")
            await shown.until(lambda: len(shown.app.screen_stack) == 1, "the dialog is closed")


async def test_a_terminal_that_is_too_small_is_told_what_is_needed(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (50, 15)) as shown:
        for key in SCREENS:
            await shown.press(key)
            await shown.shows("60×20")
        await shown.pilot.resize_terminal(60, 20)
        await shown.hides("60×20")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
async def test_no_key_at_the_foot_is_cut(tmp_path: Path, size: tuple[int, int]) -> None:
    with live_run(tmp_path) as (folder, log):
        folder.last_checkpoint.touch()
        log.write(StuckAtChance(epoch=2, step=1500, loss=2.303, seed=0))
        async with terminal(tmp_path, RunSession(folder), size) as shown:
            for key in SCREENS:
                await shown.press(key)
                await shown.until(lambda: shown.foot.endswith("? Help q Quit"), "the last keys are there")
                assert "New" in shown.foot
                assert len(shown.foot) <= size[0]


async def test_keys_that_do_not_work_now_make_room_first(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (60, 20)) as shown:
        await shown.press("3")
        await shown.until(lambda: shown.foot.endswith("? Help q Quit"), "the last keys are there")
        assert shown.foot.startswith("/ Filter o Sort waf Judge n New")
        assert "Stop" not in shown.foot
        await shown.pilot.resize_terminal(120, 40)
        await shown.until(lambda: "x Stop" in shown.foot, "all keys are there")


@pytest.mark.slow
async def test_growing_and_shrinking_keeps_the_screens_whole(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        for key in SCREENS:
            await shown.press(key)
            for size in ((200, 60), (20, 5), (80, 24)):
                await shown.pilot.resize_terminal(*size)
                await shown.settle()
            assert "finished" in shown.header


@pytest.mark.slow
async def test_every_theme_that_can_be_chosen_paints_every_screen(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            for theme in sorted(shown.app.available_themes):
                shown.app.theme = theme
                for key in SCREENS if theme.startswith(("ansi", "emnist")) else "1":
                    await shown.press(key)
                    assert "training" in shown.header


HOSTILE = "[b]x[/b] [/] \x1b]0;t\x07\x9b31m \u202edata [$accent]"
AS_SHOWN = "[b]x[/b] [/] \\x1b]0;t\\x07\\x9b31m \\u202edata [$accent]"


async def test_foreign_names_are_shown_literally(tmp_path: Path) -> None:
    name = "[red]a[b] \x1b[7m"
    folder = write_run(tmp_path, name)
    lines = [json.loads(line) for line in folder.events.read_text().splitlines()]
    lines[0]["data"] = HOSTILE
    lines[0]["model"] = "[i]m[/i]"
    folder.events.write_text("".join(json.dumps(line) + "\n" for line in lines))
    async with terminal(tmp_path, RunSession(folder), (200, 60)) as shown:
        for key in SCREENS:
            await shown.press(key)
            for words in ("[red]a[b] \\x1b[7m", "[i]m[/i]", AS_SHOWN):
                assert words in shown.header
            assert "\x1b" not in shown.text
        # The list says them again.
        await shown.until(lambda: shown.text.count(AS_SHOWN) == 2, "the list has the run")


ODD = "[/] \x1b[7m [b]odd[/b]"


def append(folder: RunFolder, event: str, **values: Any) -> None:
    with folder.events.open("a") as file:
        file.write(json.dumps({"event": event, "time": 1_700_000_009.0, **values}) + "\n")


async def test_a_foreign_wait_is_shown_literally(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, _):
        append(folder, "phase_started", phase=ODD)
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.shows("[/] \\x1b[7m [b]odd[/b] …")


async def test_a_foreign_failure_is_shown_literally(tmp_path: Path) -> None:
    folder = write_run(tmp_path, ended=False)
    append(folder, "run_failed", error=ODD, hint="[/b]")
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await shown.shows("[/] \\x1b[7m [b]odd[/b] [/b]", "failed")


async def test_a_foreign_split_is_shown_literally(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    append(folder, "evaluated", split=ODD, epoch=3, step=300, loss=0.1, accuracy=0.9, images=9, file="x")
    async with terminal(tmp_path, RunSession(folder), (200, 60)) as shown:
        await shown.shows("[/] \\x1b[7m [b]odd[/b] 90.0 %")


async def test_the_split_of_an_evaluation_is_shown_literally(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    replace(evaluation(), split="[/] [b]odd").save(folder.path / "evaluation-epoch-003.npz")
    async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
        await shown.press("2")
        await shown.shows("[/] [b]odd images")


async def test_a_folder_that_vanishes_is_a_run_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emnist_tui.runs.follower._LOCK_CHECK_INTERVAL", 0.05)
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press(*SCREENS)
            shutil.rmtree(folder.path)
            await shown.shows("interrupted")
            await shown.press("s", "x", "space", "e", "r", *SCREENS)
            assert shown.notices
            assert "cannot be written" in shown.notices[0]


async def test_a_folder_that_cannot_be_written_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("emnist_tui.tui.session.run_session.ask_for", refuse)
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


def test_a_path_opens_a_run_by_name_or_path(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "mine")
    assert open_path(tmp_path, "mine").follower.folder.path == folder.path
    assert open_path(tmp_path / "elsewhere", str(folder.path)).follower.folder.path == folder.path


def waited(text: str) -> int:
    return int(text.split("Loading torch …")[1].split(" s")[0])


async def test_a_run_that_only_waits_says_for_what_and_for_how_long(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "slow")
    folder.path.mkdir()
    with folder.held(), EventLog(folder.events) as log:
        log.write(PhaseStarted(phase="loading torch"))
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.shows("starting", "Loading torch …  ")
            before = waited(shown.text)
            await shown.until(lambda: waited(shown.text) > before, "the seconds go on")
            log.write(started())
            await shown.shows("training", "synthetic digits")
            assert shown.app.session
            assert shown.app.session.state is RunState.TRAINING
