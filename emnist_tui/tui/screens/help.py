"""Help dialog: every key of the current screen, from its bindings."""

from collections.abc import Mapping
from typing import ClassVar

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from emnist_tui.tui.keymap import bind
from emnist_tui.tui.screens.robust import RobustScreen

_HIDDEN_ACTIONS = ("tab", "focus", "copy_text", "screen.copy", "help_quit", "suspend")
_UNAVAILABLE = {
    "start": "nothing is training",
    "save": "nothing is training",
    "stop": "nothing is training",
    "test": "no run with a checkpoint is open",
    "mode": "no evaluation yet",
    "epoch-before": "fewer than two evaluations",
    "epoch-after": "fewer than two evaluations",
    "look": "fewer than two evaluations",
    "compare": "fewer than two evaluations",
    "filter": "no evaluation yet",
    "sort": "no evaluation yet",
    "confident": "no evaluation yet",
    "unjudged": "no evaluation yet",
    "wrong-label": "no digit shown",
    "ambiguous": "no digit shown",
    "model-fault": "no digit shown",
    "copy": "no digit shown",
    "picture": "no digit shown",
    "undo": "nothing to undo",
    "mark": "no runs yet",
    "compare-marked": "mark exactly two rows",
    "overlay": "mark at least two runs",
}
"""Reasons why a grayed key does not work now, by binding id or, without one, by action."""


class HelpDialog(ModalScreen[None], RobustScreen[None]):
    """Table of the keys of the screen below and their actions."""

    DEFAULT_CSS = """
    HelpDialog {
        align: center middle;
        VerticalScroll {
            width: 98;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            border: round $accent;
            padding: 0 1;
            background: $surface;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "dismiss", "Close"),
        bind("help", "dismiss", "Close"),
        bind("quit", "dismiss", "Close"),
    ]

    def __init__(self, bindings: Mapping[str, ActiveBinding]) -> None:
        super().__init__()
        self._keys = bindings

    def compose(self) -> ComposeResult:
        with VerticalScroll() as box:
            box.border_title = "Keys"
            box.border_subtitle = "[@click=screen.dismiss]esc close[/]"
            yield Static(self._table())

    def _table(self) -> Table:
        grid = Table.grid(padding=(0, 2), expand=True)
        grid.add_column(justify="right", style="bold", no_wrap=True)
        grid.add_column(no_wrap=True)
        grid.add_column(style="dim")
        keys: dict[str, tuple[list[str], ActiveBinding]] = {}
        for active in self._keys.values():
            binding = active.binding
            if binding.description and not any(name in binding.action for name in _HIDDEN_ACTIONS):
                keys.setdefault(binding.action, ([], active))[0].append(self.app.get_key_display(binding))
        # Explained keys first, then those that only move the cursor.
        for displays, active in sorted(keys.values(), key=lambda entry: not _tooltip(entry[1])):
            explanation = _tooltip(active) + ("" if active.enabled else f" ({describe_unavailable(active.binding)})")
            grid.add_row(" ".join(dict.fromkeys(displays)), active.binding.description, explanation)
        return grid


def describe_unavailable(binding: Binding) -> str:
    """Explain why a grayed key does not work now, as `unavailable: nothing is training`."""
    reason = _UNAVAILABLE.get(binding.id or binding.action.partition("(")[0])
    return f"unavailable: {reason}" if reason else "unavailable"


def _tooltip(active: ActiveBinding) -> str:
    return active.tooltip or active.binding.tooltip
