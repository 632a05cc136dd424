"""Help dialog: every key of the current screen, from its bindings."""

from collections.abc import Mapping
from typing import ClassVar

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from emnist_tui.tui.availability import describe_availability
from emnist_tui.tui.keymap import bind
from emnist_tui.tui.screens.robust import RobustScreen

_HIDDEN_ACTIONS = ("tab", "focus", "copy_text", "screen.copy", "help_quit")


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
            note = "" if active.enabled else f" ({describe_availability(active)})"
            grid.add_row(" ".join(dict.fromkeys(displays)), active.binding.description, f"{_tooltip(active)}{note}")
        return grid


def _tooltip(active: ActiveBinding) -> str:
    return active.tooltip or active.binding.tooltip
