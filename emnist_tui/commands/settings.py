"""The `settings` command: the app's settings as they hold now, and where they are kept."""

import argparse
import sys

from emnist_tui.runs.errors import ExitCode
from emnist_tui.text.formats import printable


def settings(options: argparse.Namespace) -> int:  # noqa: ARG001 - every command has them
    from emnist_tui.tui.settings import SettingsFile, as_toml, settings_path

    file = SettingsFile(settings_path())
    for problem in file.problems:
        print(f"emnist-tui: {printable(problem)}", file=sys.stderr)
    print(as_toml(file.settings), end="")
    print(f"emnist-tui: kept in {printable(str(file.path))}", file=sys.stderr)
    return ExitCode.DONE
