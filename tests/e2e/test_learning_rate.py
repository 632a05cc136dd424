"""The learning rate changed while a real trainer trains, in a real terminal."""

import re
import sys
from pathlib import Path

import pytest

from emnist_tui.runs.events import LearningRateChanged
from emnist_tui.runs.folder import RunFolder
from tests.e2e.emulator import Emulator
from tests.e2e.program import PROGRAM, events, last_step, only_run, wait_until
from tests.support.terminal import live_run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals"),
]
MOST = 3000  # bytes of a frame at 120×40


def rates(run: RunFolder) -> list[float]:
    return [event["learning_rate"] for event in events(run, "learning_rate_changed")]


def test_a_burst_of_keys_ends_at_the_last_rate_and_is_marked(variables: dict[str, str], root: Path) -> None:
    with Emulator([*PROGRAM], variables, 120, 40) as terminal:
        terminal.shows("no run open")
        terminal.write("n5000\r")
        terminal.shows("● training", timeout=60)
        run = only_run(root)
        wait_until(lambda: run.events.exists() and events(run, "batches"))
        assert "┊" not in terminal.screen
        terminal.write("+-+-++")
        wait_until(lambda: rates(run)[-1:] == [0.05])
        terminal.shows(lambda screen: "┊0.05" in screen or "0.05┊" in screen)
        terminal.shows(lambda screen: re.search(r"learning rate +0\.05 │", screen))
        changed = len(rates(run))
        terminal.write("=3e-4\r")
        wait_until(lambda: rates(run)[changed:] == [0.0003])
        terminal.shows("0.0003")
        terminal.write("x")
        terminal.shows("● stopped")
        stopped = last_step(run)
        terminal.write(" ")
        wait_until(lambda: last_step(run) > stopped, 60)
        assert events(run, "run_started")[-1]["config"]["learning_rate"] == 0.0003
        assert len(rates(run)) == changed + 1, "a resumed run has the rate already"
        terminal.shows(lambda screen: "● training" in screen and "┊" in screen)
        terminal.write("x")
        terminal.shows("● stopped")
        assert terminal.leave() == 0


def test_the_frame_of_a_mark_costs_at_most_3_kb(variables: dict[str, str], root: Path) -> None:
    with (
        live_run(root, epochs=2) as (folder, log),
        Emulator([*PROGRAM, str(folder.path)], variables, 120, 40) as terminal,
    ):
        terminal.shows("mean of 100")
        terminal.settled_cells(1.5)
        before = len(terminal.output)
        log.write(LearningRateChanged(epoch=2, step=200, learning_rate=0.02))
        terminal.shows("┊")
        terminal.settled_cells(1.0)
        assert 0 < len(terminal.output) - before <= MOST
