"""The `sweep add` command: a trial with values of the user's own."""

from __future__ import annotations

import argparse

from emnist_tui.commands.output.streams import print_message
from emnist_tui.commands.sweep.options import add_sweep, chosen_sweep, written
from emnist_tui.runs.errors import ExitCode, UsageError
from emnist_tui.runs.sweeps.points import add_point, check_point
from emnist_tui.runs.sweeps.space import Value, option_of, parse_value, spell
from emnist_tui.runs.sweeps.spec import SweepSpec


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `sweep add`."""
    add_sweep(parser)
    parser.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="OPTION=VALUE",
        help="a value for every varied option, such as learning-rate=0.02",
    )


def run(options: argparse.Namespace) -> int:
    """Enqueue a trial, which the next free worker begins.

    Raises `UsageError` if no trial of the sweep can have the values, and `EmnistTuiError` if they cannot be written.
    """
    sweep = chosen_sweep(options)
    spec = sweep.read_spec()
    point = parse_point(options.set, spec)
    written(sweep, lambda: add_point(sweep, spec, point))
    outside = [axis for axis in spec.axes if not axis.contains(point[axis.field])]
    for axis in outside:
        print_message(
            f"{axis.option} {spell(point[axis.field])} lies outside {axis.describe()}; it is tried all the same."
        )
    print_message(f"The next free worker of {sweep.name} tries it.")
    return ExitCode.DONE


def parse_point(words: list[str], spec: SweepSpec) -> dict[str, Value]:
    """Parse the values of one trial.

    Raises `UsageError` if no trial of the sweep can have them.
    """
    fields = [axis.field for axis in spec.axes]
    point: dict[str, Value] = {}
    for word in words:
        name, equals, text = word.partition("=")
        field = name.strip().removeprefix("--").replace("-", "_")
        if not equals or not text.strip():
            raise UsageError(f"--set takes OPTION=VALUE, not {word!r}.")
        if field not in fields:
            raise UsageError(f"This sweep varies {', '.join(map(option_of, fields))}, not {name.strip()!r}.")
        if field in point:
            raise UsageError(f"--set names {option_of(field)} twice; name it once.")
        point[field] = parse_value(field, text)
    if missing := [option_of(field) for field in fields if field not in point]:
        raise UsageError(f"A trial has a value for each varied option; --set {missing[0]}=VALUE is missing.")
    check_point(spec, point)
    return point
