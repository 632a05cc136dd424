"""Tables of the help page on benchmarks: `python -m tests.benchmarks`.

Contenders take turns within one run; each figure is a median with its minimum and maximum.
"""

import argparse
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean, median, quantiles

import torch

from emnist_tui.learning.data.dataset import Split, load_dataset
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.launch import own_command
from emnist_tui.runs.models import MODELS
from tests.benchmarks import accuracy, contenders, devices, network_steps, program
from tests.support.project import SHIPPED_CHECKPOINT

_STEPS = 500  # optimizer steps of a contender per turn
_IMAGES = 32_768  # of an epoch whose steps are timed by batch size
_EPOCHS = 3
_RECIPE = 720_000  # images that the documented recipe trains
_SCRIPT = "typical training script"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--rounds", type=int, default=5, help="turns per contender (5)")
    parser.add_argument("--presses", type=int, default=200, help="key presses per latency measurement (200)")
    parser.add_argument("--pages", type=int, default=60, help="pictures of each kind (60)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the pictures (0)")
    parser.add_argument("--checkpoint", type=Path, default=SHIPPED_CHECKPOINT, help="network for pictures (shipped)")
    parser.add_argument("--data", default="auto", help="digits to train on, as of `train` (auto)")
    parser.add_argument("--seeds", type=int, help="seeds of each network's accuracy (5), or that may lose units (16)")
    parser.add_argument("--jobs", type=int, default=1, help="networks trained side by side for their accuracy (1)")
    parser.add_argument("--epochs", type=int, help="epochs of the networks whose accuracy is measured (their recipes')")
    parser.add_argument("--model", choices=MODELS, action="append", help="measure this network's accuracy only")
    parser.add_argument("--runs", type=Path, help="directory that keeps the trained networks (none)")
    parser.add_argument("--compile", action="store_true", help="in networks, try torch.compile, which needs a compiler")
    parser.add_argument("--steps", type=int, default=600, help="steps until their units are counted (600)")
    parser.add_argument("--trials", type=int, help="in sweeps, only this number of trials (1,000 to 100,000)")
    parser.add_argument("--workers", type=int, help="in sweeps, only this number of workers (10 and 1,000)")
    parser.add_argument("--only", choices=TABLES, action="append", help="print this table only; may be repeated")
    parser.add_argument("--beside", type=Path, metavar="CHECKOUT", help="measure the app of this checkout in turn")
    parser.add_argument("--device", choices=("cuda", "cpu"), help="print the tables of steps on this device only")
    parser.add_argument("--batch-size", type=int, action="append", help="in these, only this batch size (32 to 4,096)")
    parser.add_argument("--budget", type=float, default=280, help="in these, seconds after which no more begins (280)")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    if options.device:
        devices.print_tables(options)
        return
    dataset = load_dataset(options.data)
    print(f"{dataset.name}, {len(dataset.train):,} train images; torch {torch.__version__}, 1 thread")
    for name in options.only or [name for name in TABLES if name not in _LONG]:
        print()
        TABLES[name](dataset.train, options)


def training(split: Split, options: argparse.Namespace) -> None:
    trains = {
        _SCRIPT: contenders.script(split),
        "preloaded tensors, fused Adam": contenders.preloaded(split),
    }
    if find_spec("jax"):
        from tests.benchmarks.jax_contender import jax_scan

        trains["JAX, jit and lax.scan"] = jax_scan(split)
    times: dict[str, list[float]] = {}
    for train in trains.values():
        train(_STEPS)
    for turn in range(options.rounds):
        for name, train in trains.items():
            times.setdefault(name, []).append(train(_STEPS) / _STEPS)
        with tempfile.TemporaryDirectory() as folder:
            ours, root = own_command(), Path(folder)
            times.setdefault("emnist-tui train", []).append(program.headless(ours, root, f"turn-{turn}", _EPOCHS))
            times.setdefault("emnist-tui train, app open", []).append(program.watched(ours, root / "watched").step)
    baseline = median(times[_SCRIPT])
    print("| training at batch size 32 | µs per step | speedup |\n|---|---|---|")
    for name, seconds in times.items():
        print(f"| {name} | {spread(seconds, 1e6, '.0f')} | {baseline / median(seconds):.1f} × |")
    ratio = median(times["emnist-tui train"]) / median(times["emnist-tui train, app open"])
    print(f"\nThroughput with the app open: {ratio:.2f} of that without.")


