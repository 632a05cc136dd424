"""Ten thousand random keys, mouse events and sizes during training."""

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

# Without n, r and e, each of which may start a process, and ctrl+p, from which they can be reached.
KEYS = [
    *"12341234 sxmchjogwafuypv?/[]{}0>9kqz",
    "\r", "\t", "\x1b[Z", "\x1b", "\x7f", "\x15",
    *(f"\x1b[{letter}" for letter in "ABCDHF"),
    "\x1b[5~", "\x1b[6~", "\x1bOP", "\x1b[200~pasted [bold]\x1b[201~",
]  # fmt: skip


def random_event(rng: random.Random) -> str:
    return random_mouse(rng, 300, 100) if rng.random() < 0.3 else str(rng.choice(KEYS))


def random_mouse(rng: random.Random, columns: int, rows: int) -> str:
    """Return a move, wheel turn, click or drag in xterm's SGR encoding."""

    def anywhere() -> str:
        return f"{rng.randint(1, columns)};{rng.randint(1, rows)}"

    button, place = rng.choice([0, 0, 0, 2, 35, 64, 65]), anywhere()
    press = f"\x1b[<{button};{place}M"
    if button >= 35:
        return press
    if rng.random() < 0.2:
        place = anywhere()
        press += f"\x1b[<{button + 32};{place}M"
    return f"{press}\x1b[<{button};{place}m"


def test_random_input_neither_breaks_the_app_nor_the_training(
    variables: dict[str, str], root: Path, pytestconfig: pytest.Config
) -> None:
    rng = random.Random(int(pytestconfig.getoption("--fault-seed")))
    headless(variables, "train", "--epochs", str(EPOCHS), "--name", "undisturbed")
    run = RunFolder(root / "abused")
    with Link([*PROGRAM, "train", "--epochs", str(EPOCHS), "--name", run.name], variables) as trainer:
        trainer.wait_until(run.exists, "the run has begun")
        done = starts = 0
        while done < EVENTS:
            starts += 1
            with Link([*PROGRAM], variables) as link:
                link.wait_for("1 Train")
                while done < EVENTS and link.process.poll() is None:
                    if rng.random() < 0.3:
                        link.resize(rng.randint(20, 300), rng.randint(5, 100))
                    link.write("".join(random_event(rng) for _ in range(AT_ONCE)))
                    done += AT_ONCE
                    link.wait_until_quiet()
                code = link.leave()
            assert link.traceback is None, link.traceback
            assert code == 0, link.recent_output
        assert starts < EVENTS / AT_ONCE, "the app quit immediately every time"
    while run.is_training():
        ask_for(run.control, Desired.STOP)
        time.sleep(0.1)
    while events(run, "run_ended")[-1]["reason"] != "finished":
        headless(variables, "train", "--resume", run.name)
    first, second = weights(run.last_checkpoint), weights(root / "undisturbed" / "last.pt")
    assert all(torch.equal(first[name], second[name]) for name in second)


def test_random_input_does_not_break_the_dialogs(
    variables: dict[str, str], root: Path, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """Type into, confirm, click and close the command palette in quick succession."""
    rng = random.Random(int(pytestconfig.getoption("--fault-seed")))
    variables |= {"EMNIST_TUI_DATA": str(tmp_path / "no-data"), "EMNIST_TUI_URL": "http://127.0.0.1:1/refused.zip"}
    for name in ("one", "two"):
        write_run(root, name)
    keys = [*"1234mxj?/ qakdd", *["\x10"] * 3, *["\r", "\x1b"] * 2, "\x1b[B", "\x15", "\x7f"]
    bursts = 400
    while bursts:
        with Link([*PROGRAM], variables) as link:
            link.wait_for("1 Train")
            while bursts and link.process.poll() is None:
                if rng.random() < 0.2:
                    link.resize(rng.randint(20, 200), rng.randint(5, 60))
                for _ in range(rng.choice([1, 2, 3, 8])):
                    link.write(rng.choice(keys) if rng.random() < 0.6 else random_mouse(rng, 120, 40))
                link.wait_until_quiet(0.3)
                bursts -= 1
            code = link.leave()
        assert link.traceback is None, link.traceback
        assert code == 0, link.recent_output
