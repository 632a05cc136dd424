"""Sweeps whose workers are killed, stopped and starved: no trial is lost, none counted twice."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from emnist_tui.learning.search.study import open_study
from emnist_tui.runs.events import CheckpointSaved
from emnist_tui.runs.sweeps import claims
from emnist_tui.runs.sweeps.board import SweepBoard, read_result
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.trial import TrialState
from tests.faults.fault import KILL, PLACES, Fault
from tests.faults.harness import ForkServer, Trainer, check_output, check_same_end, check_whole, events_of
from tests.support.process import environment
from tests.support.small_sweeps import new_seeds, new_sweep, trial_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FOREVER = 1 << 30
_EPOCHS = 8
"""Epochs of an interrupted trial; some are left after the second interruption."""
TOLD = {
    TrialState.FINISHED: "COMPLETE",
    TrialState.STUCK: "COMPLETE",
    TrialState.PRUNED: "PRUNED",
    TrialState.DIVERGED: "PRUNED",
}


def work(fork_server: ForkServer, sweep: SweepFolder, fault: Fault | None = None) -> Trainer:
    return fork_server.start("--checkpoints", sweep.path.parent, "sweep", "work", sweep.name, fault=fault)


def has_saved(sweep: SweepFolder, number: int, count: int) -> Callable[[], bool]:
    return lambda: sum(isinstance(event, CheckpointSaved) for event in events_of(sweep.trial(number))) >= count


def check_complete(sweep: SweepFolder, trials: int) -> None:
    """Check that every trial has ended, once, in its folder and in the journal."""
    board = SweepBoard(sweep).refresh()
    assert [trial.number for trial in board.trials] == list(range(1, trials + 1))
    assert board.is_done, board.counts
    assert all(trial.state in TOLD for trial in board.trials), [trial.reason for trial in board.trials]
    assert len(list(sweep.runs.iterdir())) == trials
    for trial in board.trials:
        folder = sweep.trial(trial.number)
        check_whole(folder)
        assert not list(folder.path.glob(".*.tmp"))
        assert trial.epoch == board.spec.config.epochs or trial.state is TrialState.PRUNED
        newest = claims.newest_claim(folder.path)
        assert newest
        assert newest.worker == trial.worker
    if board.spec.needs_engine:
        for line in sweep.journal.read_text().splitlines():
            json.loads(line)
        told = [trial.state.name for trial in open_study(sweep, board.spec)._trials()]
        assert told == [TOLD[trial.state] for trial in board.trials]
    if not board.spec.is_seeds:
        result = read_result(sweep.result)
        assert result
        assert board.best
        assert (result.trial, result.accuracy) == (board.best.number, board.best.accuracy)


@pytest.fixture
def whole(fork_server: ForkServer, tmp_path: Path) -> SweepFolder:
    """Train a seed without interruption."""
    sweep = new_seeds(tmp_path / "whole", 1, data="auto", epochs=_EPOCHS)
    assert work(fork_server, sweep).wait() == 0, fork_server.output[-2000:]
    return sweep


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_adopted_trial_ends_as_one_that_was_never_interrupted(
    fork_server: ForkServer, root: Path, whole: SweepFolder, number: signal.Signals
) -> None:
    sweep = new_seeds(root / "seeds", 1, data="auto", epochs=_EPOCHS)
    for saved in (2, 5):
        worker = work(fork_server, sweep)
        worker.wait_until(has_saved(sweep, 1, saved))
        worker.send(number)
        assert worker.wait() in (-9, 130)
        state = trial_of(sweep, 1).state
        assert state is (TrialState.RUNNING if number == signal.SIGKILL else TrialState.INTERRUPTED)
    assert work(fork_server, sweep).wait() == 0, fork_server.output[-2000:]
    check_complete(sweep, 1)
    check_same_end(sweep.trial(1), whole.trial(1))
    assert trial_of(sweep, 1).curve == trial_of(whole, 1).curve
    assert trial_of(sweep, 1).test_accuracy == trial_of(whole, 1).test_accuracy


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ["trial.json", "run.json", "result.json", ".pt"])
def test_a_worker_killed_in_any_write_loses_nothing(
    fork_server: ForkServer, root: Path, rng: random.Random, kind: str, place: str
) -> None:
    sweep = new_sweep(root / "sweep", data="auto", trials=3, epochs=1)
    strike = 0 if kind in ("run.json", "result.json") else rng.randrange(6)
    assert work(fork_server, sweep, Fault(KILL, kind, place, strike, strike)).wait() == -9
    assert work(fork_server, sweep).wait() == 0, fork_server.output[-2000:]
    check_complete(sweep, 3)
    check_output(fork_server.output)


@pytest.mark.parametrize("kind", ["trial.json", ".pt", "evaluation"])
def test_a_full_disk_ends_the_worker_and_no_trial(fork_server: ForkServer, root: Path, kind: str) -> None:
    sweep = new_sweep(root / "sweep", data="auto", trials=2, epochs=1)
    before = len(fork_server.output)
    assert work(fork_server, sweep, Fault("ENOSPC", kind, "write", 1, FOREVER)).wait() == 1
    assert "No space left on device" in fork_server.output[before:].splitlines()[-1]
    assert work(fork_server, sweep).wait() == 0, fork_server.output[-2000:]
    check_complete(sweep, 2)
    check_output(fork_server.output)


def test_workers_killed_at_random_train_every_trial_once(
    fork_server: ForkServer, root: Path, rng: random.Random, rounds: int
) -> None:
    sweep = new_sweep(root / "sweep", data="auto", trials=4 + 2 * rounds, epochs=3, sampler="tpe", pruner="asha")
    reader, ends = SweepBoard(sweep), Counter[int]()
    workers = [work(fork_server, sweep) for _ in range(3)]
    struck = 0
    while not (reader.refresh().is_done and sweep.result.exists()):
        time.sleep(rng.uniform(0.1, 0.6))
        if struck < 3 * rounds:
            struck += 1
            workers[rng.randrange(3)].send(rng.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM]))
            with sweep.journal.open("ab") as journal:  # as a full disk or a crash tears it
                if rng.random() < 0.1:
                    journal.write(b'{"op_code":')
        for place, worker in enumerate(workers):
            if worker.has_ended and not reader.refresh().is_done:
                ends[worker.wait()] += 1
                workers[place] = work(fork_server, sweep)
    ends += Counter(worker.wait() for worker in workers)
    print(ends)
    # -15: before it handles signals
    assert set(ends) <= {0, 130, -9, -15}, fork_server.output[-3000:]
    assert ends[-9]
    check_complete(sweep, 4 + 2 * rounds)
    check_output(fork_server.output)


def host(root: Path, name: str, seconds: float, sweep: SweepFolder) -> "subprocess.Popen[str]":
    """Start a worker on a machine of its own, whose clock is so many seconds off."""
    (root / f"tmp-{name}").mkdir(exist_ok=True)
    arguments = ["--checkpoints", str(sweep.path.parent), "sweep", "work", sweep.name]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.sweep_host", name, str(seconds), *arguments],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env=environment() | {"TMPDIR": str(root / f"tmp-{name}")},
    )


def test_machines_that_share_no_locks_and_no_clock_share_a_sweep(root: Path) -> None:
    """One dies over a trial, which another adopts when it has been silent, by the file system's clock."""
    sweep = new_sweep(root / "sweep", data="synthetic", trials=6, epochs=1, validation=1_000)
    dying = host(root, "alpha", -600, sweep)
    end = time.monotonic() + 60
    while not has_saved(sweep, 1, 1)():
        assert dying.poll() is None, dying.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)
    dying.kill()
    dying.communicate()
    others = [host(root, "beta", 600, sweep), host(root, "gamma", 0, sweep)]
    outputs = [other.communicate(timeout=120)[1] for other in others]
    assert [other.returncode for other in others] == [0, 0], outputs
    assert "Traceback" not in "".join(outputs)
    check_complete(sweep, 6)
    hosts = {trial_of(sweep, number).host for number in range(1, 7)}
    assert hosts <= {"alpha", "beta", "gamma"}
    assert trial_of(sweep, 1).host != "alpha"
    assert os.listdir(root / "tmp-beta")  # noqa: PTH208 - its locks were here
