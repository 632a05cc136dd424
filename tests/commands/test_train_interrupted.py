"""`emnist-tui train` interrupted by signals, and by readers of its output that leave."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from emnist_tui.learning.data import dataset
from emnist_tui.learning.data.dataset import to_dataset
from emnist_tui.learning.data.digits import Digits
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.signals import ENDING
from tests.support.call import Call, check_refused
from tests.support.process import PROGRAM, Process, environment
from tests.support.slow import slow
from tests.support.trained_run import events_of, has_event, named, train_arguments

LONG = ["--epochs", "10000"]  # until it is stopped


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
def test_signal_makes_training_save_and_stop(call: Call, root: Path, archive: Path, number: signal.Signals) -> None:
    run = RunFolder(root / "run")

    def interrupt() -> None:
        end = time.monotonic() + 60
        while not has_event(run, "batches")():
            assert time.monotonic() < end, "timed out"
            time.sleep(0.02)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=interrupt)
    thread.start()
    result = call(*train_arguments(archive, root, *LONG, "--name", "run"))
    thread.join()
    assert (result.code, result.out) == (130, f"{run.last_checkpoint}\n")
    assert "Traceback" not in result.err
    ended = events_of(run)[-1]
    assert (ended["event"], ended["reason"]) == ("run_ended", "stopped")
    assert torch.load(run.last_checkpoint, weights_only=True)["progress"]["step"] == ended["step"]


def test_second_interrupt_exits_at_once(root: Path, archive: Path, spawn: Callable[..., Process]) -> None:
    """Both are pending before the first is handled, the hang-up, because its number is lower."""
    run = RunFolder(root / "run")
    process = spawn(*train_arguments(archive, root, *LONG, "--name", "run"))
    process.wait_until(has_event(run, "batches"))
    for number in (signal.SIGSTOP, signal.SIGHUP, signal.SIGINT, signal.SIGCONT):
        process.popen.send_signal(number)
    result = process.wait()
    assert (result.code, result.out) == (130, "")
    assert not named(events_of(run), "run_ended")
    assert not run.is_training()


@pytest.mark.parametrize(
    "number", [signal.SIGUSR1, *slow([signal.SIGUSR2, signal.SIGXCPU])], ids=lambda number: number.name
)
def test_warning_that_is_repeated_does_not_end_the_saving(
    root: Path, archive: Path, spawn: Callable[..., Process], number: signal.Signals
) -> None:
    """A batch system may send a signal each second until the job has ended."""
    run = RunFolder(root / "run")
    process = spawn(*train_arguments(archive, root, *LONG, "--name", "run"))
    process.wait_until(has_event(run, "evaluation_advanced"))
    while process.popen.poll() is None:
        process.popen.send_signal(number)
        time.sleep(0.01)
    result = process.wait()
    assert (result.code, result.out) == (130, f"{run.last_checkpoint}\n")
    ended = events_of(run)[-1]
    assert (ended["event"], ended["reason"]) == ("run_ended", "stopped")
    assert torch.load(run.last_checkpoint, weights_only=True)["progress"]["step"] == ended["step"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGUSR1], ids=lambda number: number.name)
def test_signal_before_the_first_batch_leaves_nothing(
    root: Path, archive: Path, spawn: Callable[..., Process], number: signal.Signals
) -> None:
    run = RunFolder(root / "run")
    process = spawn(*train_arguments(archive, root, "--name", "run"))
    process.wait_until(has_event(run, "phase_started"))
    process.popen.send_signal(number)
    check_refused(process.wait(), 130, "Interrupted.")
    assert list(root.iterdir()) == []


def test_interrupt_swallowed_by_a_destructor_is_not_lost(
    call: Call, root: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal may arrive in any destructor, such as of an array of digits."""

    class Closed:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGTERM)

    def convert(digits: Digits) -> dataset.Dataset:
        Closed()
        return to_dataset(digits)

    monkeypatch.setattr(dataset, "to_dataset", convert)
    result = call(*train_arguments(archive, root, "--name", "run"))
    assert (result.code, result.err.splitlines()[-1]) == (130, "emnist-tui: Interrupted.")
    assert "Traceback" not in result.err
    assert list(root.iterdir()) == []


def test_interrupt_that_another_error_replaces_is_not_lost(
    call: Call, root: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal in torch's loader may end as a file that cannot be read."""

    def fail(digits: Digits) -> dataset.Dataset:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise EmnistTuiError("last.pt is damaged; open another checkpoint.") from None
        return to_dataset(digits)

    monkeypatch.setattr(dataset, "to_dataset", fail)
    result = call(*train_arguments(archive, root, "--name", "run"))
    assert (result.code, result.err.splitlines()[-1]) == (130, "emnist-tui: Interrupted.")


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash for its PIPESTATUS")
def test_run_saves_and_stops_when_its_reader_leaves(root: Path, archive: Path) -> None:
    """`head` exits after the third line, when training has begun."""
    command = [*PROGRAM, *train_arguments(archive, root, *LONG, "--name", "run", "--json")]
    script = '"$@" | head -n 3 >/dev/null; exit "${PIPESTATUS[0]}"'
    result = subprocess.run(
        ["bash", "-c", script, "bash", *command], capture_output=True, text=True, env=environment(), timeout=60
    )
    assert (result.returncode, result.stderr) == (130, "")
    run = RunFolder(root / "run")
    assert events_of(run)[-1]["event"] == "run_ended"
    assert run.last_checkpoint.exists()


def test_reader_that_leaves_at_the_end_is_no_error(root: Path, archive: Path) -> None:
    command = [*PROGRAM, *train_arguments(archive, root, "--epochs", 1, "--name", "run")]
    result = subprocess.run(
        ["sh", "-c", '"$@" | head -n 1', "sh", *command], capture_output=True, text=True, env=environment(), timeout=60
    )
    assert result.stdout == f"{root}/run/last.pt\n"
    assert "Traceback" not in result.stderr
    assert "BrokenPipe" not in result.stderr
