"""The commands and options that the program's own parser has."""

import argparse

from emnist_tui import cli


def commands() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each command by its main name."""
    return subcommands(cli.build_parser())


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found = {name: below for name, below in action.choices.items() if below not in found.values()}
    return found


def options(parser: argparse.ArgumentParser) -> set[str]:
    """Return the options of a command and of its actions, each by its first long name."""
    own = {
        next(name for name in action.option_strings if name.startswith("--"))
        for action in parser._actions
        if action.option_strings and action.help != argparse.SUPPRESS
    }
    return own.union(*(options(below) for below in subcommands(parser).values()))
