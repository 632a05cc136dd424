"""The `settings` command: the app's current settings as a TOML file."""

import argparse

from emnist_tui.commands.output.streams import print_message
from emnist_tui.runs.errors import ExitCode


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add no options: `settings` takes none."""


def run(options: argparse.Namespace) -> int:  # noqa: ARG001 - every command takes its options
    """Print settings on stdout, invalid ones and their file's path on stderr."""
    from emnist_tui.tui.settings import SettingsFile, as_toml, settings_path

    file = SettingsFile(settings_path())
    for problem in file.problems:
        print_message(problem)
    print(as_toml(file.settings), end="")
    print_message(f"stored in {file.path}")
    return ExitCode.DONE
