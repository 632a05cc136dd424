"""The screen under abuse: ten thousand random keys, mouse events and sizes while a run trains."""

import random
import sys
import time
from pathlib import Path

import pytest
import torch

from emnist_tui.runs.control import Desired, ask_for
from emnist_tui.runs.folder import RunFolder
from tests.e2e.link import Link
from tests.e2e.program import PROGRAM, events, headless, weights
from tests.support.scripted_runs import write_run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals"),
]

EVENTS = 10_000
AT_ONCE = 40
EPOCHS = 10

# Not n, r and e, each of which may start a process a time, and not ctrl+p, from which they can be reached: see below.
KEYS = [
    *"12341234 sxmchjogwafuypv?/[]{}0>9kqz",
    "\r", "\t", "\x1b[Z", "\x1b", "\x7f", "\x15",
    *(f"\x1b[{letter}" for letter in "ABCDHF"),
    "\x1b[5~", "\x1b[6~", "\x1bOP", "\x1b[200~pasted [bold]\x1b[201~",
]  # fmt: skip


def random_event(chance: random.Random) -> str:
    return random_mouse(chance, 300, 100) if chance.random() < 0.3 else str(chance.choice(KEYS))


def random_mouse(chance: random.Random, columns: int, rows: int) -> str:
    """A move, a turn of the wheel, a click or a drag, as xterm's SGR mode reports them."""

    def anywhere() -> str:
        return f"{chance.randint(1, columns)};{chance.randint(1, rows)}"

    button, place = chance.choice([0, 0, 0, 2, 35, 64, 65]), anywhere()
    press = f"\x1b[<{button};{place}M"
    if button >= 35:
        return press
    if chance.random() < 0.2:
        place = anywhere()
        press += f"\x1b[<{button + 32};{place}M"
    return f"{press}\x1b[<{button};{place}m"


def test_random_keys_mouse_and_sizes(variables: dict[str, str], root: Path, pytestconfig: pytest.Config) -> None:
    chance = random.Random(int(pytestconfig.getoption("--fault-seed")))
    headless(variables, "train", "--epochs", str(EPOCHS), "--name", "straight")
    run = RunFolder(root / "abused")
    with Link([*PROGRAM, "train", "--epochs", str(EPOCHS), "--name", run.name], variables) as trainer:
        trainer.wait_until(run.exists, "the run has begun")
        done = starts = 0
        while done < EVENTS:
            starts += 1
            with Link([*PROGRAM], variables) as link:
                link.wait_for("1 Train")
                while done < EVENTS and link.process.poll() is None:
                    if chance.random() < 0.3:
                        link.resize(chance.randint(20, 300), chance.randint(5, 100))
                    link.write("".join(random_event(chance) for _ in range(AT_ONCE)))
                    done += AT_ONCE
                    link.wait_until_quiet()
                code = link.leave()
            assert link.traceback is None, link.traceback
            assert code == 0, link.words
        assert starts < EVENTS / AT_ONCE, "it left at once each time"
    while run.is_training():
        ask_for(run.control, Desired.STOP)
        time.sleep(0.1)
    while events(run, "run_ended")[-1]["reason"] != "finished":
        headless(variables, "train", "--resume", run.name)
    first, second = weights(run.last_checkpoint), weights(root / "straight" / "last.pt")
    assert all(torch.equal(first[name], second[name]) for name in second)


def test_random_keys_and_mouse_in_dialogs(
    variables: dict[str, str], root: Path, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """The palette, typed into, entered, clicked and closed in a hurry."""
    chance = random.Random(int(pytestconfig.getoption("--fault-seed")))
    variables |= {"EMNIST_TUI_DATA": str(tmp_path / "no-data"), "EMNIST_TUI_URL": "http://127.0.0.1:1/refused.zip"}
    for name in ("one", "two"):
        write_run(root, name)
    keys = [*"1234mxj?/ qakdd", *["\x10"] * 3, *["\r", "\x1b"] * 2, "\x1b[B", "\x15", "\x7f"]
    bursts = 400
    while bursts:
        with Link([*PROGRAM], variables) as link:
            link.wait_for("1 Train")
            while bursts and link.process.poll() is None:
                if chance.random() < 0.2:
                    link.resize(chance.randint(20, 200), chance.randint(5, 60))
                for _ in range(chance.choice([1, 2, 3, 8])):
                    link.write(chance.choice(keys) if chance.random() < 0.6 else random_mouse(chance, 120, 40))
                link.wait_until_quiet(0.3)
                bursts -= 1
            code = link.leave()
        assert link.traceback is None, link.traceback
        assert code == 0, link.words
