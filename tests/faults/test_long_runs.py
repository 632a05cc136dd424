"""Memory of readers and trainers, however long the run."""

import sys
from pathlib import Path

import numpy as np
import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.control import Desired, ask_for
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import Batches
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.follower import RunFollower
from emnist_tui.runs.history import CAPACITY
from tests.faults.harness import ForkServer, events_of
from tests.support.scripted_runs import START, started

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc"),
]

BATCHES = 1_000_000
PER_LINE = 50
GROWTH_LIMIT = 16 << 20  # bytes
BYTES_LIMIT = 25
"""Bytes of events.jsonl per batch."""


def memory(process: int | str = "self") -> int:
    """Return the resident bytes of a process."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * 4096


def replay(run: RunFolder, batches: int) -> None:
    """Write the events of many batches, as a fast trainer would."""
    config = TrainConfig(data="synthetic", epochs=10_000)
    run.path.mkdir()
    run.begin(config, started(config))
    random = np.random.default_rng(0)
    losses = [float(str(loss)) for loss in random.random(5_000).astype(np.float32)]
    accuracies = (random.integers(0, 33, 5_000) / 32).tolist()
    with EventLog(run.events) as log:
        log.write(started(config))
        for step in range(PER_LINE, batches + 1, PER_LINE):
            here = slice(step * 37 % 4_900, step * 37 % 4_900 + PER_LINE)
            log.write(
                Batches(epoch=1, step=step, loss=losses[here], accuracy=accuracies[here], time=START + step * 0.0003)
            )


def test_memory_of_a_reader_does_not_grow_with_batches(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "long")
    replay(run, BATCHES)
    assert run.events.stat().st_size < BATCHES * BYTES_LIMIT
    follower = RunFollower(run)
    follower.poll()
    before = memory()
    while follower.poll():
        pass
    assert follower.record.step == BATCHES
    assert len(follower.record.history) <= CAPACITY
    assert memory() - before < GROWTH_LIMIT


def test_memory_of_a_trainer_does_not_grow_with_batches(fork_server: ForkServer, tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "long")
    trainer = fork_server.start("train", "--checkpoints", tmp_path, "--epochs", 10_000, "--name", run.name)

    def steps() -> int:
        return max((event.step for event in events_of(run) if isinstance(event, Batches)), default=0)

    trainer.wait_until(lambda: steps() > 500)
    before = memory(trainer.process)
    trainer.wait_until(lambda: steps() > 4_000)
    assert memory(trainer.process) - before < GROWTH_LIMIT
    ask_for(run.control, Desired.STOP)
    assert trainer.wait() == 0
