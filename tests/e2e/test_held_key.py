"""A held key: the cursor stops when it is released, while a run trains."""

import re
import sys
import time
from pathlib import Path

import pytest

from emnist_tui.runs.control import Desired, ask_for
from emnist_tui.runs.folder import RunFolder
from tests.e2e.emulator import Emulator
from tests.e2e.program import PROGRAM, events

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals"),
]

PER_SECOND, SECONDS = 30, 1.5
REST = 0.3  # seconds in which the last frame is drawn, on a machine that also trains


def position(screen: str) -> str:
    found = re.search(r"([\d,]+) of [\d,]+ ·", screen)
    assert found, screen
    return found[1]


def stops(terminal: Emulator, run: RunFolder, key: str) -> bool:
    """Hold a key and check that the cursor stops; false if an evaluation has shown other digits meanwhile."""
    evaluated, at = len(events(run, "evaluated")), time.monotonic()
    for number in range(1, int(PER_SECOND * SECONDS) + 1):
        terminal.write(key)
        time.sleep(max(0.0, at + number / PER_SECOND - time.monotonic()))
    time.sleep(REST)
    stopped = position(terminal.screen)
    time.sleep(1)
    if len(events(run, "evaluated")) > evaluated:
        return False
    assert position(terminal.screen) == stopped
    return True


def test_the_cursor_stops_when_the_key_is_released(variables: dict[str, str], root: Path) -> None:
    with Emulator([*PROGRAM], variables, 120, 40) as terminal:
        terminal.shows("no run open")
        terminal.write("n1000\t1\r")  # batches of one image, so that an epoch lasts
        terminal.shows("● training")
        run = RunFolder(root / "baseline-001")
        terminal.wait_until(lambda: events(run, "evaluated"), "the first evaluation", 200)
        terminal.write("3")
        terminal.shows(lambda screen: "1 of " in screen)
        for key in ("\x1b[C", "\x1b[D") * 2:
            while not stops(terminal, run, key):
                seen = len(events(run, "evaluated"))
                terminal.wait_until(lambda seen=seen: len(events(run, "evaluated")) > seen, "an evaluation", 200)  # type: ignore[misc]
        ask_for(run.control, Desired.STOP)
        terminal.shows("● stopped")
        assert terminal.leave() == 0


def test_a_held_enter_starts_one_training(variables: dict[str, str], root: Path) -> None:
    with Emulator([*PROGRAM], variables, 120, 40) as terminal:
        terminal.shows("no run open")
        terminal.write("n")
        for _ in range(30):
            terminal.write("\r")
            time.sleep(1 / PER_SECOND)
        terminal.shows("● training")
        (path,) = root.iterdir()
        ask_for(RunFolder(path).control, Desired.STOP)
        terminal.shows(lambda screen: re.search("● (stopped|finished)", screen))
        assert terminal.leave() == 0
