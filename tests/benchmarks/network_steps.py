"""Optimizer steps of a network's recipe on a CPU, and what makes them faster."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from unittest.mock import patch

import torch
from torch import nn

from emnist_tui.learning.checkpoint.format import Progress
from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.models.layers import Mish
from emnist_tui.learning.training import learner as learning
from emnist_tui.learning.training.learner import Learner
from emnist_tui.runs.config import TrainConfig

_WARMUP, _STEPS = 10, 60  # steps before the clock starts, and those that it counts


def compare(split: Split, model: str, rounds: int, *, is_compiled: bool) -> dict[str, list[float]]:
    """Measure the seconds per optimizer step of each contender in turn."""
    contenders: dict[str, Callable[[], AbstractContextManager[object]]] = {
        "as trained": nullcontext,
        "channels first": partial(patch.object, learning, "_takes_channels_last", lambda *_: False),
        "2 threads": _two_threads,
    }
    if model == "compact":
        contenders["torch's Mish"] = partial(patch.object, Mish, "forward", nn.Mish.forward)
    times: dict[str, list[float]] = {}
    for _turn in range(rounds):
        for name, prepared in contenders.items():
            with prepared():
                times.setdefault(name, []).append(_step(split, model))
        if is_compiled:
            times.setdefault("`torch.compile`", []).append(_step(split, model, is_compiled=True))
    return times


def _step(split: Split, model: str, *, is_compiled: bool = False) -> float:
    config = TrainConfig.of(model=model, device="cpu")
    learner = Learner(config, split, torch.device("cpu"))
    if is_compiled:
        learner.model.compile()
    learner.begin(config, Progress(), _STEPS)
    for _ in range(_WARMUP):
        learner.take(1)
    start = time.perf_counter()
    for _ in range(_STEPS):
        learner.take(1)
    return (time.perf_counter() - start) / _STEPS


@contextmanager
def _two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        yield
    finally:
        torch.set_num_threads(before)
