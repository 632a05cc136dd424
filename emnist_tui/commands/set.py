"""The `set` command: another learning rate for a training run."""

import argparse
from functools import partial

from emnist_tui.commands import control
from emnist_tui.commands.output.streams import print_message
from emnist_tui.runs.config import parse_learning_rate
from emnist_tui.runs.control import ask_for_learning_rate
from emnist_tui.runs.errors import ExitCode, UsageError
from emnist_tui.runs.record import summarize
from emnist_tui.runs.schedule import course_of
from emnist_tui.text import formats

SETTINGS = ("learning-rate",)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the setting and its value to a control command's options."""
    control.add_options(parser)
    parser.add_argument("setting", metavar="SETTING", help=" or ".join(SETTINGS))
    parser.add_argument("value", metavar="VALUE", help="for example 0.003")


def run(options: argparse.Namespace) -> int:
    """Request another value of a training run.

    A sentence says from when on it holds. Raises `UsageError` for an unknown setting or an invalid value,
    `EmnistTuiError` if nothing trains the run or its folder cannot be written.
    """
    if options.setting not in SETTINGS:
        raise UsageError(f"There is no setting {options.setting!r}; what can be set is: {', '.join(SETTINGS)}.")
    rate = parse_learning_rate(options.value)
    target = control.find_training(options)
    control.request(target, partial(ask_for_learning_rate, rate=rate), is_json=options.json)
    config = summarize(target).config
    course, value = config and course_of(config), formats.number(rate)
    what, schedule = ("peak learning rate", f" ({course} schedule)") if course else ("learning rate", "")
    print_message(f"The {what} of {target.name} is {value}{schedule} from the next batch on.")
    return ExitCode.DONE
