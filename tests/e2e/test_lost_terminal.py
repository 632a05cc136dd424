"""Training survives the terminal: cut and stalled connections, signals, killed processes."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from emnist_tui.runs.folder import RunFolder
from tests.e2e.emulator import Emulator
from tests.e2e.link import Link, start_run
from tests.e2e.program import PROGRAM, events, last_step, processor_time, wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals"),
]

GONE_WITHIN = 10.0  # seconds; half of that on an idle machine


@pytest.fixture
def run(root: Path) -> RunFolder:
    return RunFolder(root / "baseline-001")


@contextmanager
def training(variables: dict[str, str], run: RunFolder) -> Iterator[Link]:
    """Start the app and a long run in it."""
    variables = {**variables, "EMNIST_TUI_CHECKPOINTS": str(run.path.parent)}
    with Link([*PROGRAM], variables) as link:
        start_run(link, run)
        yield link


def stall(link: Link) -> None:
    """Stop reading, and resize until the app's writes fill the pty."""
    link.stall()
    for columns in (90, 110, 80, 120):
        link.resize(columns, 30)
        time.sleep(0.5)


def check_gone(link: Link, *codes: int) -> None:
    """Check that the process ends soon, with one of these exit codes."""
    end = time.monotonic() + GONE_WITHIN
    while link.process.poll() is None:
        assert time.monotonic() < end, "the app is still running"
        time.sleep(0.05)
    assert link.process.returncode in codes


def check_still_training(run: RunFolder) -> None:
    step = last_step(run)
    wait_until(lambda: last_step(run) > step + 50)
    assert run.is_training()


def test_a_cut_connection_ends_the_app_and_not_the_training(variables: dict[str, str], run: RunFolder) -> None:
    with training(variables, run) as link:
        link.cut()
        check_gone(link, 129)
    check_still_training(run)


def test_a_stalled_connection_costs_no_cpu_until_it_is_cut(variables: dict[str, str], run: RunFolder) -> None:
    with training(variables, run) as link:
        stall(link)
        before = processor_time(link.process.pid)
        time.sleep(2)
        assert processor_time(link.process.pid) - before < 1.0, "the app spins while nothing is read"
        assert link.process.poll() is None
        link.cut()
        check_gone(link, 129)
    check_still_training(run)


def test_the_app_recovers_after_a_stalled_connection(variables: dict[str, str], run: RunFolder) -> None:
    with training(variables, run) as link:
        stall(link)
        link.flow()
        del link.output[:]
        link.write("4")
        link.wait_for("checkpoints")  # the rest of the title may be there already
        link.write("x")
        wait_until(lambda: events(run, "run_ended"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGUSR1, signal.SIGXCPU])
def test_a_signal_ends_the_app_and_restores_the_terminal(
    variables: dict[str, str], run: RunFolder, number: signal.Signals
) -> None:
    with training(variables, run) as link:
        link.process.send_signal(number)
        check_gone(link, 128 + number)
        link.wait_until_written(b"\x1b[?1049l")
        assert link.output.rfind(b"\x1b[?25h") > link.output.rfind(b"\x1b[?25l")
    check_still_training(run)


def test_a_signal_ends_the_app_on_a_stalled_connection(variables: dict[str, str], run: RunFolder) -> None:
    with training(variables, run) as link:
        stall(link)
        link.process.send_signal(signal.SIGTERM)
        check_gone(link, 143)
    check_still_training(run)


def test_a_killed_app_leaves_its_run_training(variables: dict[str, str], run: RunFolder) -> None:
    with training(variables, run) as link:
        link.process.kill()
    check_still_training(run)


def test_one_key_resumes_a_run_whose_trainer_was_killed(variables: dict[str, str], run: RunFolder) -> None:
    with training(variables, run) as link:
        link.write("s")
        wait_until(lambda: events(run, "checkpoint_saved"))
        link.write(" ")
        wait_until(lambda: events(run, "paused"))
        wait_until(run.last_checkpoint.exists)
        os.kill(trainer_of(link), signal.SIGKILL)
        link.wait_for("interrupted")
        link.wait_for("The trainer died; last checkpoint at step")
        link.write(" ")
        wait_until(lambda: len(events(run, "run_started")) == 2)
        resumed_at = events(run, "run_started")[1]["resumed_at_step"]
        assert resumed_at == events(run, "paused")[0]["step"]
        wait_until(lambda: last_step(run) > resumed_at + 50)
        link.write("x")
        wait_until(lambda: events(run, "run_ended"))


def test_a_trainer_started_by_hand_saves_and_stops_on_a_hang_up(variables: dict[str, str], run: RunFolder) -> None:
    with Link([*PROGRAM, "train", "--epochs", "1000", "--name", run.name], variables) as link:
        link.wait_until(lambda: run.events.exists() and events(run, "batches"), "the first batch")
        link.cut()
        check_gone(link, 1, 130)
    (ended,) = events(run, "run_ended")
    assert ended["reason"] == "stopped"
    assert events(run, "checkpoint_saved")[-1]["step"] == ended["step"]
    assert run.last_checkpoint.exists()


def test_two_terminals_follow_one_run(variables: dict[str, str], run: RunFolder) -> None:
    """Their screens are read, for parts of a word may stand there already: "resuming", "training"."""
    with Emulator([*PROGRAM], variables) as first:
        start_run(first, run)
        with Emulator([*PROGRAM], variables) as second:
            second.shows("in another process")
            second.write(" ")
            for terminal in (first, second):
                terminal.shows("● paused")
            first.write(" ")
            for terminal in (first, second):
                terminal.shows("● training")
            second.write("x")
            for terminal in (first, second):
                terminal.shows("● stopped")
    assert len(events(run, "run_ended")) == 1


def trainer_of(link: Link) -> int:
    """Return the process id of the trainer, a child of the app."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        arguments = path.read_bytes().split(b"\0")
        parent = (path.parent / "stat").read_text().rpartition(")")[2].split()[1]
        if b"train" in arguments and int(parent) == link.process.pid:
            return int(path.parent.name)
    raise AssertionError("no trainer is running")
