"""Full and broken disks, deleted folders and garbage in a run's files."""

import errno
import json
import os
import random
import shutil
import signal
import threading
from functools import partial
from pathlib import Path

import pytest

from emnist_tui.learning.checkpoint.format import load_checkpoint, save_checkpoint
from emnist_tui.runs.control import Desired, ask_for
from emnist_tui.runs.events import CheckpointFailed, CheckpointSaved, RunFailed
from emnist_tui.runs.folder import RunFolder
from tests.faults.fault import Fault
from tests.faults.harness import ForkServer, check_output, check_same_end, check_whole, events_of, has, losses
from tests.faults.test_interruptions import is_finished, train

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FOREVER = 1 << 30
REASONS = {name: os.strerror(getattr(errno, name)) for name in ("ENOSPC", "EIO")}
READ_ONLY = "EROFS"


def finish(fork_server: ForkServer, run: RunFolder, uninterrupted: RunFolder) -> None:
    """Resume with a working disk until the run matches an uninterrupted one."""
    check_whole(run)
    while not is_finished(run):
        assert train(fork_server, run).wait() == 0, fork_server.output[-2000:]
    check_same_end(run, uninterrupted)
    check_output(fork_server.output)


@pytest.mark.parametrize("effect", REASONS)
@pytest.mark.parametrize("place", ["write", "sync", "replace"])
def test_a_failed_checkpoint_is_written_later(
    fork_server: ForkServer, uninterrupted: RunFolder, root: Path, rng: random.Random, effect: str, place: str
) -> None:
    run = RunFolder(root / "run")
    first = rng.randrange(3)
    assert train(fork_server, run, Fault(effect, ".pt", place, first, first + 1)).wait() == 0, fork_server.output[
        -2000:
    ]
    failures = [event for event in events_of(run) if isinstance(event, CheckpointFailed)]
    assert failures
    assert all(REASONS[effect] in event.error for event in failures)
    assert isinstance(events_of(run)[-2], CheckpointSaved)
    finish(fork_server, run, uninterrupted)