def app(_: Split, options: argparse.Namespace) -> None:
    watch(options, "default")


def thin_link(_: Split, options: argparse.Namespace) -> None:
    watch(options, "`--low-bandwidth`", "--low-bandwidth")


def watch(options: argparse.Namespace, column: str, *arguments: str) -> None:
    """Print what the app takes while it trains."""
    runs: dict[str, list[program.Watched]] = {}
    for _turn in range(options.rounds):
        for name, command in programs(options, column).items():
            with tempfile.TemporaryDirectory() as folder:
                runs.setdefault(name, []).append(program.watched(command, Path(folder) / "watched", *arguments))
    rows: list[tuple[str, Callable[[program.Watched], float], float, str]] = [
        ("bytes to the terminal, kB/s", lambda run: run.bytes_per_second, 1e-3, ".1f"),
        ("CPU of the app, % of a core", lambda run: run.processor, 100, ".0f"),
        ("bytes to the terminal in 3 idle seconds", lambda run: run.idle_bytes, 1, ".0f"),
        ("from Enter to the first batch, s", lambda run: run.first_batch, 1, ".1f"),
        ("from Enter to the first batch, of `import torch`", lambda run: run.first_batch / run.torch.seconds, 1, ".2f"),
        ("peak memory of the app, MB", lambda run: run.app_memory, 1e-6, ".0f"),
        ("peak memory of the trainer, MB", lambda run: run.trainer_memory, 1e-6, ".0f"),
        (
            "peak memory of the trainer, of `import torch`",
            lambda run: run.trainer_memory / run.torch.memory,
            1,
            ".2f",
        ),
    ]
    print_columns(
        "the app at 120×40 while it trains",
        {
            name: {row: spread([value(run) for run in runs[name]], unit, form) for row, value, unit, form in rows}
            for name in runs
        },
    )


def terminal(_: Split, options: argparse.Namespace) -> None:
    from tests.benchmarks import terminal as frames

    bare: list[float] = []
    times: dict[str, dict[str, list[float]]] = {}
    latencies: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        run = frames.write_runs(root / "runs")
        for _turn in range(options.rounds):
            bare.append(frames.bare_frame())
            for name, command in programs(options, "default").items():
                shown = times.setdefault(name, {})
                shown.setdefault("first frame", []).append(frames.empty_frame(command, root / "empty"))
                shown.setdefault(f"first frame, {frames.RUNS} runs", []).append(
                    frames.list_frame(command, root / "runs")
                )
                shown.setdefault("first frame of a run", []).append(frames.run_frame(command, root / "runs", run))
        for name, command in programs(options, "default").items():
            cursor, screens = frames.latencies(command, root / f"latencies-{name}", options.presses)
            latencies[name] = {"cursor move": cursor, "another screen": screens}
    columns: dict[str, dict[str, str]] = {}
    for name, shown in times.items():
        columns[name] = {"first frame of an empty Textual app, s": spread(bare, 1, ".2f")}
        for what, seconds in shown.items():
            columns[name][f"{what}, s"] = spread(seconds, 1, ".2f")
            columns[name][f"{what}, of an empty Textual app's"] = f"{median(seconds) / median(bare):.2f}"
        for target, seconds in latencies[name].items():
            p99 = quantiles(seconds, n=100)[98]
            row = f"key press to {target} while training, ms"
            columns[name][row] = f"{median(seconds) * 1e3:.0f}, p99 {p99 * 1e3:.0f}"
    print_columns("terminal", columns)


def programs(options: argparse.Namespace, column: str) -> dict[str, list[str]]:
    """Return the commands to measure in turn, by their columns."""
    ours = own_command()
    return {"before": program.program_of(options.beside), "after": ours} if options.beside else {column: ours}


