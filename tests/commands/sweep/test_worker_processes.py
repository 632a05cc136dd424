"""Several workers of a sweep: their lines, their logs and their end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emnist_tui.commands.sweep import worker_processes
from emnist_tui.commands.sweep.worker_processes import WorkerProcesses
from emnist_tui.learning.search.worker import End
from emnist_tui.runs.control import Desired
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.sweeps.board import Board
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.requests import ask_for
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from tests.support.sweep_folders import make_spec, make_sweep, put_trial

WAIT = "import time; time.sleep(600)"


@pytest.fixture
def sweep(tmp_path: Path) -> SweepFolder:
    return make_sweep(tmp_path / "mine", make_spec(2), trials=[Trial(1, {}, TrialState.FINISHED, accuracy=0.5)])


def processes(sweep: SweepFolder, script: str, monkeypatch: pytest.MonkeyPatch, count: int = 2) -> WorkerProcesses:
    """Return processes that run a script in place of the program."""
    monkeypatch.setattr(worker_processes, "_POLL_EVERY", 0.01)
    monkeypatch.setattr("emnist_tui.runs.launch.own_command", lambda: [sys.executable, "-c", script])
    return WorkerProcesses(sweep, count, "cpu", lambda trial, board: shown.append(trial.number))


shown: list[int] = []


@pytest.fixture(autouse=True)
def nothing_shown() -> None:
    shown.clear()


def test_trials_that_end_are_shown_and_each_process_has_a_log(
    sweep: SweepFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers = processes(sweep, "import sys; print(sys.argv[1:], file=sys.stderr)", monkeypatch)
    start = workers._start

    def end_a_trial() -> "subprocess.Popen[bytes]":
        put_trial(sweep, Trial(2, {}, TrialState.FINISHED, accuracy=0.6))
        return start()

    monkeypatch.setattr(workers, "_start", end_a_trial)
    assert workers.run() is End.DONE
    assert shown == [2]
    logs = list(sweep.workers.glob("*.log"))
    assert len(logs) == 2
    arguments = ["sweep", "work", str(sweep.path), f"--checkpoints={sweep.path.parent}", "--device=cpu"]
    assert {log.read_text() for log in logs} == {f"{arguments}\n"}


def test_workers_that_a_stop_ended_are_no_failure(sweep: SweepFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    ask_for(sweep.control, Desired.STOP)
    assert processes(sweep, "", monkeypatch).run() is End.STOPPED


def test_a_worker_killed_is_no_failure_while_another_ends_the_sweep(
    sweep: SweepFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_trial(sweep, Trial(2, {}, TrialState.FINISHED, accuracy=0.6))
    script = "import os, sys; os.path.exists('first') or (open('first', 'x'), os.kill(os.getpid(), 9))"
    monkeypatch.chdir(sweep.path)
    assert processes(sweep, script, monkeypatch, 3).run() is End.DONE


def test_the_reason_of_workers_that_all_fail_is_told(sweep: SweepFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EmnistTuiError, match=r"^No data\.$"):
        processes(sweep, "import sys; sys.exit('emnist-tui: No data.')", monkeypatch).run()
    with pytest.raises(EmnistTuiError, match=r"All workers were killed; see the logs in .*workers"):
        processes(sweep, "import os; os.kill(os.getpid(), 9)", monkeypatch).run()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_reaches_every_worker(
    sweep: SweepFolder, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    workers = processes(sweep, WAIT, monkeypatch)
    show = workers._show

    def interrupt(board: Board, seen: set[int]) -> None:
        if not workers._is_leaving:
            os.kill(os.getpid(), number)
        show(board, seen)

    monkeypatch.setattr(workers, "_show", interrupt)
    assert workers.run() is End.INTERRUPTED
    assert [process.returncode for process in workers._processes] == [-signal.SIGTERM] * 2


def test_a_signal_while_a_process_starts_reaches_that_one_too(
    sweep: SweepFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers = processes(sweep, WAIT, monkeypatch)
    start = workers._start

    def interrupt() -> "subprocess.Popen[bytes]":
        process = start()
        os.kill(os.getpid(), signal.SIGTERM)
        return process

    monkeypatch.setattr(workers, "_start", interrupt)
    assert workers.run() is End.INTERRUPTED
    assert [process.returncode for process in workers._processes] == [-signal.SIGTERM]


def test_a_second_interrupt_ends_workers_that_do_not(sweep: SweepFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    script = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); {WAIT}"
    workers = processes(sweep, script, monkeypatch, 1)
    show, sent = workers._show, list[int]()

    def interrupt(board: Board, seen: set[int]) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        sent.append(1)
        show(board, seen)

    monkeypatch.setattr(workers, "_show", interrupt)
    assert workers.run() is End.INTERRUPTED
    assert len(sent) >= 2
