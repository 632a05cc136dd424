"""Accuracy, recall per class and sets of images of a comparison."""

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from emnist_tui.analysis.comparison import Comparison
from emnist_tui.analysis.disagreements import moved
from emnist_tui.analysis.predictions import Evaluation, Integers
from emnist_tui.runs.task import CLASSES
from emnist_tui.text.formats import count, percent, printable
from emnist_tui.tui.widgets.choice_list import ChoiceList

_SIGNIFICANT = 0.05  # p-values below it are unlikely to be chance
_LEAST_SHOWN = 0.0001
_TABLES = (("", "A", "B", "B − A", "fixed", "broken", "images"), ("", "A", "B", "B − A", "fixed", "broken"))
_LONG_NAMES = 36  # columns of a line with the long name of a set


class ImageSet(StrEnum):
    """Sets of images, by short name, that A, B or both misclassify."""

    FIXED = "fixed"
    BROKEN = "broken"
    BOTH_WRONG = "both wrong"
    BOTH_WRONG_DIFFERENTLY = "answers differ"

    @property
    def description(self) -> str:
        """Long name."""
        return {
            ImageSet.FIXED: "fixed: A wrong, B right",
            ImageSet.BROKEN: "broken: A right, B wrong",
            ImageSet.BOTH_WRONG: "both wrong",
            ImageSet.BOTH_WRONG_DIFFERENTLY: "both wrong, different answers",
        }[self]

    def of(self, comparison: Comparison) -> Integers:
        """Return the positions of the images in the split, int64 [images]."""
        match self:
            case ImageSet.FIXED:
                return comparison.fixed
            case ImageSet.BROKEN:
                return comparison.broken
            case ImageSet.BOTH_WRONG:
                return comparison.both_wrong
        return comparison.both_wrong_differently


def describe_cell(comparison: Comparison, true: int, predicted: int) -> str:
    """Describe a cell of the difference, and which images moved."""
    before, after = (int(side.confusion[true, predicted]) for side in (comparison.a, comparison.b))
    name = f"{true} correct" if true == predicted else f"{true} predicted as {predicted}"
    indices = moved(comparison, true, predicted)
    gained = int((comparison.b.predicted[indices] == predicted).sum())
    moves = f" · {count(gained)} new, {count(len(indices) - gained)} gone" if len(indices) else ""
    return f"{name}: A {count(before)}, B {count(after)}{moves}"


def points(change: float, digits: int = 2) -> str:
    """Format a change of a share in percentage points; `0.0021` is `+0.21`."""
    return f"{change * 100:+.{digits}f}" if change else "0"


def likelihood(comparison: Comparison) -> str:
    """Interpret the p-value of a comparison."""
    p = comparison.p_value
    if not len(comparison.fixed) and not len(comparison.broken):
        return "A and B misclassify the same images"
    number = f"p = {p:.3g}" if p >= _LEAST_SHOWN else f"p < {_LEAST_SHOWN}"
    return f"unlikely to be chance: {number}" if p < _SIGNIFICANT else f"the difference could be chance: {number}"


