"""A disk that is full or broken, a folder that vanishes: said in a sentence, and nothing that was saved is lost."""

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
from tests.faults.harness import Nursery, check_same_end, check_whole, check_words, events_of, has, losses
from tests.faults.test_interruptions import is_finished, train

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FOR_EVER = 1 << 30
REASONS = {name: os.strerror(getattr(errno, name)) for name in ("ENOSPC", "EIO")}
READ_ONLY = "EROFS"


def finish(nursery: Nursery, run: RunFolder, straight: RunFolder) -> None:
    """Once there is room again."""
    check_whole(run)
    while not is_finished(run):
        assert train(nursery, run).wait() == 0, nursery.words[-2000:]
    check_same_end(run, straight)
    check_words(nursery.words)


@pytest.mark.parametrize("what", REASONS)
@pytest.mark.parametrize("place", ["write", "sync", "replace"])
def test_a_checkpoint_that_cannot_be_written_for_a_while_is_written_later(
    nursery: Nursery, straight: RunFolder, root: Path, chance: random.Random, what: str, place: str
) -> None:
    run = RunFolder(root / "run")
    first = chance.randrange(3)
    assert train(nursery, run, Fault(what, ".pt", place, first, first + 1)).wait() == 0, nursery.words[-2000:]
    failures = [event for event in events_of(run) if isinstance(event, CheckpointFailed)]
    assert failures
    assert all(REASONS[what] in event.error for event in failures)
    assert isinstance(events_of(run)[-2], CheckpointSaved)
    finish(nursery, run, straight)


@pytest.mark.parametrize("what", [*REASONS, READ_ONLY])
@pytest.mark.parametrize("kind", [".pt", "evaluation"])
def test_a_disk_that_stays_full_fails_the_run_with_a_reason(
    nursery: Nursery, straight: RunFolder, root: Path, chance: random.Random, rounds: int, kind: str, what: str
) -> None:
    for number in range(max(1, rounds // 3)):
        run = RunFolder(root / f"run-{number}")
        fault = Fault(what, kind, chance.choice(["write", "sync", "replace"]), chance.randrange(3), FOR_EVER)
        assert train(nursery, run, fault).wait() == 1
        failed = events_of(run)[-1]
        assert isinstance(failed, RunFailed)
        assert os.strerror(getattr(errno, what)) in failed.error
        assert f"--resume {run.name}" in failed.error
        finish(nursery, run, straight)


@pytest.mark.parametrize("what", REASONS)
def test_where_events_cannot_be_written_nobody_sees_the_training_so_it_ends(
    nursery: Nursery, straight: RunFolder, root: Path, chance: random.Random, rounds: int, what: str
) -> None:
    for number in range(rounds):
        run = RunFolder(root / f"run-{number}")
        code = train(nursery, run, Fault(what, "events", "write", chance.randrange(25), FOR_EVER)).wait()
        assert code == 1
        assert f"cannot be written ({REASONS[what]})" in nursery.words.splitlines()[-1]
        finish(nursery, run, straight)


def test_a_folder_that_vanishes_ends_the_run(nursery: Nursery, root: Path, rounds: int) -> None:
    for number in range(max(1, rounds // 3)):
        run = RunFolder(root / f"run-{number}")
        trainer = nursery.start("train", "--checkpoints", root, "--epochs", 10_000, "--name", run.name)
        trainer.wait_until(partial(has, run, CheckpointSaved))
        while run.path.exists():  # the trainer may put a file there while the others go
            shutil.rmtree(run.path, ignore_errors=True)
        assert trainer.wait() == 1
        assert str(run.path) in nursery.words.splitlines()[-1]
        assert "cannot be written" in nursery.words.splitlines()[-1]
        assert not run.path.exists()
    check_words(nursery.words)


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


def test_garbage_in_the_control_file_is_no_wish(nursery: Nursery, straight: RunFolder, root: Path) -> None:
    run = RunFolder(root / "run")
    trainer = train(nursery, run)
    for garbage in GARBAGE * 5:
        trainer.wait_until(lambda: has(run, CheckpointSaved) or run.control.exists())
        run.control.write_bytes(garbage)
    assert trainer.wait() == 0
    finish(nursery, run, straight)


@pytest.mark.parametrize(
    "rest", [b'{"event":"batches","ep', b"\xff\xfe\0garbage\n", b'{"event":"batches","step":"x"}\n', b"[1,2]\n"]
)
def test_events_that_were_cut_or_are_foreign_are_passed_over(
    nursery: Nursery, straight: RunFolder, root: Path, rest: bytes
) -> None:
    run = RunFolder(root / "run")
    trainer = train(nursery, run)
    trainer.wait_until(lambda: has(run, CheckpointSaved))
    trainer.send(signal.SIGKILL)
    trainer.wait()
    with run.events.open("ab") as file:
        file.write(rest)
    finish(nursery, run, straight)


def test_two_savers_at_once_leave_one_whole_file(straight: RunFolder, root: Path) -> None:
    checkpoint = load_checkpoint(straight.last_checkpoint)
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


def test_a_run_has_one_trainer(nursery: Nursery, straight: RunFolder, root: Path) -> None:
    """A second is refused; the lock of one that was killed is not in the way."""
    run = RunFolder(root / "run")
    trainer = nursery.start("train", "--checkpoints", root, "--epochs", 10_000, "--name", run.name)
    trainer.wait_until(lambda: has(run, CheckpointSaved))
    assert nursery.run("train", "--checkpoints", root, "--resume", run.name) == 1
    assert "is being trained by another process" in nursery.words  # among those of the other trainer
    trainer.send(signal.SIGKILL)
    trainer.wait()
    assert run.lock.exists()
    ask_for(run.control, Desired.STOP)  # which the next trainer takes back
    assert nursery.run("train", "--checkpoints", root, "--resume", run.name, "--epochs", 2) in (0, 2)


def test_a_clock_that_jumps(nursery: Nursery, straight: RunFolder, root: Path) -> None:
    """The times of events and files go back an hour; what is newest is told by the run, not by the clock."""
    run = RunFolder(root / "run")
    trainer = train(nursery, run)
    trainer.wait_until(lambda: has(run, CheckpointSaved))
    trainer.send(signal.SIGKILL)
    trainer.wait()
    lines = [json.loads(line) for line in run.events.read_text().splitlines() if line.endswith("}")]
    run.events.write_text("".join(json.dumps({**line, "time": line["time"] + 3600}) + "\n" for line in lines))
    for path in run.path.glob("epoch-*.pt"):
        os.utime(path, (2_000_000_000, 2_000_000_000))
    finish(nursery, run, straight)
    assert list(losses(run)) == list(range(1, len(losses(run)) + 1))
