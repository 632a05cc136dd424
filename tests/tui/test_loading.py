"""Imports of the app: few before its first frame, the rest after it, and keys that do not wait for them."""

import asyncio
import gc
import json
import subprocess
import sys
from pathlib import Path

import pytest
from textual.screen import Screen

from emnist_tui.runs.collector import collector_paused
from emnist_tui.tui.session.run_session import RunSession
from tests.support.project import PROJECT
from tests.support.scripted_runs import write_run
from tests.support.slow import slow
from tests.support.terminal import terminal

HEAVY = ("torch", "torchvision", "numpy", "plotext", "filelock", "requests", "tomlkit")

FIRST_FRAME = """
import json, sys
from pathlib import Path
from emnist_tui.tui.app import EmnistApp

def on_ready(self):
    print(json.dumps(sorted(sys.modules)))
    self.exit()

EmnistApp.on_ready = on_ready
EmnistApp(Path(sys.argv[1])).run(headless=True)
"""

KEYS_AT_ONCE = """
import asyncio, sys, time
from pathlib import Path
from emnist_tui.tui.app import EmnistApp
from emnist_tui.tui.session.open import open_path
from tests.support.terminal import Terminal

class SlowDisk:
    def find_spec(name, path, target=None):
        if name.startswith("emnist_tui"):
            time.sleep(0.03)

if sys.argv[2] == "never":
    EmnistApp.on_ready = lambda self: None
sys.meta_path.insert(0, SlowDisk)

async def press():
    root = Path(sys.argv[1])
    app = EmnistApp(root, open_path(root, "scripted"))
    async with app.run_test(size=(120, 40)) as pilot:
        terminal = Terminal(app, pilot)
        for keys, text in (
            (("2",), "predicted"),
            (("3",), "wrong label"),
            (("4",), "last change"),
            (("5",), "recorded weights"),
            (("1",), "300/300"),
            (("n",), "batch size"),
            (("escape", "question_mark"), "Quit"),
            (("escape", "2", "c"), "B − A"),
        ):
            await terminal.press_at_once(*keys)
            await terminal.shows(text)

asyncio.run(press())
"""


def run(code: str, *arguments: str) -> str:
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("runs", [0, 2])
def test_the_first_frame_imports_only_what_it_shows(tmp_path: Path, runs: int) -> None:
    for number in range(runs):
        write_run(tmp_path, f"scripted-{number}")
    imported = set(json.loads(run(FIRST_FRAME, str(tmp_path))))
    assert sorted(imported & set(HEAVY)) == []
    screens = {name.rpartition(".")[2] for name in imported if name.startswith("emnist_tui.tui.screens.")}
    assert screens == {"base", "robust"} | ({"runs"} if runs else {"train", "chart_screen", "replay_keys"})
    assert runs or "emnist_tui.runs.events" not in imported


@pytest.mark.parametrize("imports", ["slowly", *slow(["never"])])
def test_keys_work_before_the_imports_are_done(tmp_path: Path, imports: str) -> None:
    write_run(tmp_path)
    run(KEYS_AT_ONCE, str(tmp_path), imports)


async def test_the_collector_is_on_once_the_imports_are_done(tmp_path: Path) -> None:
    try:
        with collector_paused():
            async with terminal(tmp_path) as shown:
                await shown.until(gc.isenabled, "the collector is on")
                assert gc.get_freeze_count() > 1000
    finally:
        gc.unfreeze()


async def test_the_numbered_screens_are_made_before_their_keys_are_pressed(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:

        def made() -> set[str]:
            return {type(node).__name__ for node in shown.app._registry if isinstance(node, Screen)}

        assert made() == {"TrainScreen"}
        await shown.until(lambda: len(made()) == 5, "all screens are made")
        assert shown.app.current_mode == "train"
        for key, text in (("4", "by created"), ("3", "wrong label"), ("2", "predicted"), ("1", "300/300")):
            await shown.press(key)
            await shown.shows(text)
        assert len(made()) == 5


@pytest.mark.parametrize("turns", [0, *slow([2, 4])])
async def test_the_app_may_end_while_a_screen_is_made(tmp_path: Path, turns: int) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        while "confusion" not in shown.app._screen_stacks:
            await asyncio.sleep(0)
        for _ in range(turns):
            await asyncio.sleep(0)
