"""The `pause`, `resume`, `save` and `stop` commands: requests to a training run."""

import argparse
from collections.abc import Callable
from functools import partial
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
    request(find_training(options), _REQUESTS[options.command], is_json=options.json)
    return ExitCode.DONE


def find_training(options: argparse.Namespace) -> folder.RunFolder:
    """Return the folder of the run that the options name.

    Raises `EmnistTuiError` if nothing trains it.
    """
    target = lookup.find_run(folder.checkpoints_root(options.checkpoints), options.run)
    is_training = target.is_training()
    if is_training:
        return target
    state = _state(target)
    if is_training is None and state.is_live:
        return target
    raise EmnistTuiError(_explain_not_training(target, state))


def request(target: folder.RunFolder, write: Callable[[Path], None], *, is_json: bool) -> None:
    """Write a request to a run's control file.

    With `is_json`, the file is printed. Raises `EmnistTuiError` if it cannot be written.
    """
    try:
        write(target.control)
    except OSError as error:
        raise EmnistTuiError(
            f"{target.control} cannot be written ({error.strerror or error}), so the run goes on as before; "
            "only users who may write there can control it."
        ) from None
    if target.is_training() is None and _state(target) is RunState.UNKNOWN:
        print_message(f"It is requested, but you may not read {target.lock}, so perhaps there is no trainer.")
    if is_json:
        print(target.control.read_text())


_REQUESTS: dict[str, Callable[[Path], None]] = {
    "pause": partial(control.ask_for, desired=control.Desired.PAUSE),
    "resume": partial(control.ask_for, desired=control.Desired.RUN),
    "stop": partial(control.ask_for, desired=control.Desired.STOP),
    "save": control.ask_for_save,
}


def _state(target: folder.RunFolder) -> RunState:
    return RunState(listing.describe_run(target).state)


def _explain_not_training(target: folder.RunFolder, state: RunState) -> str:
    resume = f"emnist-tui train --resume {target.full_name}"
    if state is RunState.FINISHED:
        return f"Run {target.full_name} has finished; train it further with `{resume} --epochs N`."
    return f"Run {target.full_name} is not training; resume it with `{resume}`."
