"""Menu of the choices of a select box."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.widget import Widget
from textual.widgets import OptionList

from emnist_tui.text.formats import cut, printable
from emnist_tui.tui.screens.dialog import Dialog
from emnist_tui.tui.widgets.choice_list import ChoiceList
from emnist_tui.tui.widgets.new_run.choice_box import Choice

_FRAME = 2  # cells of border and padding on each side of a line
_WIDEST = 60  # cells of a line
_GAP = "  "


class ChoiceMenu(Dialog[str | None]):
    """List under the box it belongs to; returns the chosen value."""

    DEFAULT_CSS = """
    ChoiceMenu {
        align: left top;
        background: transparent;
        ChoiceList {
            background: $surface;
            width: auto;
            height: auto;
            max-height: 100%;
            max-width: 100%;
            border: round $accent;
            &:focus { background: $surface; }
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("j", "app.simulate_key('down')", "Down", show=False),
        Binding("k", "app.simulate_key('up')", "Up", show=False),
        Binding("space", "app.simulate_key('enter')", "Choose", show=False),
        Binding("tab,shift+tab,left,right", "cancel", "Cancel", show=False),
    ]

    def __init__(self, choices: Sequence[Choice], value: str, box: Widget, other: str = "") -> None:
        """Offer `choices`, of which `value` may be the current one, under `box`.

        `other` says in the frame what else the box takes.
        """
        super().__init__()
        self._choices = choices
        self._value = value
        self._box = box
        self._other = other

    def compose(self) -> ComposeResult:
        options = ChoiceList()
        options.border_subtitle = self._other
        yield options

    def on_mount(self) -> None:
        self._place()
        values = [choice.value for choice in self._choices]
        self.query_one(ChoiceList).highlighted = values.index(self._value) if self._value in values else 0

    def on_resize(self) -> None:
        self.call_after_refresh(self._place)

    def _place(self) -> None:
        """Lay out the list under the box, or else above it."""
        options = self.query_one(ChoiceList)
        room = max(1, min(_WIDEST, self.app.size.width - 2 * _FRAME))
        drawn, highlighted = draw(self._choices, room), options.highlighted
        options.set_options(drawn)
        options.highlighted = highlighted
        lines = [line for choice in drawn for line in choice.split("\n")]
        width, height = min(room, max(line.cell_length for line in lines)) + 2 * _FRAME, len(lines) + 2
        options.styles.width = width
        options.styles.offset = place(self._box.region, width, height, self.app.size)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._choices[event.option_index].value)

    def on_click(self, event: events.Click) -> None:
        """Close on a click beside the list."""
        if not self.query_one(ChoiceList).region.contains_point(event.screen_offset):
            self.action_cancel()

    def action_cancel(self) -> None:
        self.dismiss(None)


def draw(choices: Sequence[Choice], room: int) -> list[Content]:
    """Draw the choices in columns, which a value without numbers may cross.

    Where a line would be wider than `room` cells, the words of each choice are below its value.
    """
    choices = [replace(choice, value=printable(choice.value), words=printable(choice.words)) for choice in choices]
    columns = list(zip(*(choice.numbers for choice in choices), strict=True))
    width = max((cell_len(choice.value) for choice in choices if any(choice.numbers)), default=0)
    widths = [max(map(cell_len, column)) for column in columns]
    heads = []
    for choice in choices:
        numbers = (f"{_GAP}{number:>{wide}}" for number, wide in zip(choice.numbers, widths, strict=True))
        padding = " " * max(0, width - cell_len(choice.value))
        heads.append((choice.value + padding + "".join(numbers)).rstrip())
    across = max(map(cell_len, heads))
    is_wide = any(across + len(_GAP) + cell_len(choice.words) > room for choice in choices)
    return [
        Content.assemble(
            cut(head, room) if is_wide or not choice.words else head + " " * (across - cell_len(head)),
            (("\n" if is_wide else "") + _GAP + (cut(choice.words, room - 2) if is_wide else choice.words), "dim")
            if choice.words
            else "",
        )
        for head, choice in zip(heads, choices, strict=True)
    ]


def place(box: Region, width: int, height: int, screen: Size) -> tuple[int, int]:
    """Return the offset of a menu that belongs to a box.

    Its text begins where that of the box does.
    """
    x = max(0, min(box.x - _FRAME, screen.width - width))
    if box.bottom + height <= screen.height or box.y < height:
        return x, max(0, min(box.bottom, screen.height - height))
    return x, box.y - height
