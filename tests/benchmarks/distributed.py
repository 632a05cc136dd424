"""Optimizer steps by one process and by several ranks: `python -m tests.benchmarks --only distributed`.

The images are noise, which takes as long as digits.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from emnist_tui.learning.checkpoint.format import Progress
from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.training.distributed.group import ProcessGroup
from emnist_tui.learning.training.distributed.team import FollowingTeam, LeadingTeam
from emnist_tui.learning.training.learner import Learner
from emnist_tui.learning.training.steps.stepper import EpochPlan
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.torchrun import find_place
from tests.support.rank_processes import rank_processes

BATCH_SIZES = (32, 128, 512, 4_096)
ALONE = "1 process"
WAYS = {ALONE: 0, "1 rank": 1, "2 ranks": 2, "3 ranks": 3}
"""Ranks of each way; 0 is a process without torchrun."""
_IMAGES = 65_536  # of each batch size, in a turn
_MOST_STEPS = 600
_WARMUP = 4  # steps
_CPU = torch.device("cpu")


def turn(name: str) -> dict[int, float]:
    """Measure the seconds per step of each batch size."""
    program = [sys.executable, "-m", "tests.benchmarks.distributed"]
    size = WAYS[name]
    if not size:
        done = subprocess.run(program, env={**os.environ, "OMP_NUM_THREADS": "1"}, stdout=subprocess.PIPE, check=True)
        return _parse(done.stdout.decode())
    with TemporaryDirectory() as folder, rank_processes(size, Path(folder), program=program) as processes:
        ends = [process.end() for process in processes]
        if any(code for code, _ in ends):
            raise RuntimeError(processes[0].errors)
    return _parse(ends[0][1])


def _parse(output: str) -> dict[int, float]:
    return {int(batch_size): seconds for batch_size, seconds in json.loads(output).items()}


def main() -> None:
    """Measure in this process, which may be a rank."""
    torch.set_num_threads(1)
    place = find_place(os.environ)
    images = torch.randint(0, 256, (_IMAGES, 28, 28), dtype=torch.uint8)
    split = Split(images, torch.arange(_IMAGES) % 10)
    if place is None:
        print(json.dumps(dict(_lead(split, None))))
    elif place.rank == 0:
        print(json.dumps(dict(_lead(split, LeadingTeam(ProcessGroup(place), list)))))
    else:
        team = FollowingTeam(ProcessGroup(place), list)
        for learner in _learners(split, team):
            learner.train_by(EpochPlan(team.receive()[1]["order"], None, (), ()))


def _lead(split: Split, team: LeadingTeam | None) -> Iterator[tuple[int, float]]:
    for batch_size, learner in zip(BATCH_SIZES, _learners(split, team), strict=True):
        config = TrainConfig(batch_size=batch_size)
        steps = min(_MOST_STEPS, _IMAGES // batch_size)
        learner.begin(config, Progress(), steps)
        start = 0.0
        for number in range(steps):
            if number == _WARMUP:
                start = time.perf_counter()
            learner.take(1)
        yield batch_size, (time.perf_counter() - start) / (steps - _WARMUP)


def _learners(split: Split, team: LeadingTeam | FollowingTeam | None) -> Iterator[Learner]:
    """Make a network for each batch size, on as many images as are measured."""
    for batch_size in BATCH_SIZES:
        images = min(_MOST_STEPS * batch_size, _IMAGES)
        part = Split(split.images[:images], split.labels[:images])
        yield Learner(TrainConfig(batch_size=batch_size), part, _CPU, team=team)


if __name__ == "__main__":
    main()
