"""Long runs cost no more than short ones: memory stays flat, in the terminal and in the trainer."""

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
from tests.faults.harness import Nursery, events_of
from tests.support.scripted_runs import START, started

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc"),
]

BATCHES = 1_000_000
A_LINE = 50
MOST_GROWTH = 16 << 20  # bytes
MOST_BYTES = 25
"""Of events.jsonl for a batch."""


def memory(process: int | str = "self") -> int:
    """Bytes that a process has in memory."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * 4096


def replay(run: RunFolder, batches: int) -> None:
    """The events of so many batches, as a trainer on a fast machine writes them."""
    config = TrainConfig(data="synthetic", epochs=10_000)
    run.path.mkdir()
    run.begin(config, started(config))
    random = np.random.default_rng(0)
    losses = [float(str(loss)) for loss in random.random(5_000).astype(np.float32)]
    accuracies = (random.integers(0, 33, 5_000) / 32).tolist()
    with EventLog(run.events) as log:
        log.write(started(config))
        for step in range(A_LINE, batches + 1, A_LINE):
            here = slice(step * 37 % 4_900, step * 37 % 4_900 + A_LINE)
            log.write(
                Batches(epoch=1, step=step, loss=losses[here], accuracy=accuracies[here], time=START + step * 0.0003)
            )


def test_a_reader_needs_no_more_memory_for_more_batches(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "long")
    replay(run, BATCHES)
    assert run.events.stat().st_size < BATCHES * MOST_BYTES
    follower = RunFollower(run)
    follower.poll()
    before = memory()
    while follower.poll():
        pass
    assert follower.record.step == BATCHES
    assert len(follower.record.history) <= CAPACITY
    assert memory() - before < MOST_GROWTH


def test_a_trainer_needs_no_more_memory_for_more_batches(nursery: Nursery, tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "long")
    trainer = nursery.start("train", "--checkpoints", tmp_path, "--epochs", 10_000, "--name", run.name)

    def steps() -> int:
        return max((event.step for event in events_of(run) if isinstance(event, Batches)), default=0)

    trainer.wait_until(lambda: steps() > 500)
    before = memory(trainer.process)
    trainer.wait_until(lambda: steps() > 4_000)
    assert memory(trainer.process) - before < MOST_GROWTH
    ask_for(run.control, Desired.STOP)
    assert trainer.wait() == 0
