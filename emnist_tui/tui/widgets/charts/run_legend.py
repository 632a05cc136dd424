"""Legend of an overlay chart: runs whose curves can be hidden."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from emnist_tui.analysis.spread import Spread
from emnist_tui.runs.history import SMOOTHING
from emnist_tui.text import formats
from emnist_tui.tui.session.overlaid import Overlaid
from emnist_tui.tui.widgets.charts.overlay_chart import curve_style

_HEADINGS = ("", "run", "state", "step", "loss", "accuracy", "test")
_MOST_NEEDED_FIRST = ("", "run", "test", "loss", "accuracy", "state", "step")
_GAP = 3
_CURSOR = "▸ "
_SHOWN, _HIDDEN = "━━", "╌╌"


class RunLegend(Widget, can_focus=True):
    """List of one line per run, without columns that do not fit."""

    DEFAULT_CSS = """
    RunLegend {
        height: auto;
        border: round $foreground 25%;
        border-title-color: $foreground;
        border-subtitle-color: $foreground;
    }
    """
    BORDER_TITLE = f"Runs, mean of {SMOOTHING} batches"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, tooltip="Choose the run above"),
        Binding("down,j", "move(1)", "Down", show=False, tooltip="Choose the run below"),
    ]

    class Toggled(Message):
        """The user hid or showed a curve."""

        def __init__(self, hidden: frozenset[int]) -> None:
            """`hidden` are the positions of all hidden curves."""
            super().__init__()
            self.hidden = hidden

    def __init__(self, left_out: Sequence[str]) -> None:
        """Create an empty legend; `left_out` names the runs without a curve."""
        super().__init__()
        self._rows: list[dict[str, str]] = []
        self._chosen = 0
        self._hidden: frozenset[int] = frozenset()
        if left_out:
            self.border_subtitle = Content(formats.printable(f"too many for one chart: {', '.join(left_out)}"))

    def show(self, overlaid: Sequence[Overlaid]) -> None:
        rows = [_facts(each) for each in overlaid]
        if rows != self._rows:
            height_changes = len(rows) != len(self._rows)
            self._rows = rows
            self.refresh(layout=height_changes)

    def toggle(self) -> None:
        """Hide or show the chosen run's curves."""
        self._hidden ^= {self._chosen}
        self.refresh()
        self.post_message(self.Toggled(self._hidden))

    def action_move(self, rows: int) -> None:
        self._chosen = min(max(0, self._chosen + rows), max(0, len(self._rows) - 1))
        self.refresh()

    def on_click(self, event: Click) -> None:
        """Choose the clicked run, and hide or show its curves."""
        offset = event.get_content_offset(self)
        if offset is not None and 0 < offset.y <= len(self._rows):
            self._chosen = offset.y - 1
            self.toggle()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's signature
        return len(self._rows) + 1

    def render(self) -> Text:
        rows = [
            {"": f"{place + 1} {_HIDDEN if place in self._hidden else _SHOWN}", **row}
            for place, row in enumerate(self._rows)
        ]
        widths = {name: max([len(name), *(Text(row[name]).cell_len for row in rows)]) for name in _HEADINGS}
        room = self.content_size.width - len(_CURSOR)
        shown: list[str] = []
        for name in _MOST_NEEDED_FIRST:
            if sum(widths[column] + _GAP for column in [*shown, name]) - _GAP <= room:
                shown.append(name)
        columns = [name for name in _HEADINGS if name in shown]
        lines = [Text(" " * len(_CURSOR)) + _line({name: name for name in columns}, widths)]
        lines[0].stylize("dim")
        for place, row in enumerate(rows):
            line = _line({name: row[name] for name in columns}, widths)
            if place in self._hidden:
                line.stylize("dim")
            else:
                line.stylize(curve_style(self.app, place), 0, widths[""])
            is_chosen = place == self._chosen
            line = Text(_CURSOR if is_chosen else " " * len(_CURSOR)) + line
            if is_chosen:
                line.stylize("bold")
            lines.append(line)
        return Text("\n", no_wrap=True).join(lines)


def _facts(overlaid: Overlaid) -> dict[str, str]:
    """Return the cells of a line by heading, except for the curve's."""
    records = overlaid.records
    losses, accuracies = (
        [getattr(record, name) for record in records] for name in ("current_loss", "current_accuracy")
    )
    tests = [evaluated.accuracy for record in records if (evaluated := record.last_evaluation())]
    if overlaid.is_group:
        tests = [evaluated.accuracy for record in overlaid.finished if (evaluated := record.last_evaluation())]
    return {
        "run": formats.printable(_name(overlaid)),
        "state": _state(overlaid),
        "step": formats.count(max((record.step for record in records), default=0)),
        "loss": formats.loss(_mean(losses)),
        "accuracy": formats.percent(_mean(accuracies)),
        "test": _spread(tests),
    }


def _name(overlaid: Overlaid) -> str:
    """Return the name, for a group with the number of its seeds."""
    if not overlaid.is_group:
        return overlaid.name
    begun = overlaid.begun
    amount = f"{begun} seed{'s' * (begun != 1)}" if begun >= overlaid.total else f"{begun} of {overlaid.total} seeds"
    return f"{overlaid.name} ({amount})"


def _state(overlaid: Overlaid) -> str:
    if not overlaid.folder.exists():
        return "gone"
    if overlaid.is_unread:
        return "reading"
    states = list(dict.fromkeys(str(follower.state) for follower in overlaid.followers))
    if len(states) == 1:
        return states[0]
    finished = len(overlaid.finished)
    return f"{finished} finished" if finished else states[0] if states else "waiting"


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _spread(tests: Sequence[float]) -> str:
    """Format test accuracies: their mean, and the standard deviation of several."""
    if len(tests) < 2:
        return formats.percent(_mean(tests), 2)
    spread = Spread.of(tests)
    return f"{spread.mean * 100:.2f} ± {(spread.sd or 0) * 100:.2f} %"


def _line(cells: dict[str, str], widths: dict[str, int]) -> Text:
    """Join cells, text left-aligned and numbers right-aligned."""
    padded = []
    for name, text in cells.items():
        space = " " * (widths[name] - Text(text).cell_len)
        padded.append(text + space if name in ("", "run", "state") else space + text)
    return Text((" " * _GAP).join(padded))
