"""Command-line entry point: the parser, and the dispatch to one command's module.

stdout carries data only; all other output goes to stderr.
"""

import argparse
import errno
import os
import sys
from collections.abc import Collection, Sequence
from importlib import import_module
from typing import Any, NamedTuple, NoReturn, Protocol, cast

from emnist_tui import __version__
from emnist_tui.commands.output.streams import discard_unwritable, open_closed_streams, print_line, print_message
from emnist_tui.runs.errors import EmnistTuiError, ExitCode, ProgramExitError, describe_unexpected, shows_tracebacks
from emnist_tui.text.ascii_fallback import write_unencodable_as_ascii
from emnist_tui.text.formats import printable


class Command(NamedTuple):
    """An entry in the table of commands."""

    module: str
    """In `emnist_tui.commands`."""
    summary: str
    """One line of `emnist-tui --help`; commands of equal summaries share it."""
    description: str = ""
    """First line of the command's own help, if not the summary."""


_CONTROL = "control a training run, as the app does"
_ON_DIGITS = "print the misclassified digits, or why one is"
_TO_KEEP = "print the app's settings, a completion script"

COMMANDS = {
    "train": Command("train", "train a network, with a progress line or bar"),
    "runs": Command("runs", "list runs and checkpoints, and which are training"),
    "sweep": Command("sweep.command", "search for a recipe with many trials"),
    "pause": Command("control", _CONTROL, "pause a training run"),
    "resume": Command("control", _CONTROL, "resume a paused training run"),
    "save": Command("control", _CONTROL, "make a training run save a checkpoint"),
    "stop": Command("control", _CONTROL, "make a training run save and stop"),
    "set": Command("set", _CONTROL, "change the learning rate of a training run"),
    "evaluate": Command("evaluate", "print accuracy, loss and confusion matrix"),
    "errors": Command("errors", _ON_DIGITS, "print the misclassified digits"),
    "explain": Command("explain", _ON_DIGITS, "print why a digit is predicted as it is"),
    "compare": Command("compare", "print what checkpoint B fixes and breaks against A"),
    "report": Command("report", "write a folder to share: page, metrics, predictions"),
    "export": Command("export", "write the network for other programs, verified"),
    "predict": Command("predict", "classify PNG or JPEG images of digits"),
    "neighbors": Command("neighbors", "find the correct digits nearest to each mistake"),
    "serve": Command("serve", "serve the app as a web page, on this machine only"),
    "settings": Command("settings", _TO_KEEP, "print the app's settings as a file to edit"),
    "data": Command("data", "show, download or import the EMNIST digits"),
    "completion": Command("completion", _TO_KEEP, "print a script for completion in your shell"),
    "help": Command("help", "print a page about the program, or list the pages"),
}

_INTERNAL = {"network-server": Command("network_server", "open and compute networks for the app")}
"""Commands that the program itself starts."""
_FORMER_NAMES = {"neighbours": "neighbors"}
_TAKES_LOW_BANDWIDTH = ("serve",)
_NEED_NO_FOLDER = ("help", "completion", "settings")
_UNWRITABLE = (errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EBADF)  # errors of print, which names no file

_EXAMPLES = """\
  emnist-tui train --epochs 1 --name first     for example, without the app
  emnist-tui errors first --true 4 --limit 3   the worst mistakes on fours
"""


