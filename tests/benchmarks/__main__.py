"""The README's figures of speed, in one run: contenders take turns; medians are told, with least and most."""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median, quantiles

import torch

from emnist_tui.learning.data.dataset import Split, load_dataset
from tests.benchmarks import contenders, inside, program

_STEPS = 500  # of a contender's turn
_EPOCHS = 3


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each contender (5)")
    parser.add_argument("--presses", type=int, default=200, help="keys pressed to measure the latency (200)")
    parser.add_argument("--only", choices=TABLES, action="append", help="one of the tables")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    dataset = load_dataset("auto")
    print(f"{dataset.name}, {len(dataset.train):,} train images; torch {torch.__version__}, 1 thread")
    for name in options.only or TABLES:
        print()
        TABLES[name](dataset.train, options)


def training(split: Split, options: argparse.Namespace) -> None:
    trains = {
        "the script most people write": contenders.script(split),
        "preloaded tensors, fused Adam": contenders.preloaded(split),
    }
    if find_spec("jax"):
        from tests.benchmarks.jax_contender import jax_scan

        trains["JAX, jit and lax.scan"] = jax_scan(split)
    times: dict[str, list[float]] = {}
    watched: list[program.Watched] = []
    for train in trains.values():
        train(_STEPS)
    for turn in range(options.rounds):
        for name, train in trains.items():
            times.setdefault(name, []).append(train(_STEPS) / _STEPS)
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            times.setdefault("emnist-tui train", []).append(program.headless(root, f"turn-{turn}", _EPOCHS))
            watched.append(program.watched(root / "watched"))
            times.setdefault("emnist-tui, the app open", []).append(watched[-1].step)
    slowest = median(times["the script most people write"])
    print("| training at batch 32 | µs a step | against the script |\n|---|---|---|")
    for name, seconds in times.items():
        print(f"| {name} | {spread(seconds, 1e6, '.0f')} | {slowest / median(seconds):.1f} × |")
    kept = median(times["emnist-tui train"]) / median(times["emnist-tui, the app open"])
    print(f"\nWith the app open it trains at {kept:.2f} of its speed.\n")
    tell_watched(watched, "by default")


def tell_watched(runs: list[program.Watched], how: str) -> None:
    print(f"| the app at 120×40 while it trains, {how} | |\n|---|---|")
    rows: list[tuple[str, Callable[[program.Watched], float], float, str]] = [
        ("bytes to the terminal, kB/s", lambda run: run.bytes_per_second, 1e-3, ".1f"),
        ("CPU of the app, % of a core", lambda run: run.processor, 100, ".0f"),
        ("bytes to the terminal in 3 s of idling", lambda run: run.idle_bytes, 1, ".0f"),
        ("from the key to the first batch, s", lambda run: run.first_batch, 1, ".1f"),
        ("memory of the app, MB", lambda run: run.app_memory, 1e-6, ".0f"),
        ("memory of the trainer, MB", lambda run: run.trainer_memory, 1e-6, ".0f"),
    ]
    for name, value, unit, form in rows:
        print(f"| {name} | {spread([value(run) for run in runs], unit, form)} |")


def thin_link(_: Split, options: argparse.Namespace) -> None:
    runs = []
    for _turn in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            runs.append(program.watched(Path(folder) / "watched", "--low-bandwidth"))
    tell_watched(runs, "with --low-bandwidth")


def terminal(_: Split, options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ours, bare = program.first_frames(Path(folder), options.rounds)
        cursor, screens = program.latencies(Path(folder), options.presses)
    print("| the terminal | |\n|---|---|")
    print(f"| first frame, s | {spread(ours, 1, '.2f')} |")
    print(f"| first frame of a bare Textual app, s | {spread(bare, 1, '.2f')} |")
    print(f"| first frame against a bare one | {median(ours) / median(bare):.2f} × |")
    for what, seconds in (("the cursor moves", cursor), ("another screen is shown", screens)):
        late = quantiles(seconds, n=100)[98]
        print(f"| while training, from a key until {what}, ms | {median(seconds) * 1e3:.0f}, p99 {late * 1e3:.0f} |")


def scaling(split: Split, options: argparse.Namespace) -> None:
    print("| batch size | threads | µs a step | images/s |\n|---|---|---|---|")
    cases = [(batch_size, threads) for batch_size in (32, 128, 512, 4096) for threads in (1, 2)]
    times: dict[tuple[int, int], list[float]] = {}
    for _turn in range(options.rounds):
        for case in cases:
            times.setdefault(case, []).append(inside.step(split, *case))
    for (batch_size, threads), seconds in times.items():
        rate = batch_size / median(seconds)
        print(f"| {batch_size:,} | {threads} | {spread(seconds, 1e6, ',.0f')} | {rate:,.0f} |")


def parts(split: Split, options: argparse.Namespace) -> None:
    images = Split(split.images[:40_000], split.labels[:40_000])
    evaluations = [inside.evaluation(images) for _ in range(options.rounds)]
    whole, forward = ([pair[index] for pair in evaluations] for index in (0, 1))
    print(f"| evaluating {len(images):,} images | |\n|---|---|")
    print(
        f"| all of it, s | {spread(whole, 1, '.2f')} |\n| its forward passes alone, s | {spread(forward, 1, '.2f')} |"
    )
    print("\n| a frame of the loss chart, of a run of | ms |\n|---|---|")
    for batches in (100_000, 1_000_000, 10_000_000):
        times = [inside.frame(batches, 20) for _ in range(1 if batches > 1_000_000 else options.rounds)]
        print(f"| {batches:,} batches | {spread(times, 1e3, '.1f')} |")


def spread(values: Sequence[float], unit: float, form: str) -> str:
    """The median, and from the least to the most."""
    numbers = [format(value * unit, form) for value in (median(values), min(values), max(values))]
    return numbers[0] if len(set(numbers)) == 1 else f"{numbers[0]} ({numbers[1]}–{numbers[2]})"


TABLES = {"training": training, "thin-link": thin_link, "terminal": terminal, "scaling": scaling, "parts": parts}

if __name__ == "__main__":
    main()
