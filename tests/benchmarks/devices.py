"""Optimizer steps on a card, or on the CPU, and the program's whole run there."""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import pytest
import torch

from emnist_tui.learning.checkpoint.format import Progress
from emnist_tui.learning.data.dataset import Split, load_dataset
from emnist_tui.learning.models.device import choose_device
from emnist_tui.learning.training.learner import Learner
from emnist_tui.learning.training.steps.batch_pass import Batch
from emnist_tui.learning.training.steps.stepper import Stepper, Trainee
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.event_log import read_events
from emnist_tui.runs.events import Batches, RunEnded, RunStarted
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.launch import own_command
from emnist_tui.runs.models import MODELS
from tests.benchmarks import contenders
from tests.benchmarks.contenders import Train
from tests.support.emnist_files import Bytes, encode_files, write_folder
from tests.support.ways import Way, autograd, eager, graph, take_by

SCRIPT = "typical training script"
FUSED = "fused kernels"
BATCH_SIZES = (32, 128, 512, 4096)
_IMAGES = 240_000  # of the official train split: the digits are repeated
_WARMUP = 12  # steps, in which contenders compile and choose algorithms
_TURN = 0.12  # seconds of a turn, about
_TURN_OF_SCRIPT = 0.6  # its DataLoader begins each turn by shuffling all images
_LEAST, _MOST = 8, 4_000  # steps of a turn
_WHOLE_RUNS = 3


@dataclass
class Results:
    """Measured seconds per step, and what was not measured."""

    times: dict[tuple[str, int, str], list[float]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    """Reason by contender."""


class Missing(Exception):  # noqa: N818 -- a contender that cannot be measured here; the message says why
    pass


def print_tables(options: argparse.Namespace) -> None:
    """Print one table of steps and one of whole runs, within the seconds of the budget."""
    end = time.monotonic() + options.budget
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # JAX would take most of the card's memory
    device = choose_device(options.device)
    print(describe(device))
    dataset = load_dataset("synthetic")
    split = repeated(dataset.train, _IMAGES)
    whole = whole_run_table(split, dataset.test, options)
    results = measure(split, device, options, end)
    print(
        f"\n{len(split):,} synthetic digits. Each figure is the median of {options.rounds} turns, with the extremes.\n"
    )
    print_steps(results)
    print(f"\n{whole}")


def describe(device: torch.device) -> str:
    """Name the processor and the versions that matter."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU, {platform.machine()}, 1 thread"
    versions = {"torch": torch.__version__, "CUDA": torch.version.cuda}
    for package in ("triton", "jax"):
        with suppress(PackageNotFoundError):
            versions[package] = version(package)
    return ", ".join([name, *(f"{package} {number}" for package, number in versions.items() if number)])


def repeated(split: Split, images: int) -> Split:
    """Repeat a split's images up to a number."""
    places = torch.arange(images) % len(split)
    return Split(split.images[places], split.labels[places])


def measure(split: Split, device: torch.device, options: argparse.Namespace, end: float) -> Results:
    """Measure every contender in turn, the documented recipe's first."""
    results = Results()
    for name in options.model or MODELS:
        for batch_size in options.batch_size or BATCH_SIZES:
            trains: dict[str, tuple[Train, int]] = {}
            for contender, build in contenders_of(split, device, name, batch_size).items():
                if time.monotonic() > end:
                    results.left_out[f"{contender} ({name}, {batch_size})"] = "the time was up"
                    continue
                print(f"{name}, {batch_size}: {contender}", file=sys.stderr, flush=True)
                try:
                    trains[contender] = prepared(build, _TURN_OF_SCRIPT if contender == SCRIPT else _TURN)
                except Missing as reason:
                    results.left_out[contender] = str(reason)
                except Exception as error:  # a card is lent for minutes: the others are still measured
                    results.left_out[f"{contender} ({name}, {batch_size})"] = _first_line(error)
            for _turn in range(options.rounds):
                for contender, (train, steps) in trains.items():
                    results.times.setdefault((name, batch_size, contender), []).append(train(steps) / steps)
            for contender in trains:
                figure = median(results.times[name, batch_size, contender]) * 1e6
                print(f"  {contender}: {figure:,.1f} µs", file=sys.stderr, flush=True)
    return results


def contenders_of(split: Split, device: torch.device, name: str, batch_size: int) -> Mapping[str, Callable[[], Train]]:
    """Return what builds each contender for a network and a batch size."""
    here = split.to(device)
    config = TrainConfig.of(model=name, batch_size=batch_size, device=device.type)
    built: dict[str, Callable[[], Train]] = {}
    if name == "baseline" and batch_size <= 128:  # a DataLoader takes as long for each image, whatever the batch
        built[SCRIPT] = partial(contenders.script, split, name, batch_size, str(device))
        built["JAX, jit and lax.scan"] = partial(jax_scan, split, device, batch_size)
    built["preloaded tensors, fused Adam"] = partial(contenders.preloaded, here, name, batch_size)
    built["emnist-tui, autograd"] = partial(ours, here, config, eager)
    built["emnist-tui, CUDA graph"] = partial(on_cuda, device, partial(ours, here, config, graph))
    if batch_size == 128:  # each compilation takes many seconds
        built["emnist-tui, CUDA graph and torch.compile"] = partial(
            on_cuda, device, partial(ours, here, config, compiled)
        )
    if name == "baseline":
        built[f"emnist-tui, {FUSED}"] = partial(on_cuda, device, partial(fused, here, config))
    return built


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip()}".split("\n")[0][:200]


