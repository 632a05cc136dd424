"""Reading of made-up sweeps, in a process of its own so that its memory can be told."""

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from emnist_tui.runs.sweeps.board import Board, SweepBoard
from emnist_tui.runs.sweeps.folder import SweepFolder
from tests.support.sweep_folders import make_spec, make_sweep, put_trial

SIZES = ((1_000, 10), (10_000, 10), (100_000, 10), (1_000, 1_000))
"""Numbers of trials and of living workers."""
MOST_SHOWN = 10_000
"""Trials of the largest sweep that the app is measured with."""
_AT_ONCE = 200  # trials that an app reads before its first frame
_TURNS = 20


@dataclass(frozen=True)
class Reading:
    """Times in seconds, and memory in bytes."""

    beginning: float
    """Until the first trials are known."""
    first: float
    """Until all are."""
    same: list[float]
    """Further snapshots while nothing changes."""
    changed: list[float]
    """Further snapshots after a trial has changed."""
    beaten: list[float]
    """Further snapshots after a sign of life of every worker."""
    memory: int


def measure(trials: int, workers: int) -> Reading:
    """Make up a sweep and read it in another process."""
    with tempfile.TemporaryDirectory() as folder:
        sweep = make_sweep(Path(folder) / "mine", make_spec(trials), trials=trials, workers=workers)
        command = [sys.executable, "-m", "tests.benchmarks.sweeps", str(sweep.path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Reading(**json.loads(done.stdout))


def read(folder: SweepFolder) -> Reading:
    """Read a sweep again and again."""
    SweepBoard(folder).refresh(1)  # what is imported and computed once is not timed
    gc.collect()
    before = _memory()
    reader = SweepBoard(folder)
    beginning, board = _timed(lambda: _shown(reader.refresh(_AT_ONCE)))
    rest, board = _timed(lambda: _shown(reader.refresh()))
    memory = _memory() - before
    same = [_timed(lambda: _shown(reader.refresh()))[0] for _ in range(_TURNS)]
    changed = []
    for turn in range(_TURNS):
        put_trial(folder, replace(board.trials[-1 - turn % len(board.workers)], epoch=turn))
        changed.append(_timed(lambda: _shown(reader.refresh()))[0])
    beaten = []
    for _ in range(_TURNS):
        for path in folder.workers.glob("*.json"):
            os.utime(path)
        beaten.append(_timed(lambda: _shown(reader.refresh()))[0])
    return Reading(beginning, beginning + rest, same, changed, beaten, memory)


def _shown(board: Board) -> Board:
    """Compute what every screen of a sweep shows."""
    assert board.counts
    assert board.ranking
    return board


def _timed(compute: Callable[[], Board]) -> tuple[float, Board]:
    begun = time.perf_counter()
    board = compute()
    return time.perf_counter() - begun, board


def _memory() -> int:
    """Return the resident memory of this process in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    print(json.dumps(asdict(read(SweepFolder(Path(sys.argv[1]))))))
