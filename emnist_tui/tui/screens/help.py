"""Help dialog: every key of the current screen, from its bindings."""

from collections.abc import Iterator
from typing import Any, ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from emnist_tui.tui.availability import describe_availability
from emnist_tui.tui.keymap import bind
from emnist_tui.tui.screens.dialog import Dialog
from emnist_tui.tui.theme import accent

Row = tuple[str, str, str]
"""Keys, name and explanation."""

_EVERYWHERE = "Everywhere"
_MOVING = "Moving"
_DIALOG_KEYS: tuple[Row, ...] = (
    ("tab", "Next", "Next field or button"),
    ("enter", "Accept", "Do what the dialog asks"),
    ("esc", "Close", "Close a message or the dialog"),
)
_PAGES = "Pages, such as recipe: emnist-tui help"
_HIDDEN_ACTIONS = ("tab", "focus", "copy_text", "screen.copy", "help_quit")


class HelpDialog(Dialog[None]):
    """Grouped keys of the screen below and their actions."""

    DEFAULT_CSS = """
    HelpDialog {
        VerticalScroll {
            width: 98;
            padding: 0 1;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "dismiss", "Close"),
        bind("help", "dismiss", "Close"),
        bind("quit", "dismiss", "Close"),
    ]

    def __init__(self, screen: Screen[Any]) -> None:
        """Explain the active bindings of `screen`."""
        super().__init__()
        self._screen = type(screen).__name__.removesuffix("Screen")
        self._keys = screen.active_bindings

    def compose(self) -> ComposeResult:
        with VerticalScroll() as box:
            box.border_title = "Keys"
            box.border_subtitle = f"{_PAGES} · [@click=screen.dismiss]esc close[/]"
            yield Static(self._table())

    def _table(self) -> Table:
        grid = Table.grid(padding=(0, 2), expand=True)
        grid.add_column(justify="right", style="bold", no_wrap=True)
        grid.add_column(no_wrap=True)
        grid.add_column(style="dim")
        for title, rows in self._groups():
            if grid.row_count:
                grid.add_row()
            grid.add_row("", Text(title, accent(self.app, bold=True)))
            for row in rows:
                grid.add_row(*row)
        return grid

    def _groups(self) -> Iterator[tuple[str, list[Row]]]:
        """Yield title and rows of each group of keys."""
        groups: dict[str, dict[str, tuple[list[str], ActiveBinding]]] = {
            name: {} for name in (self._screen, _EVERYWHERE, _MOVING)
        }
        # Textual has bindings of priority first, such as ctrl+q.
        for active in sorted(self._keys.values(), key=lambda active: active.binding.priority):
            binding = active.binding
            if not binding.description or any(name in binding.action for name in _HIDDEN_ACTIONS):
                continue
            own = _EVERYWHERE if isinstance(active.node, App) or binding.action.startswith("app.") else self._screen
            group = groups[own if _tooltip(active) else _MOVING]
            group.setdefault(binding.action, ([], active))[0].append(self.app.get_key_display(binding))
        for title, keys in groups.items():
            if keys:
                yield title, [_row(displays, active) for displays, active in keys.values()]
        yield "In dialogs", list(_DIALOG_KEYS)


def _row(displays: list[str], active: ActiveBinding) -> Row:
    note = "" if active.enabled else f" ({describe_availability(active)})"
    return " ".join(dict.fromkeys(displays)), active.binding.description, f"{_tooltip(active)}{note}"


def _tooltip(active: ActiveBinding) -> str:
    return active.tooltip or active.binding.tooltip