def print_columns(title: str, columns: Mapping[str, Mapping[str, str]]) -> None:
    """Print a table from the rows of each column."""
    print(f"| {title} | {' | '.join(columns)} |\n|---{'|---' * len(columns)}|")
    for row in next(iter(columns.values())):
        print(f"| {row} | {' | '.join(column[row] for column in columns.values())} |")


def scaling(split: Split, options: argparse.Namespace) -> None:
    from tests.benchmarks import inside  # imports the app, which a machine with a card may lack

    print("| batch size | threads | µs per step | images/s |\n|---|---|---|---|")
    cases = [(batch_size, threads) for batch_size in (32, 128, 512, 4096) for threads in (1, 2)]
    times: dict[tuple[int, int], list[float]] = {}
    for _turn in range(options.rounds):
        for case in cases:
            times.setdefault(case, []).append(inside.step(split, *case, _IMAGES))
    for (batch_size, threads), seconds in times.items():
        rate = batch_size / median(seconds)
        print(f"| {batch_size:,} | {threads} | {spread(seconds, 1e6, ',.0f')} | {rate:,.0f} |")


def parts(split: Split, options: argparse.Namespace) -> None:
    from tests.benchmarks import inside

    images = Split(split.images[:40_000], split.labels[:40_000])
    evaluations = [inside.evaluation(images) for _ in range(options.rounds)]
    whole, forward = ([pair[index] for pair in evaluations] for index in (0, 1))
    print(f"| evaluating {len(images):,} images | |\n|---|---|")
    print(f"| in total, s | {spread(whole, 1, '.2f')} |\n| forward passes alone, s | {spread(forward, 1, '.2f')} |")
    print("\n| frame of the loss chart, run of | ms |\n|---|---|")
    for batches in (100_000, 1_000_000, 10_000_000):
        times = [inside.frame(batches, 20) for _ in range(1 if batches > 1_000_000 else options.rounds)]
        print(f"| {batches:,} batches | {spread(times, 1e3, '.1f')} |")


