"""The app in a terminal: what it opens first, and what is said once it is left."""

import os
import sys
from pathlib import Path

from emnist_tui.runs.errors import ExitCode, UsageError
from emnist_tui.text.ascii_fallback import to_ascii
from emnist_tui.tui.app import EmnistApp
from emnist_tui.tui.exit_summary import summary
from emnist_tui.tui.session.open import find_training, open_path
from emnist_tui.tui.settings import SettingsFile, settings_path
from emnist_tui.tui.terminal.guard import TerminalGuard


def run_app(root: Path, path: str | None, *, low_bandwidth: bool = False) -> int:
    """The exit code. Raises `EmnistTuiError` when `path` cannot be opened or the terminal cannot show the app."""
    is_terminal = os.environ.get("TERM", "") not in ("dumb", "unknown") and sys.stdin.isatty() and sys.stdout.isatty()
    if not is_terminal and not os.environ.get("TEXTUAL_DRIVER"):  # who sets that shows the app elsewhere
        raise UsageError("The app needs a terminal that can place the cursor; use `emnist-tui train` without one.")
    opened = open_path(root, path) if path is not None else find_training(root)
    greeting = ""
    if opened and path is None:
        greeting = f"{opened.name} is training in another process; its keys work here."
    app = EmnistApp(root, opened, greeting, low_bandwidth=low_bandwidth, preferences=SettingsFile(settings_path()))
    with TerminalGuard(app):
        app.run()
    if app.session and not app.return_code and (words := summary(app.session)):
        print(to_ascii(words) if app.is_ascii_only else words, file=sys.stderr)
    return app.return_code or ExitCode.DONE
