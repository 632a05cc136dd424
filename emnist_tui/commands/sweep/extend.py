"""The `sweep extend` command: more trials for a sweep."""

from __future__ import annotations

import argparse

from emnist_tui.commands.output.streams import print_message
from emnist_tui.commands.sweep.options import add_sweep, chosen_sweep, whole, written
from emnist_tui.runs.errors import ExitCode, UsageError
from emnist_tui.runs.sweeps import requests
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.points import MOST_POINTS, add_point, read_points
from emnist_tui.runs.sweeps.spec import MOST_TRIALS, SweepSpec
from emnist_tui.text.formats import count

_SEED_LIMIT = 2**32


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `sweep extend`."""
    add_sweep(parser)
    parser.add_argument(
        "--trials",
        type=whole(1, MOST_TRIALS),
        metavar="N",
        required=True,
        help="number of trials, with those it has, without those that you added",
    )


def run(options: argparse.Namespace) -> int:
    """Request a larger number of trials, of seeds further seeds.

    Raises `UsageError` if the sweep has as many already or is a grid, and `EmnistTuiError` if the request cannot be
    written.
    """
    sweep = chosen_sweep(options)
    spec, own = sweep.read_spec(), ""
    if spec.is_seeds:
        _extend_seeds(sweep, spec, options.trials)
    elif spec.sampler == "grid":
        raise UsageError(
            f"Sweep {sweep.name} is a grid, which has all its combinations; `emnist-tui sweep add` tries others."
        )
    else:
        _check_larger(sweep, options.trials, requests.read_requests(sweep.control).asked_for(spec))
        written(sweep, lambda: requests.ask_for_trials(sweep.control, options.trials))
        points = len(read_points(sweep, spec))
        own = f" and {count(points)} that you added" if points else ""
    print_message(
        f"Sweep {sweep.name} has {count(options.trials)} trials{own}; `emnist-tui sweep work {sweep.name}` trains "
        "those that wait."
    )
    return ExitCode.DONE


def _extend_seeds(sweep: SweepFolder, spec: SweepSpec, trials: int) -> None:
    """Enqueue the seeds that follow the last one."""
    seeds = [int(point["seed"]) for point in [*spec.grid(), *read_points(sweep, spec).values()]]
    _check_larger(sweep, trials, len(seeds))
    most = len(spec.grid()) + MOST_POINTS
    if trials > most:
        raise UsageError(f"Sweep {sweep.name} can have at most {count(most)} seeds; train another group.")
    following = seeds[-1]
    while len(seeds) < trials:
        following = (following + 1) % _SEED_LIMIT
        if following not in seeds:
            seeds.append(following)
            point = {"seed": following}
            written(sweep, lambda point=point: add_point(sweep, spec, point))  # type: ignore[misc]


def _check_larger(sweep: SweepFolder, trials: int, before: int) -> None:
    if trials <= before:
        raise UsageError(f"Sweep {sweep.name} has {count(before)} trials already; give a larger --trials.")
