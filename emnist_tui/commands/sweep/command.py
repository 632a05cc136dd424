"""The actions of the `sweep` command, a module each."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import NamedTuple, Protocol, cast


class Action(NamedTuple):
    """An entry in the table of actions."""

    module: str
    """In `emnist_tui.commands.sweep`."""
    summary: str


ACTIONS = {
    "new": Action("new", "create a sweep: what its trials vary, and how to search"),
    "work": Action("work", "train trials until none is left, one worker or several"),
    "show": Action("show", "print the trials, best first, and the workers"),
    "pause": Action("requests", "pause a sweep, or one of its trials"),
    "resume": Action("requests", "let a paused or stopped sweep or trial go on"),
    "stop": Action("requests", "save and stop a sweep, or one of its trials"),
    "add": Action("add", "enqueue a trial with values of your own"),
    "extend": Action("extend", "give a sweep more trials"),
    "slurm": Action("slurm", "print a Slurm batch script whose jobs work on a sweep"),
}


class ActionModule(Protocol):
    """Contents of an action's module."""

    def add_options(self, parser: argparse.ArgumentParser) -> None: ...
    def run(self, options: argparse.Namespace) -> int: ...


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the actions of `sweep`."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    for name, action in ACTIONS.items():
        added = actions.add_parser(name, help=action.summary, description=action.summary)
        _load(action.module).add_options(added)


def run(options: argparse.Namespace) -> int:
    """Run an action. Raises `EmnistTuiError` as it does."""
    return _load(ACTIONS[options.action].module).run(options)


def _load(module: str) -> ActionModule:
    return cast(ActionModule, import_module(f"emnist_tui.commands.sweep.{module}"))
