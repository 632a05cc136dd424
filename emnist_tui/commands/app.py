"""The app in a terminal: the program without a command."""

import argparse
import os
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from emnist_tui.commands import options as shared
from emnist_tui.commands.output.streams import print_line
from emnist_tui.runs import folder
from emnist_tui.runs.collector import collector_paused
from emnist_tui.runs.data_paths import data_root
from emnist_tui.runs.errors import ExitCode, UsageError
from emnist_tui.runs.foreign_weights import ForeignWeights
from emnist_tui.runs.one_thread import use_one_thread
from emnist_tui.runs.sweeps.folder import named_sweep

if TYPE_CHECKING:
    from emnist_tui.tui.app import EmnistApp
    from emnist_tui.tui.session.run_session import RunSession


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the path that the app opens and its options."""
    parser.add_argument("path", nargs="?", metavar="PATH", help=argparse.SUPPRESS)
    shared.add_foreign(parser, help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """Run the app until it is quit.

    Raises `EmnistTuiError` if the path cannot be opened or the terminal cannot show the app.
    """
    from emnist_tui.tui.session.open import find_path
    from emnist_tui.tui.terminal.streams import has_terminal, on_terminal

    use_one_thread()
    foreign = shared.chosen_foreign(options)
    if (foreign or foreign.network) and options.path is None:
        raise UsageError(
            "--key, --input-scaling and --model are about a checkpoint or run; name it: `emnist-tui PATH …`."
        )
    root = folder.checkpoints_root(options.checkpoints)
    if options.path is not None:
        if options.alike and not Path(options.path).exists() and not (root / options.path).exists():
            raise UsageError(
                f"There is no command, checkpoint or run {options.path} (did you mean {options.alike}?); "
                "see `emnist-tui --help`."
            )
        if named_sweep(root, options.path) is None:
            find_path(root, options.path)  # a wrong path is named even without a terminal
    is_elsewhere = bool(os.environ.get("TEXTUAL_DRIVER"))  # set by a driver that shows the app elsewhere
    if not is_elsewhere and (os.environ.get("TERM", "") in ("dumb", "unknown") or not has_terminal()):
        raise UsageError("The app needs a terminal that can place the cursor; use `emnist-tui train` without one.")
    with nullcontext() if is_elsewhere else on_terminal(), collector_paused():
        app = _run_app(root, options.path, foreign, low_bandwidth=options.low_bandwidth)
    from emnist_tui.text.ascii_fallback import to_ascii
    from emnist_tui.tui.exit_summary import summary

    if app.session and not app.return_code and (text := summary(app.session)):
        print_line(to_ascii(text) if app.is_ascii_only else text)
    return app.return_code or ExitCode.DONE


def _run_app(root: Path, path: str | None, foreign: ForeignWeights, *, low_bandwidth: bool) -> "EmnistApp":
    """Run the app until it is quit, and return it."""
    from emnist_tui.tui.app import EmnistApp
    from emnist_tui.tui.settings import SettingsFile, settings_path
    from emnist_tui.tui.terminal.guard import TerminalGuard

    data_root()  # a variable that names no folder is refused before the terminal changes
    sweep = named_sweep(root, path) if path is not None else None
    opened = None if sweep else _first_session(root, path, foreign)
    greeting = ""
    if opened and path is None:
        greeting = f"{opened.name} is training in another process; its keys work here."
    app = EmnistApp(root, opened, greeting, low_bandwidth=low_bandwidth, preferences=SettingsFile(settings_path()))
    app.first_sweep = sweep
    if opened and foreign.network and (recorded := opened.network_to_ask_for):
        app.networks.agree(recorded, foreign.network)
    with TerminalGuard(app):
        app.run()
    return app


def _first_session(root: Path, path: str | None, foreign: ForeignWeights) -> "RunSession | None":
    """Open a run or checkpoint, without a path the run that trains."""
    from emnist_tui.tui.session.open import find_training, open_path

    return open_path(root, path, foreign) if path is not None else find_training(root)
