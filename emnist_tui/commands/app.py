"""The app in a terminal: the program without a command."""

import argparse
import os
import sys
from pathlib import Path

from emnist_tui.runs import folder
from emnist_tui.runs.data_paths import data_root
from emnist_tui.runs.errors import ExitCode, UsageError


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the path that the app opens."""
    parser.add_argument("path", nargs="?", metavar="PATH", help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """Run the app until it is quit.

    Raises `EmnistTuiError` if the path cannot be opened or the terminal cannot show the app.
    """
    is_terminal = os.environ.get("TERM", "") not in ("dumb", "unknown") and sys.stdin.isatty() and sys.stdout.isatty()
    if not is_terminal and not os.environ.get("TEXTUAL_DRIVER"):  # set by a driver that shows the app elsewhere
        raise UsageError("The app needs a terminal that can place the cursor; use `emnist-tui train` without one.")
    return _run_app(folder.checkpoints_root(options.checkpoints), options.path, low_bandwidth=options.low_bandwidth)


def _run_app(root: Path, path: str | None, *, low_bandwidth: bool) -> int:
    from emnist_tui.text.ascii_fallback import to_ascii
    from emnist_tui.tui.app import EmnistApp
    from emnist_tui.tui.exit_summary import summary
    from emnist_tui.tui.session.open import find_training, open_path
    from emnist_tui.tui.settings import SettingsFile, settings_path
    from emnist_tui.tui.terminal.guard import TerminalGuard

    data_root()  # a variable that names no folder is refused before the terminal changes
    opened = open_path(root, path) if path is not None else find_training(root)
    greeting = ""
    if opened and path is None:
        greeting = f"{opened.name} is training in another process; its keys work here."
    app = EmnistApp(root, opened, greeting, low_bandwidth=low_bandwidth, preferences=SettingsFile(settings_path()))
    with TerminalGuard(app):
        app.run()
    if app.session and not app.return_code and (text := summary(app.session)):
        print(to_ascii(text) if app.is_ascii_only else text, file=sys.stderr)
    return app.return_code or ExitCode.DONE
