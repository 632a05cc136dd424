"""Dialog of the trash: restore deleted runs or empty it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList

from emnist_tui.runs import trash
from emnist_tui.runs.lookup import CHECKPOINT_SUFFIXES
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.trash import Trashed
from emnist_tui.text import formats
from emnist_tui.tui.keymap import bind
from emnist_tui.tui.screens.confirm import ConfirmDialog
from emnist_tui.tui.screens.dialog import Dialog
from emnist_tui.tui.widgets.choice_list import ChoiceList

_AFTER_NAME = 32  # cells of size, date and gaps


class TrashDialog(Dialog[None]):
    """List of deleted runs, newest first; Enter restores one."""

    DEFAULT_CSS = """
    TrashDialog {
        ChoiceList, ChoiceList:focus {
            width: 76;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            min-height: 5;
            border: round $accent;
            border-subtitle-color: $foreground;
            background: $surface;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close"),
        bind("trash", "dismiss", "Close"),
        bind("quit", "dismiss", "Close"),
        Binding("r", "restore", "Restore"),
        Binding("e", "empty", "Empty"),
        Binding("j", "move('cursor_down')", "Down", show=False),
        Binding("k", "move('cursor_up')", "Up", show=False),
    ]

    def __init__(self, root: Path, act: Callable[[Callable[[], object]], bool]) -> None:
        """Show the trash of the runs directory `root`.

        `act` runs an action and shows the user its error if it fails.
        """
        super().__init__()
        self._root = root
        self._act = act
        self._items: list[Trashed] = []

    def compose(self) -> ComposeResult:
        yield ChoiceList(markup=False)

    def on_mount(self) -> None:
        self._list()

    def on_resize(self) -> None:
        self.call_after_refresh(self._list)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_restore()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("restore", "empty"):
            return True if self._items else None
        return super().check_action(action, parameters)

    def action_move(self, action: str) -> None:
        getattr(self.query_one(ChoiceList), f"action_{action}")()

    def action_restore(self) -> None:
        row = self.query_one(ChoiceList).highlighted
        if row is not None and row < len(self._items):
            item = self._items[row]
            if self._act(lambda: trash.restore(self._root, item)):
                self.notify(formats.printable(f"{item.name} is back in the list."), markup=False)
            self._list()

    def action_empty(self) -> None:
        items = self._items
        amount = describe_amount([item.path for item in items], sum(item.size for item in items))
        question = f"Delete {amount} for good? Nothing brings them back."
        self.app.push_screen(
            ConfirmDialog("Empty the trash", question, "Delete for good", "Keep", is_final=True),
            lambda is_sure: self._empty(items) if is_sure else None,
        )

    def _empty(self, items: list[Trashed]) -> None:
        self._act(lambda: trash.empty(items))
        self._list()

    def _list(self) -> None:
        items = trash.list_trash(self._root)
        box = self.query_one(ChoiceList)
        width = max(8, min(76, self.size.width) - 4 - _AFTER_NAME)
        row = box.highlighted or 0
        self._items = items
        box.clear_options()
        box.add_options([_line(item, width) for item in items] or [Content("The trash is empty.")])
        box.highlighted = min(row, max(0, len(items) - 1))
        amount = describe_amount([item.path for item in items], sum(item.size for item in items))
        box.border_title = f"Trash · {amount}" if items else "Trash"
        keys = "[@click=screen.restore]enter restore[/] · [@click=screen.empty]e empty[/] · " if items else ""
        box.border_subtitle = f"{keys}[@click=screen.dismiss]esc close[/]"
        self.refresh_bindings()


def describe_amount(paths: Sequence[Path], size: int) -> str:
    """Describe runs and checkpoints by numbers and size: `2 runs, 3.4 MB`."""
    return f"{describe_number(paths)}, {formats.size(size)}"


def describe_number(paths: Sequence[Path]) -> str:
    """Count runs, sweeps and checkpoints, such as `2 runs and 1 checkpoint`."""
    checkpoints = sum(path.suffix in CHECKPOINT_SUFFIXES and not path.is_dir() for path in paths)
    sweeps = sum(SweepFolder(path).exists() for path in paths)
    numbers = {"run": len(paths) - checkpoints - sweeps, "sweep": sweeps, "checkpoint": checkpoints}
    return " and ".join(
        f"{formats.count(number)} {kind}{'s' * (number != 1)}" for kind, number in numbers.items() if number
    )


def _line(item: Trashed, width: int) -> Content:
    name = formats.shortened(formats.printable(item.name), width)
    gap = " " * (width - cell_len(name))
    return Content(f"{name}{gap}  {formats.size(item.size):>10}  {formats.date(item.time)}")