class ComparisonFacts(Widget):
    """Both accuracies with intervals, their difference and its significance."""

    DEFAULT_CSS = """
    ComparisonFacts {
        border: round $foreground 25%;
        border-title-color: $foreground;
        padding: 0 1;
        height: auto;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._comparison: Comparison | None = None
        self._names = ("", "")
        self._models: tuple[str | None, str | None] = (None, None)
        self.border_title = "Compare"

    def show(
        self,
        names: tuple[str, str],
        comparison: Comparison | None,
        models: tuple[str | None, str | None] = (None, None),
    ) -> None:
        """Show a comparison; different models are named where they fit."""
        if (names, models, comparison) == (self._names, self._models, self._comparison):
            return
        self._names, self._models, self._comparison = names, models, comparison
        self._show_title()
        self.refresh(layout=True)

    def on_resize(self) -> None:
        self._show_title()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's signature
        return len(self._lines(width))

    def render(self) -> Text:
        return Text("\n").join(self._lines(self.content_size.width))

    def _show_title(self) -> None:
        """Set the longest title that fits into the border."""
        if self._comparison:
            a = self._comparison.a
            images, data = f"{count(a.images)} images", printable(a.data)
            titles = (f"Accuracy on {data}, {a.split}, {images}", f"Accuracy on {data}, {images}")
            title = next((title for title in titles if len(title) <= self.size.width), f"Accuracy on {images}")
            self.border_title = Content(title)

    def _lines(self, width: int) -> list[Text]:
        """Return both sides, and their difference beside or below them."""
        lines = self._sides(self._named_models())
        if max(line.cell_len for line in lines) > width:
            lines = self._sides(self._names)
        if self._comparison is None:
            return lines
        change = Text(f"B − A  {points(self._comparison.accuracy_change)} points", "bold")
        difference = [change, Text(likelihood(self._comparison))]
        widest = max(line.cell_len for line in lines)
        gap = min(6, width - widest - max(text.cell_len for text in difference))
        if gap >= 2:
            spaces = [" " * (widest - line.cell_len + gap) for line in lines]
            return list(map(Text.assemble, lines, spaces, difference))
        joined = Text("   ").join(difference)
        return [*lines, joined] if joined.cell_len <= width else [*lines, *difference]

    def _named_models(self) -> Sequence[str]:
        """Return the names, with the models where these differ."""
        a, b = self._models
        if not a or not b or a == b:
            return self._names
        return [f"{name} ({model})" for name, model in zip(self._names, (a, b), strict=True)]

    def _sides(self, names: Sequence[str]) -> list[Text]:
        width = max(Text(name).cell_len for name in names)
        sides = (self._comparison.a, self._comparison.b) if self._comparison else ()
        accuracies = [_accuracy(side) for side in sides] or ["", ""]
        return [
            Text.assemble((letter, "dim"), "  ", (name, "bold"), " " * (width - Text(name).cell_len + 2), accuracy)
            for letter, name, accuracy in zip("AB", names, accuracies, strict=True)
        ]


def _accuracy(evaluation: Evaluation) -> str:
    low, high = evaluation.accuracy_interval
    return f"{percent(evaluation.accuracy, 2)}  (95 %: {low * 100:.2f}–{percent(high, 2)})"


class ClassChanges(Widget):
    """Change of every class's recall, with as many other columns as fit."""

    DEFAULT_CSS = """
    ClassChanges {
        border: round $foreground 25%;
        border-title-color: $foreground;
        padding: 0 1;
        height: 1fr;
        min-height: 7;

        & > .changes--better { color: $secondary; }
        & > .changes--worse { color: $warning; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"changes--better", "changes--worse"}
    BORDER_TITLE = "Recall, B − A"

    def __init__(self) -> None:
        super().__init__()
        self._comparison: Comparison | None = None

    def show(self, comparison: Comparison | None) -> None:
        if comparison is not self._comparison:
            self._comparison = comparison
            self.refresh()

    def render(self) -> Table | Text:
        if self._comparison is None:
            return Text("")
        width, height = self.size
        fitting = next((names for names in _TABLES if len(" ".join(name.rjust(5) for name in names)) <= width), None)
        return self._table(fitting) if fitting and height > CLASSES else self._two_columns()

    def _table(self, names: tuple[str, ...]) -> Table:
        assert self._comparison is not None
        table = Table(box=None, padding=(0, 1, 0, 0), expand=True, header_style="dim", show_edge=False)
        for name in names:
            table.add_column(name, justify="right", no_wrap=True)
        for row in self._comparison.per_class:
            shares = [f"{row[key] * 100:.2f}" for key in ("recall_a", "recall_b")]
            counts = [count(row[key]) for key in ("fixed", "broken", "support")]
            cells: list[str | Text] = [str(row["class"]), *shares, self._change(float(row["change"])), *counts]
            table.add_row(*cells[: len(names)])
        return table

    def _two_columns(self) -> Table:
        """Return the changes of classes 0 to 4 beside 5 to 9."""
        assert self._comparison is not None
        grid = Table.grid(padding=(0, 1), expand=True)
        for _ in range(2):
            grid.add_column(style="dim", no_wrap=True)
            grid.add_column(justify="right", no_wrap=True)
            grid.add_column(ratio=1)
        rows = self._comparison.per_class
        half = CLASSES // 2
        for left, right in zip(rows[:half], rows[half:], strict=True):
            pairs = [(str(row["class"]), self._change(float(row["change"]))) for row in (left, right)]
            grid.add_row(*pairs[0], "", *pairs[1])
        return grid

    def _change(self, change: float) -> Text:
        if not change:
            return Text("·", "dim")
        kind = "better" if change > 0 else "worse"
        return Text(points(change), self.get_component_rich_style(f"changes--{kind}"))


class SetList(ChoiceList):
    """List of the sets of images; Enter posts `SetChosen`."""

    DEFAULT_CSS = """
    SetList { height: auto; }
    """
    BORDER_TITLE = "Images"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Digits", tooltip="Show the digits of this set with both predictions")
    ]

    class SetChosen(Message):
        """A set was chosen with Enter or a click."""

        def __init__(self, chosen: ImageSet) -> None:
            super().__init__()
            self.chosen = chosen

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._comparison: Comparison | None = None

    def show(self, comparison: Comparison | None) -> None:
        if comparison is not self._comparison:
            self._comparison = comparison
            self._fill()

    @property
    def chosen(self) -> ImageSet:
        """Set under the cursor."""
        return list(ImageSet)[self.highlighted or 0]

    def on_resize(self) -> None:
        self._fill()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.SetChosen(list(ImageSet)[event.option_index]))

    def _fill(self) -> None:
        highlighted = self.highlighted or 0
        self.clear_options()
        if self._comparison:
            width = self.scrollable_content_region.width
            lines = [_line(each, len(each.of(self._comparison)), width) for each in ImageSet]
            self.add_options([Option(line) for line in lines])
            self.highlighted = highlighted


def _line(images: ImageSet, number: int, width: int) -> str:
    name = images.description if width >= _LONG_NAMES else images.value
    return name + count(number).rjust(max(1, width - len(name)))