class CommandModule(Protocol):
    """Contents of a command's module."""

    def add_options(self, parser: argparse.ArgumentParser) -> None: ...
    def run(self, options: argparse.Namespace) -> int: ...


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code, an `ExitCode`."""
    open_closed_streams()
    write_unencodable_as_ascii()
    try:
        options = parse(list(sys.argv[1:] if arguments is None else arguments))
        _check_working_directory(options.module)
        code = _run(options)
        sys.stdout.flush()  # here, where a failure can still be reported
        return code
    except EmnistTuiError as error:
        print_message(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        print_message("Interrupted.")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return ExitCode.DONE
    except Exception as error:
        if shows_tracebacks():
            raise
        print_message(_describe(error))
        return ExitCode.FAILED
    finally:
        discard_unwritable()


def _run(options: argparse.Namespace) -> int:
    """Run the command that was parsed.

    An exit in the middle of it is a failure, whatever its code.
    """
    try:
        return int(_load(options.module).run(options))
    except SystemExit as error:
        raise ProgramExitError(error) from None


def _describe(error: Exception) -> str:
    """Describe an error that no command expects."""
    lost = discard_unwritable()
    if isinstance(error, OSError) and error.filename is None and error.errno in _UNWRITABLE:
        lost = error
    if lost:
        return f"The output cannot be written ({lost.strerror}); write it elsewhere."
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename} cannot be used ({error.strerror}); check the path and its permissions."
    return describe_unexpected(error)


def _check_working_directory(module: str) -> None:
    """Refuse a deleted working directory, in which MKL ends the process."""
    try:
        os.getcwd()  # noqa: PTH109 - nothing but the error is wanted
    except OSError:
        if module not in _NEED_NO_FOLDER:
            raise EmnistTuiError("The working directory no longer exists; change to another one.") from None


def parse(arguments: list[str]) -> argparse.Namespace:
    """Parse a command line, importing only the module of its command.

    The first argument that is neither an option nor an option's value is a command, or else the path that the app
    opens. Exits with 2 and one sentence on stderr if the command line is wrong.
    """
    start = _root_parser()
    start.add_argument("words", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    words = start.parse_known_args(arguments)[0].words
    name = _FORMER_NAMES.get(words[0], words[0]) if words else ""
    if name not in COMMANDS and name not in _INTERNAL:
        return _parse_app(arguments, name)
    before = arguments[: len(arguments) - len(words)]
    parser = build_parser([name])
    options, unknown = parser.parse_known_args([*before, name, *words[1:]])
    if unknown:
        options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    if options.low_bandwidth and name not in _TAKES_LOW_BANDWIDTH:
        parser.error(f"--low-bandwidth is an option of the app and of `emnist-tui serve`, not of {name}")
    return options


def build_parser(names: Collection[str] = COMMANDS.keys()) -> argparse.ArgumentParser:
    """Build the parser with the options of commands.

    By default `names` is all of them. Parsed options have the `command`, its `module`, the `parser` whose help explains
    them, and for `help` and `completion` all `commands` and `build_parser`.
    """
    parser = _root_parser()
    commands = parser.add_subparsers(metavar="COMMAND", required=True, prog="emnist-tui")
    for name in names:
        command = COMMANDS.get(name) or _INTERNAL[name]
        added = commands.add_parser(name, help=command.summary, description=command.description or command.summary)
        _add_checkpoints(added, default=argparse.SUPPRESS)
        _load(command.module).add_options(added)
        added.set_defaults(command=name, module=command.module, commands=tuple(COMMANDS), build_parser=build_parser)
        _complete_parsers(added)
    return parser


def _complete_parsers(parser: argparse.ArgumentParser) -> None:
    """Make parsed options name the `parser` that knows most of them.

    Actions take the runs directory as commands do.
    """
    parser.set_defaults(parser=parser)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                _add_checkpoints(below, default=argparse.SUPPRESS)
                _complete_parsers(below)


def _parse_app(arguments: list[str], word: str) -> argparse.Namespace:
    """Parse a command line without a command.

    Its first `word`, if any, may be a misspelled command. Exits with 2 and one sentence if it is wrong.
    """
    parser = _root_parser()
    _load("app").add_options(parser)
    alike = _most_alike(word) if word else None
    parser.set_defaults(module="app", alike=alike)
    options, unknown = parser.parse_known_args(arguments)
    if unknown and (alike or not unknown[0].startswith("-")):
        parser.error(f"there is no command {word}" + (f" (did you mean {alike}?)" if alike else ""))
    if unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    return options


def _most_alike(word: str) -> str | None:
    """Return the command that a word resembles, if any."""
    from difflib import get_close_matches  # here, since few command lines need it

    return next(iter(get_close_matches(word.lower(), COMMANDS, n=1)), None)


def _root_parser() -> argparse.ArgumentParser:
    """Build the parser of the options before a command.

    Its help lists all commands.
    """
    parser = _Parser(
        prog="emnist-tui",
        usage="emnist-tui [PATH] | emnist-tui COMMAND … | emnist-tui COMMAND --help",
        description="Without a command, the app; PATH is a run folder or checkpoint to open.",
        add_help=False,
        epilog=_list_commands() + _EXAMPLES,
        formatter_class=_BriefHelp,
    )
    parser.add_argument("-h", "--help", action="help", help=argparse.SUPPRESS)
    parser.add_argument("--version", action="version", version=f"emnist-tui {__version__}", help=argparse.SUPPRESS)
    _add_checkpoints(parser)
    parser.add_argument("--low-bandwidth", action="store_true", help="make the app send at most about 3 kB a second")
    return parser


def _add_checkpoints(parser: argparse.ArgumentParser, default: Any = None) -> None:
    parser.add_argument("--checkpoints", metavar="DIR", default=default, help="the runs directory (checkpoints)")


def _list_commands() -> str:
    """List the commands with their summaries.

    Those that share a summary share a line.
    """
    names: dict[str, list[str]] = {}
    for name, command in COMMANDS.items():
        names.setdefault(command.summary, []).append(name)
    return "".join(f"  {'|'.join(alike):26} {summary}\n" for summary, alike in names.items())


def _load(module: str) -> CommandModule:
    return cast(CommandModule, import_module(f"emnist_tui.commands.{module}"))


class _Parser(argparse.ArgumentParser):
    """Parser whose errors are one sentence that names the help to read."""

    def _print_message(self, message: str, file: Any = None) -> None:
        """Print help on stdout, or an error on stderr.

        Raises `OSError` for an unwritable stdout, where argparse is silent.
        """
        if file is sys.stdout:
            print(message, end="", flush=True)
        else:
            print_line(message.removesuffix("\n"))

    def error(self, message: str) -> NoReturn:
        self.exit(ExitCode.WRONG_USE, f"emnist-tui: {printable(message)}; see `{self.prog} --help`.\n")


class _BriefHelp(argparse.RawDescriptionHelpFormatter):
    """Help without headings, short enough for a screen of 24 lines."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=26)

    def format_help(self) -> str:
        return super().format_help().replace("\n\n", "\n", 1)  # no empty line after the usage

    def start_section(self, heading: str | None) -> None:  # noqa: ARG002
        super().start_section(None)