def prepared(build: Callable[[], Train], turn: float) -> tuple[Train, int]:
    """Build a contender, warm it up, and return it with the steps of a turn."""
    train = build()
    train(_WARMUP)
    steps = max(_LEAST, min(_MOST, int(turn * _WARMUP / max(train(_WARMUP), 1e-9))))
    train(steps)  # JAX compiles anew for each number of steps
    return train, steps


def on_cuda(device: torch.device, build: Callable[[], Train]) -> Train:
    if device.type != "cuda":
        raise Missing("it needs a CUDA card")
    return build()


def jax_scan(split: Split, device: torch.device, batch_size: int) -> Train:
    if not find_spec("jax"):
        raise Missing("JAX is not installed")
    import jax

    if (device.type == "cuda") != (jax.default_backend() == "gpu"):
        raise Missing(f"JAX is installed for another device, {jax.default_backend()}")
    from tests.benchmarks import jax_contender

    return jax_contender.jax_scan(split, batch_size)


def ours(split: Split, config: TrainConfig, way: Way | None) -> Train:
    """Build the program's own steps in one way; None is the one that it chooses.

    What begins an epoch is not timed; the results of every batch are read.
    """
    device = split.labels.device
    with pytest.MonkeyPatch.context() as patch:
        if way:
            take_by(way, patch)
        learner = Learner(config, split, device)
    epochs = iter(range(1, 1 << 30))
    whole = len(split) // config.batch_size

    def train(steps: int) -> float:
        seconds, left = 0.0, steps
        while left:
            number = min(left, whole)
            learner.begin(config, Progress(epoch=next(epochs)), 1 << 30)
            start = time.perf_counter()
            taken = 0
            while taken < number:
                taken += learner.take(number - taken)
            results = learner.read()
            assert results is not None
            assert len(results.loss) <= number
            seconds += time.perf_counter() - start
            left -= number
        return seconds

    return train


def compiled(trainee: Trainee, split: Split, config: TrainConfig) -> Stepper:
    """Compile the network before its step is captured."""
    trainee.model.train()
    trainee.model.compile()
    images = slice(0, config.batch_size)
    step = autograd(trainee, split, config)
    step.forward_backward(Batch(split.images[images], split.labels[images]))  # a compilation cannot be captured
    return graph(trainee, split, config)