@pytest.mark.parametrize("effect", [*REASONS, READ_ONLY])
@pytest.mark.parametrize("kind", [".pt", "evaluation"])
def test_a_permanently_full_disk_fails_the_run_with_a_reason(
    fork_server: ForkServer,
    uninterrupted: RunFolder,
    root: Path,
    rng: random.Random,
    rounds: int,
    kind: str,
    effect: str,
) -> None:
    for number in range(max(1, rounds // 3)):
        run = RunFolder(root / f"run-{number}")
        fault = Fault(effect, kind, rng.choice(["write", "sync", "replace"]), rng.randrange(3), FOREVER)
        assert train(fork_server, run, fault).wait() == 1
        failed = events_of(run)[-1]
        assert isinstance(failed, RunFailed)
        assert os.strerror(getattr(errno, effect)) in failed.error
        assert f"--resume {run.name}" in failed.error
        finish(fork_server, run, uninterrupted)


@pytest.mark.parametrize("effect", REASONS)
def test_a_run_ends_when_its_events_cannot_be_written(
    fork_server: ForkServer, uninterrupted: RunFolder, root: Path, rng: random.Random, rounds: int, effect: str
) -> None:
    for number in range(rounds):
        run = RunFolder(root / f"run-{number}")
        code = train(fork_server, run, Fault(effect, "events", "write", rng.randrange(25), FOREVER)).wait()
        assert code == 1
        assert f"cannot be written ({REASONS[effect]})" in fork_server.output.splitlines()[-1]
        finish(fork_server, run, uninterrupted)


def test_a_deleted_folder_ends_the_run(fork_server: ForkServer, root: Path, rounds: int) -> None:
    for number in range(max(1, rounds // 3)):
        run = RunFolder(root / f"run-{number}")
        trainer = fork_server.start("train", "--checkpoints", root, "--epochs", 10_000, "--name", run.name)
        trainer.wait_until(partial(has, run, CheckpointSaved))
        while run.path.exists():  # the trainer may create a file meanwhile
            shutil.rmtree(run.path, ignore_errors=True)
        assert trainer.wait() == 1
        assert str(run.path) in fork_server.output.splitlines()[-1]
        assert "cannot be written" in fork_server.output.splitlines()[-1]
        assert not run.path.exists()
    check_output(fork_server.output)


GARBAGE = [
    b"",
    b"\0" * 100,
    b"{",
    b"[]",
    b"null",
    b'{"desired": "fly", "saves": 1}',
    b'{"desired": [], "saves": "x"}',
    b"[" * 99_999,
]


def test_garbage_in_the_control_file_is_ignored(fork_server: ForkServer, uninterrupted: RunFolder, root: Path) -> None:
    run = RunFolder(root / "run")
    trainer = train(fork_server, run)
    for garbage in GARBAGE * 5:
        trainer.wait_until(lambda: has(run, CheckpointSaved) or run.control.exists())
        run.control.write_bytes(garbage)
    assert trainer.wait() == 0
    finish(fork_server, run, uninterrupted)


@pytest.mark.parametrize(
    "rest", [b'{"event":"batches","ep', b"\xff\xfe\0garbage\n", b'{"event":"batches","step":"x"}\n', b"[1,2]\n"]
)
def test_truncated_and_foreign_events_are_skipped(
    fork_server: ForkServer, uninterrupted: RunFolder, root: Path, rest: bytes
) -> None:
    run = RunFolder(root / "run")
    trainer = train(fork_server, run)
    trainer.wait_until(lambda: has(run, CheckpointSaved))
    trainer.send(signal.SIGKILL)
    trainer.wait()
    with run.events.open("ab") as file:
        file.write(rest)
    finish(fork_server, run, uninterrupted)


def test_concurrent_saves_leave_one_whole_file(uninterrupted: RunFolder, root: Path) -> None:
    checkpoint = load_checkpoint(uninterrupted.last_checkpoint)
    path = root / "last.pt"

    def save() -> None:
        for _ in range(50):
            save_checkpoint(path, checkpoint)

    savers = [threading.Thread(target=save) for _ in range(4)]
    for saver in savers:
        saver.start()
    while any(saver.is_alive() for saver in savers):
        if path.exists():
            load_checkpoint(path)
    assert [file.name for file in root.iterdir()] == ["last.pt"]


def test_a_second_trainer_is_refused_until_the_first_is_dead(
    fork_server: ForkServer, uninterrupted: RunFolder, root: Path
) -> None:
    run = RunFolder(root / "run")
    trainer = fork_server.start("train", "--checkpoints", root, "--epochs", 10_000, "--name", run.name)
    trainer.wait_until(lambda: has(run, CheckpointSaved))
    assert fork_server.run("train", "--checkpoints", root, "--resume", run.name) == 1
    assert "is being trained by another process" in fork_server.output  # next to the output of the other trainer
    trainer.send(signal.SIGKILL)
    trainer.wait()
    assert run.lock.exists()
    ask_for(run.control, Desired.STOP)  # the next trainer resets it
    assert fork_server.run("train", "--checkpoints", root, "--resume", run.name, "--epochs", 2) in (0, 2)


def test_a_clock_that_jumps_does_not_affect_the_resume(
    fork_server: ForkServer, uninterrupted: RunFolder, root: Path
) -> None:
    """The run decides which checkpoint is newest, not the clock."""
    run = RunFolder(root / "run")
    trainer = train(fork_server, run)
    trainer.wait_until(lambda: has(run, CheckpointSaved))
    trainer.send(signal.SIGKILL)
    trainer.wait()
    lines = [json.loads(line) for line in run.events.read_text().splitlines() if line.endswith("}")]
    run.events.write_text("".join(json.dumps({**line, "time": line["time"] + 3600}) + "\n" for line in lines))
    for path in run.path.glob("epoch-*.pt"):
        os.utime(path, (2_000_000_000, 2_000_000_000))
    finish(fork_server, run, uninterrupted)
    assert list(losses(run)) == list(range(1, len(losses(run)) + 1))
