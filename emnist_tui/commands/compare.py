"""The `compare` command: two checkpoints, or two groups of seeds."""

import argparse
from pathlib import Path

from emnist_tui.analysis.comparison import Comparison
from emnist_tui.commands import compare_seeds
from emnist_tui.commands import options as shared
from emnist_tui.commands.checkpoint_names import display_name
from emnist_tui.commands.output import tables
from emnist_tui.commands.output.json import input_to_json, print_json
from emnist_tui.commands.output.progress import print_event, print_phase
from emnist_tui.runs.errors import ExitCode
from emnist_tui.runs.events import CheckpointLoaded, Event


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `compare`."""
    parser.add_argument("a", metavar="A", help=f"{shared.CHECKPOINT_HELP}, or a group of seeds")
    parser.add_argument("b", metavar="B", help="another checkpoint, evaluated on the same data, or another group")
    shared.add_data(parser, "A's training data")
    shared.add_foreign_pair(parser)
    shared.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Evaluate two checkpoints on the same data and print how they differ.

    Groups of seeds are compared by the test accuracies of their runs.
    """
    if compare_seeds.names_a_group(options):
        return compare_seeds.run(options)
    a, b = (shared.find_checkpoint(options, name) for name in (options.a, options.b))
    loaded: list[CheckpointLoaded] = []

    def observe(event: Event) -> None:
        if isinstance(event, CheckpointLoaded):
            loaded.append(event)
        print_event(event)

    print_phase("loading torch")
    from emnist_tui.learning.inference.evaluate import evaluate_checkpoints

    comparison = Comparison(
        *evaluate_checkpoints(
            [a, b],
            data=shared.chosen_data(options),
            device=options.device,
            on_event=observe,
            foreign=shared.chosen_foreign_pair(options),
        )
    )
    if options.json:
        print_json(_to_json(comparison, a, b, *map(input_to_json, loaded)))
    else:
        tables.print_comparison(comparison, display_name(a), display_name(b))
    return ExitCode.DONE


def _to_json(
    comparison: Comparison, a: Path, b: Path, input_a: dict[str, object], input_b: dict[str, object]
) -> dict[str, object]:
    values = comparison.to_json()
    return {
        **values,
        "a": {"checkpoint": str(a), **values["a"], **input_a},
        "b": {"checkpoint": str(b), **values["b"], **input_b},
    }