def fused(split: Split, config: TrainConfig) -> Train:
    learner = Learner(config, split, split.labels.device)
    if learner.way != FUSED:
        raise Missing(" ".join([f"the program chose {learner.way}", *learner.notices]))
    return ours(split, config, None)


def print_steps(results: Results) -> None:
    print("| network | batch size | contender | µs per step | speedup |\n|---|---|---|---|---|")
    for (name, batch_size, contender), seconds in results.times.items():
        usual = results.times.get((name, batch_size, SCRIPT))
        speedup = f"{median(usual) / median(seconds):.1f} ×" if usual else "–"
        middle, least, most = (f"{value * 1e6:,.1f}" for value in (median(seconds), min(seconds), max(seconds)))
        print(f"| {name} | {batch_size:,} | {contender} | {middle} ({least}–{most}) | {speedup} |")
    for contender, reason in results.left_out.items():
        print(f"\nLeft out: {contender}: {reason}.")


@dataclass(frozen=True)
class WholeRun:
    """Figures of `emnist-tui train`, in seconds."""

    step: float
    """By the images per second that the run itself reports."""
    step_with_all: float
    """Of everything from the first event to the last: evaluations, events and checkpoints too."""
    first_batch: float
    """From the start of the process to the first report of batches."""
    way: str


def whole_run_table(train: Split, test: Split, options: argparse.Namespace) -> str:
    """Measure the documented recipe as users start it, first without compiled kernels."""
    with tempfile.TemporaryDirectory() as folder:
        data = write_folder(Path(folder) / "digits", encode_files(*_arrays(train), *_arrays(test)))
        cold, *warm = whole_runs(data, Path(folder), options)
    lines = [
        f"| emnist-tui train, documented recipe, {cold.way} | |\n|---|---|",
        f"| µs per step, as the run reports it | {_spread([run.step for run in warm], 1e6)} |",
        f"| µs per step, with evaluations and checkpoints | {_spread([run.step_with_all for run in warm], 1e6)} |",
        f"| from start to the first batch, s | {_spread([run.first_batch for run in warm], 1)} |",
        f"| from start to the first batch, kernels not compiled before, s | {cold.first_batch:.1f} |",
    ]
    return "\n".join(lines)


def whole_runs(data: Path, root: Path, options: argparse.Namespace) -> Iterator[WholeRun]:
    """Train the documented recipe in new processes, which share a cache of kernels that is empty at first."""
    caches = {name: str(root / "cache") for name in ("TRITON_CACHE_DIR", "XDG_CACHE_HOME", "TORCHINDUCTOR_CACHE_DIR")}
    for number in range(1 + min(options.rounds, _WHOLE_RUNS)):
        run = RunFolder(root / "runs" / f"run-{number}")
        command = [
            *own_command(),
            "--checkpoints",
            str(root / "runs"),
            "train",
            "--name",
            run.name,
            "--data",
            str(data),
        ]
        command += ["--device", options.device, *(["--epochs", str(options.epochs)] if options.epochs else [])]
        start = time.time()
        done = subprocess.run(command, env={**os.environ, **caches}, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
        events = list(read_events(run.events))
        began = next(event for event in events if isinstance(event, RunStarted))
        batches = next(event for event in events if isinstance(event, Batches))
        ended = next(event for event in events if isinstance(event, RunEnded))
        yield WholeRun(
            step=TrainConfig().batch_size / ended.images_per_second,
            step_with_all=(ended.time - began.time) / ended.step,
            first_batch=batches.time - start,
            way=getattr(began, "way", None) or began.device,
        )


def _arrays(split: Split) -> tuple[Bytes, Bytes]:
    return split.images.numpy(), split.labels.numpy().astype("uint8")


def _spread(values: list[float], unit: float) -> str:
    middle, least, most = (f"{value * unit:,.1f}" for value in (median(values), min(values), max(values)))
    return f"{middle} ({least}–{most})"
