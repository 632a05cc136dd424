"""The help of the whole program, short enough for a small screen."""

import argparse


class BriefHelp(argparse.RawDescriptionHelpFormatter):
    """A line for each command, and one for those that have the same words; no headings, for all can be told apart."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=26)

    def format_help(self) -> str:
        return super().format_help().replace("\n\n", "\n", 1)  # no gap after the usage

    def start_section(self, heading: str | None) -> None:  # noqa: ARG002
        super().start_section(None)

    def _format_action(self, action: argparse.Action) -> str:
        if not isinstance(action, argparse._SubParsersAction):
            return super()._format_action(action)
        names: dict[str, list[str]] = {}
        for command in action._get_subactions():
            names.setdefault(command.help or "", []).append(command.dest)
        return "".join(f"  {'|'.join(alike):22}  {words}\n" for words, alike in names.items())
