"""Commands of the palette: available keys, and Textual's themes and screenshot."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from textual.app import App, SystemCommand
from textual.screen import Screen

_ABOUT_PALETTE = {"command_palette"}  # which is open
_TEXTUAL_COMMANDS = ("Theme", "Screenshot")


def key_commands(app: App[Any], screen: Screen[Any]) -> Iterable[SystemCommand]:
    """Yield a command for every available key of the project.

    An action with several keys yields one command.
    """
    seen: set[str] = set()
    for active in screen.active_bindings.values():
        binding = active.binding
        if active.enabled and binding.tooltip and binding.action not in seen | _ABOUT_PALETTE:
            seen.add(binding.action)
            action = partial(app.run_action, binding.action, active.node)
            yield SystemCommand(binding.description, binding.tooltip, action)


def kept_commands(commands: Iterable[SystemCommand]) -> Iterable[SystemCommand]:
    """Yield those of Textual's own commands that the app keeps."""
    return (command for command in commands if command.title in _TEXTUAL_COMMANDS)
