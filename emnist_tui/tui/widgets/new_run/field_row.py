"""Row of a form: one field, or two side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.content import Content
from textual.events import Click
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Input

from emnist_tui.text.formats import printable
from emnist_tui.tui.widgets.new_run.choice_box import ChoiceBox

_LABEL = 16  # cells before an input, as in the style sheet
_ARROW = 2  # cells
_SHARED = 37  # cells of a field that shares its row
_NARROW = "-tiny"  # class of a screen on which no fields share a row
_LOOKS = {"": "", "-bad": "$text-error", "-doubtful": "$text-warning"}


@dataclass
class RowField:
    """An input and what is drawn around it."""

    input: Input
    unit: str = ""
    words: str = ""
    """Printable words about the value."""
    look: str = ""
    """Look of the words: `-bad`, `-doubtful` or empty."""
    differs: bool = False
    """Whether the label is marked."""

    @property
    def name(self) -> str:
        return self.input.id or ""

    @property
    def label(self) -> Content:
        text = f"{self.name.replace('_', ' '):>{_LABEL - 1}} "
        return Content.styled(text, "$accent") if self.differs else Content(text)

    @property
    def arrow(self) -> Content:
        text = ("▾" if isinstance(self.input, ChoiceBox) else "").ljust(_ARROW)
        return Content.styled(text, "$accent") if self.input.has_focus else Content(text)

    def wrapped(self, width: int) -> list[Content]:
        """Break the words into lines."""
        return Content.styled(self.words, _LOOKS[self.look]).wrap(max(1, width)) if self.words else []


class FieldRow(Widget):
    """Inputs in a row that draws everything around them.

    A widget for each label and hint would triple the time to open the form.
    """

    DEFAULT_CSS = """
    FieldRow {
        height: auto;
        color: $text-muted;
        text-wrap: nowrap;
        layout: horizontal;
        Input {
            width: 18;
            height: 1;
            margin-left: 16;
            padding: 0;
            border: none;
            &:focus { border: none; }
        }
        &.-shared Input { width: 10; }
        &.-shared Input:last-child { margin-left: 27; }
        &.-shared Input:first-child { margin-left: 16; }
    }
    """

    def __init__(self, *fields: RowField, is_shared: bool = False) -> None:
        """Show words beside a single field, below fields that share a row."""
        super().__init__(classes="-shared" if is_shared else "")
        self.fields = {field.name: field for field in fields}
        self._is_shared = is_shared
        self._below = ""
        self._reserved = 1

    def compose(self) -> ComposeResult:
        for field in self.fields.values():
            yield field.input

    def reserve(self, lines: int) -> None:
        """Keep room for more lines of words beside a single field."""
        self._reserved = lines

    def show(self, name: str, words: str, look: str = "") -> None:
        """Show words about a field."""
        field, words = self.fields[name], printable(words)
        if (field.words, field.look) != (words, look):
            field.words, field.look = words, look
            self._refresh_lines()

    def mark(self, name: str, differs: bool) -> None:
        """Mark the label of a field, or not."""
        field = self.fields[name]
        if field.differs != differs:
            field.differs = differs
            self.refresh()

    def show_below(self, words: str) -> None:
        """Show words under a field."""
        if words != self._below:
            self._below = words
            self._refresh_lines()

    def _refresh_lines(self) -> None:
        """Draw again, with a layout for another number of lines."""
        self.refresh(layout=len(self._lines(self.size.width)) != self.size.height)
        self._keep_in_sight()

    def on_descendant_blur(self) -> None:
        self.refresh()

    def on_descendant_focus(self) -> None:
        self.refresh()
        self._keep_in_sight()

    def on_resize(self) -> None:
        self._keep_in_sight()

    def _keep_in_sight(self) -> None:
        """Scroll to all words about a focused field, once laid out."""
        if self.has_focus_within:
            self.call_after_refresh(self.scroll_visible, animate=False)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        del container, viewport
        return len(self._lines(width))

    def render(self) -> Content:
        return Content("\n").join(self._lines(self.size.width))

    def on_click(self, event: Click) -> None:
        """Open a clicked arrow's menu, or focus a clicked label's input."""
        at = event.screen_offset
        for field in self.fields.values():
            box = field.input.region
            if at.y == box.y and box.x - _LABEL <= at.x < box.right + _ARROW:
                if at.x >= box.right and isinstance(field.input, ChoiceBox):
                    field.input.show_menu()
                else:
                    field.input.focus()

    def _lines(self, width: int) -> list[Content]:
        return [*(self._shared_lines(width) if self._is_shared else self._single_lines(width))]

    def _single_lines(self, width: int) -> Iterator[Content]:
        (field,) = self.fields.values()
        gap = self._input_width(18)
        margin = _LABEL + gap + _ARROW
        lines = field.wrapped(width - margin)
        first, *others = [*lines, *[Content()] * (max(1, self._reserved) - len(lines))]
        yield Content.assemble(field.label, " " * gap, field.arrow, first)
        yield from (line.pad_left(margin) for line in others)
        if self._below:
            yield from (line.pad_left(_LABEL) for line in Content(self._below).wrap(max(1, width - _LABEL)))

    def _shared_lines(self, width: int) -> Iterator[Content]:
        """Draw the fields, then what is wrong with them."""
        gap = self._input_width(10)
        parts = [Content.assemble(field.label, " " * gap, field.arrow, field.unit) for field in self.fields.values()]
        if self.screen.has_class(_NARROW):
            yield from parts
        else:
            yield side_by_side(parts)
        for field in self.fields.values():
            yield from (line.pad_left(_LABEL) for line in field.wrapped(width - _LABEL))

    def _input_width(self, usual: int) -> int:
        return 14 if self.screen.has_class(_NARROW) else usual


def side_by_side(parts: Sequence[Content]) -> Content:
    """Join fields; a long unit takes blanks before the next label."""
    line = Content()
    for number, part in enumerate(parts):
        excess = line.cell_length - number * _SHARED
        line = Content.assemble(line.pad_right(max(0, -excess)), part[max(0, excess) :])
    return line