def pictures(_: Split, options: argparse.Namespace) -> None:
    from tests.benchmarks.pictures import answers
    from tests.support import pages

    split = load_dataset("auto").test
    print("| page | right | refused | wrong |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for kind in (*pages.DIGITS, *pages.OTHERS):
            counts = answers(split, options.checkpoint, kind, options.pages, options.seed, Path(folder))
            print(f"| {kind} | {counts['right']} | {counts['refused']} | {counts['wrong']} |", flush=True)


def accuracies(_: Split, options: argparse.Namespace) -> None:
    print("| network | parameters | epochs | seeds | test accuracy, % | minutes |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.model or MODELS:
            root = options.runs or Path(folder)
            found = accuracy.measure(name, range(options.seeds or 5), options.data, root, options.jobs, options.epochs)
            print(
                f"| {name} | {MODELS[name].parameters:,} | {found.epochs} | {len(found.accuracies)} | {found.spread} | "
                f"{found.minutes:.1f} |",
                flush=True,
            )


def networks(split: Split, options: argparse.Namespace) -> None:
    print("| network at its batch size | µs per step | relative time |\n|---|---|---|")
    for name in ("compact", "accurate"):
        times = network_steps.compare(split, name, options.rounds, is_compiled=options.compile)
        ours = median(times["as trained"])
        for contender, seconds in times.items():
            cells = f"{spread(seconds, 1e6, ',.0f')} | {median(seconds) / ours:.2f} ×"
            print(f"| {name}, {contender} | {cells} |", flush=True)


def units(_: Split, options: argparse.Namespace) -> None:
    from tests.benchmarks import unit_losses

    dataset = load_dataset(options.data)
    numbers = range(options.seeds or 16)
    print(f"| after {options.steps:,} steps, of {len(numbers)} seeds | one filter dead | both | saturated | accuracy |")
    print("|---|---|---|---|---|")
    for rate in (0.01, 0.003, 0.001):
        configs = [TrainConfig(seed=seed, learning_rate=rate) for seed in numbers]
        outcomes = {config.seed: unit_losses.outcome(dataset, config, options.steps) for config in configs}
        stuck = {seed: each for seed, each in outcomes.items() if each.is_stuck}
        impaired = {seed: each for seed, each in outcomes.items() if each.dead and not each.is_stuck}
        saturated = {seed: each for seed, each in outcomes.items() if each.saturated}
        whole = [each.accuracy for each in outcomes.values() if not each.dead]
        accuracies = f"{mean_percent([each.accuracy for each in impaired.values()])}, else {mean_percent(whole)}"
        cells = [seeds(found) for found in (impaired, stuck, saturated)]
        print(f"| learning rate {rate:g} | {' | '.join(cells)} | {accuracies} |", flush=True)
    shares = [unit_losses.watched_share(dataset) for _ in range(options.rounds)]
    print("\n| watching units, of the baseline's training | |\n|---|---|")
    print(f"| share of training, % | {spread([share for share, _, _ in shares], 100, '.2f')} |")
    print(f"| an examination, ms | {spread([each for _, each, _ in shares], 1e3, '.1f')} |")
    print(f"| an optimizer step, µs | {spread([step for _, _, step in shares], 1e6, '.0f')} |")


def fast(_: Split, options: argparse.Namespace) -> None:
    from tests.benchmarks import fast_run, host

    costs = [host.cost() for _ in range(options.rounds)]
    print("| the host beside a card that computes 150,000 steps a second | |\n|---|---|")
    print(f"| from a step's results to its line on disk, µs | {spread([each for each, _, _ in costs], 1e6, '.1f')} |")
    print(f"| the same, of encoding the line as JSON | {spread([each / json for each, _, json in costs], 1, '.1f')} |")
    print(f"| until an epoch's first step, ms | {spread([begun for _, begun, _ in costs], 1e3, '.0f')} |")
    rates = {f"{rate:,} steps/s": rate for rate in (fast_run.CPU_RATE, fast_run.CUDA_RATE)}
    found: dict[str, list[fast_run.Beside]] = {}
    for _turn in range(options.rounds):
        for column, rate in rates.items():
            with tempfile.TemporaryDirectory() as folder:
                found.setdefault(column, []).append(fast_run.beside(own_command(), Path(folder) / "runs", rate))
    print()
    print_columns(
        "the app at 120×40 beside a trainer of",
        {
            column: {
                "bytes to the terminal, kB/s": spread([run.bytes_per_second for run in runs], 1e-3, ".1f"),
                "CPU of the app, % of a core": spread([run.processor for run in runs], 100, ".0f"),
            }
            for column, runs in found.items()
        },
    )


def distributed(_: Split, options: argparse.Namespace) -> None:
    from tests.benchmarks import distributed as ranks

    times: dict[str, list[dict[int, float]]] = {}
    for _turn in range(options.rounds):
        for name in ranks.WAYS:
            times.setdefault(name, []).append(ranks.turn(name))
    alone = times.pop(ranks.ALONE)
    print(f"| µs per step at batch size | {ranks.ALONE} | {' | '.join(f'{name}, relative time' for name in times)} |")
    print(f"|---|---{'|---' * len(times)}|")
    for size in ranks.BATCH_SIZES:
        cells = [spread([turn[size] for turn in alone], 1e6, ",.0f")]
        for turns in times.values():
            cells.append(spread([turn[size] / base[size] for turn, base in zip(turns, alone, strict=True)], 1, ".2f"))
        print(f"| {size:,} | {' | '.join(cells)} |", flush=True)


def sweeps(_: Split, options: argparse.Namespace) -> None:
    from tests.benchmarks import sweep_screen
    from tests.benchmarks import sweeps as folders

    given = ((options.trials or 1_000, options.workers or 10),) if options.trials or options.workers else folders.SIZES
    columns = {}
    for trials, workers in given:
        found = folders.measure(trials, workers)
        columns[f"{trials:,} trials, {workers:,} workers"] = {
            "first snapshot, s": f"{found.first:.2f}",
            "first snapshot, µs a trial": f"{found.first / trials * 1e6:.0f}",
            "until 200 trials are known, ms": f"{found.beginning * 1e3:.0f}",
            "another snapshot, nothing changed, ms": spread(found.same, 1e3, ".1f"),
            "another snapshot, a trial changed, ms": spread(found.changed, 1e3, ".1f"),
            "another snapshot, all workers alive, ms": spread(found.beaten, 1e3, ".1f"),
            "memory of the trials, MB": f"{found.memory * 1e-6:.0f}",
        }
    print_columns("reading a sweep", columns)
    print()
    shown = {}
    for trials in dict.fromkeys(min(trials, folders.MOST_SHOWN) for trials, _ in given):
        with tempfile.TemporaryDirectory() as folder:
            screen = sweep_screen.on_sweep(own_command(), Path(folder), trials)
        shown[f"{trials:,} trials"] = {
            "from Enter to the table, s": f"{screen.first_frame:.2f}",
            "longest time of a key press, ms": f"{screen.key * 1e3:.0f}",
            "bytes a second while nothing changes": f"{screen.idle:.0f}",
            "kB a second while a trial changes every second": f"{screen.bytes_per_second * 1e-3:.1f}",
            "CPU of the app meanwhile, % of a core": f"{screen.processor * 100:.0f}",
        }
    print_columns("the app at 120×40 on a sweep", shown)


def inside_screen(_: Split, options: argparse.Namespace) -> None:
    from tests.benchmarks import inside_screen as screen

    columns = screen.measure(options.rounds)
    print_columns(
        "ms in the app's process",
        {
            network: {row: spread(seconds, 1e3, ".2f") for row, seconds in rows.items()}
            for network, rows in columns.items()
        },
    )
    print()
    from tests.benchmarks import inside_live

    shown = {}
    for colors in inside_live.COLORS:
        with tempfile.TemporaryDirectory() as folder:
            live = inside_live.live(own_command(), Path(folder) / "runs", colors)
        shown[colors] = {
            "from the key to the picture, ms": f"{live.picture * 1e3:.0f}",
            "longest time of a key press, ms": f"{live.key * 1e3:.0f}",
            "bytes a frame": f"{live.frame:,.0f}",
            "kB a second": f"{live.bytes_per_second * 1e-3:.1f}",
            "CPU of the app, % of a core": f"{live.processor * 100:.1f}",
        }
    print_columns("the app at 120×40 inside the baseline's network while it trains", shown)


def recording(split: Split, options: argparse.Namespace) -> None:
    from tests.benchmarks import recorded_run

    rounds, epochs = [], options.epochs or round(_RECIPE / len(split))
    for _turn in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            rounds.append(recorded_run.measure(split, Path(folder) / "run", epochs))
    of_run = rounds[0]
    print_columns(
        "recording the weights",
        {
            f"baseline, {epochs} epochs": {
                "recording's share of training, %": spread([each.share for each in rounds], 100, ".2f"),
                "time of a frame, µs": spread([each.frame for each in rounds], 1e6, ".0f"),
                "bytes of a frame": f"{of_run.frame_size:,}",
                "frames": str(of_run.frames),
                "kB of the file": f"{of_run.file_size / 1000:.0f}",
                "ms to read all frames": spread([each.reading for each in rounds], 1e3, ".1f"),
            }
        },
    )


def seeds(found: Collection[int]) -> str:
    """Count seeds, and name them."""
    return f"{len(found)}: {', '.join(map(str, found))}" if found else "0"


def mean_percent(accuracies: Sequence[float]) -> str:
    return f"{fmean(accuracies) * 100:.1f} %" if accuracies else "–"


def spread(values: Sequence[float], unit: float, form: str) -> str:
    """Format the median, with minimum and maximum where they differ."""
    numbers = [format(value * unit, form) for value in (median(values), min(values), max(values))]
    return numbers[0] if len(set(numbers)) == 1 else f"{numbers[0]} ({numbers[1]}–{numbers[2]})"


TABLES = {
    "training": training,
    "app": app,
    "thin-link": thin_link,
    "terminal": terminal,
    "scaling": scaling,
    "parts": parts,
    "pictures": pictures,
    "accuracy": accuracies,
    "networks": networks,
    "units": units,
    "fast": fast,
    "distributed": distributed,
    "sweeps": sweeps,
    "inside": inside_screen,
    "recording": recording,
}
_LONG = ("accuracy",)
"""Tables that take hours and are printed only if named."""

if __name__ == "__main__":
    main()
