"""The `pause`, `resume`, `save` and `stop` commands: requests to a training run."""

import argparse
from pathlib import Path

from emnist_tui.commands import options as shared
from emnist_tui.commands.output.streams import print_message
from emnist_tui.runs import control, folder, listing, lookup
from emnist_tui.runs.errors import EmnistTuiError, ExitCode
from emnist_tui.runs.record import RunState


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a control command."""
    parser.add_argument("run", metavar="RUN", help="the name or folder of a training run")
    shared.add_json(parser, "print the run's control file, one JSON object")


def run(options: argparse.Namespace) -> int:
    """Write the command's request to a training run's control file.

    Raises `EmnistTuiError` if nothing trains the run or its folder cannot be written.
    """
    target = lookup.find_run(folder.checkpoints_root(options.checkpoints), options.run)
    state = listing.describe_run(target).state
    is_training = target.is_training()
    if is_training is False or (is_training is None and not RunState(state).is_live):
        raise EmnistTuiError(_explain_not_training(target))
    try:
        _request(target.control, options.command)
    except OSError as error:
        raise EmnistTuiError(
            f"{target.control} cannot be written ({error.strerror or error}), so the run goes on as before; "
            "only users who may write there can control it."
        ) from None
    if state == RunState.UNKNOWN:
        print_message(f"It is requested, but you may not read {target.lock}, so perhaps there is no trainer.")
    if options.json:
        print(target.control.read_text())
    return ExitCode.DONE


def _request(file: Path, command: str) -> None:
    match command:
        case "pause":
            control.ask_for(file, control.Desired.PAUSE)
        case "resume":
            control.ask_for(file, control.Desired.RUN)
        case "stop":
            control.ask_for(file, control.Desired.STOP)
        case "save":
            control.ask_for_save(file)


def _explain_not_training(target: folder.RunFolder) -> str:
    resume = f"emnist-tui train --resume {target.name}"
    if listing.describe_run(target).state == RunState.FINISHED:
        return f"Run {target.name} has finished; train it further with `{resume} --epochs N`."
    return f"Run {target.name} is not training; resume it with `{resume}`."
