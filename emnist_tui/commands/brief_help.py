"""The help of the whole program, short enough for a small screen."""

import argparse


class BriefHelp(argparse.RawDescriptionHelpFormatter):
    """A line for each command, and one for those that have the same words."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=26)

    def _format_action(self, action: argparse.Action) -> str:
        if not isinstance(action, argparse._SubParsersAction):
            return super()._format_action(action)
        names: dict[str, list[str]] = {}
        for command in action._get_subactions():
            names.setdefault(command.help or "", []).append(command.dest)
        return "".join(f"  {'|'.join(alike):22}  {words}\n" for words, alike in names.items())
