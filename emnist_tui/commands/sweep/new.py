"""The `sweep new` command: a sweep from the options of `train`."""

from __future__ import annotations

import argparse
import math
import shutil
import time
from collections.abc import Sequence
from importlib.util import find_spec

from emnist_tui.commands.output.streams import print_message
from emnist_tui.commands.recipe_options import add_recipe_options, config_values
from emnist_tui.runs import folder
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import ExitCode, UsageError
from emnist_tui.runs.sweeps.folder import claim_sweep
from emnist_tui.runs.sweeps.space import Axis
from emnist_tui.runs.sweeps.spec import PRUNERS, SAMPLERS, SweepSpec

_TRIALS = 50


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `sweep new` and those of a run."""
    parser.add_argument("name", metavar="NAME", help="name of the new sweep")
    search = parser.add_argument_group("the search")
    search.add_argument(
        "--vary",
        action="append",
        default=[],
        metavar="OPTION=VALUES",
        help="an option below, as batch-size=32,128 or learning-rate=0.001..0.3:log; may be repeated",
    )
    search.add_argument("--sampler", choices=SAMPLERS, default="tpe", help="how values are chosen (tpe)")
    search.add_argument(
        "--prune", choices=PRUNERS, help="asha ends trials early that fall behind (asha; of a grid none)"
    )
    search.add_argument("--trials", type=int, metavar="N", help=f"number of trials ({_TRIALS}; of a grid all)")
    add_recipe_options(parser)


def run(options: argparse.Namespace) -> int:
    """Create a sweep and print the path of its folder.

    Raises `UsageError` if no trial could have a value or the name is taken, and `EmnistTuiError` if the folder cannot
    be written.
    """
    root = folder.checkpoints_root(options.checkpoints)
    spec = describe(options)
    sweep = claim_sweep(root, options.name)
    try:
        sweep.begin(spec)
    except OSError as error:
        shutil.rmtree(sweep.path, ignore_errors=True)
        raise folder.unwritable(root, error) from None
    print(sweep.path)
    trials = f"{spec.trials:,} trials wait" if spec.trials > 1 else "1 trial waits"
    print_message(f"{trials} for `emnist-tui sweep work {sweep.path}`, on every machine that sees the folder.")
    if spec.needs_engine and find_spec("optuna") is None:
        print_message("Workers of this sweep need Optuna, which is missing here; `pip install 'emnist-tui[sweep]'`.")
    return ExitCode.DONE


def describe(options: argparse.Namespace) -> SweepSpec:
    """Return the specification that the options describe.

    Raises `UsageError` if there is none.
    """
    axes = tuple(Axis.parse(text) for text in options.vary)
    values = config_values(options)
    for axis in axes:
        if axis.field in values:
            raise UsageError(f"--{axis.option} is varied; leave it out, or out of --vary.")
    is_grid = options.sampler == "grid"
    if is_grid and options.trials is not None:
        raise UsageError("A grid tries each combination once; leave --trials out.")
    spec = SweepSpec(
        config=TrainConfig.of(**values),
        axes=axes,
        sampler=options.sampler,
        pruner=options.prune or ("none" if is_grid else "asha"),
        trials=_TRIALS if options.trials is None else options.trials,
        seed=values.get("seed", 0),
        created=time.time(),
    )
    if not is_grid:
        _check_combinations(axes, spec.trials)
    return spec


def _check_combinations(axes: Sequence[Axis], trials: int) -> None:
    """Refuse to try the same values again and again."""
    if any(not axis.values for axis in axes):
        return
    combinations = math.prod(len(axis.values) for axis in axes)
    if combinations < trials:
        number = f"{combinations:,} combination{'s' * (combinations != 1)}"
        raise UsageError(
            f"The varied values have {number}, fewer than {trials:,} trials; --sampler grid tries each once."
        )
