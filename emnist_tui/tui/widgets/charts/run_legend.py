"""Legend of an overlay chart: each run's state and current metrics."""

from collections.abc import Sequence

from rich.text import Text
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from emnist_tui.runs.follower import RunFollower
from emnist_tui.runs.history import SMOOTHING
from emnist_tui.text import formats
from emnist_tui.tui.widgets.charts.overlay_chart import curve_style

_HEADINGS = ("", "run", "state", "step", "loss", "accuracy", "test")
_MOST_NEEDED_FIRST = ("", "run", "test", "loss", "accuracy", "state", "step")
_GAP = 3


class RunLegend(Widget):
    """Table of one line per run, without columns that do not fit."""

    DEFAULT_CSS = """
    RunLegend {
        height: auto;
        border: round $foreground 25%;
        border-title-color: $foreground;
        border-subtitle-color: $foreground;
        padding: 0 1;
    }
    """
    BORDER_TITLE = f"Runs, mean of {SMOOTHING} batches"

    def __init__(self, left_out: Sequence[str]) -> None:
        """Create an empty legend; `left_out` names the runs without a curve."""
        super().__init__()
        self._rows: list[dict[str, str]] = []
        if left_out:
            self.border_subtitle = Content(formats.printable(f"too many for one chart: {', '.join(left_out)}"))

    def show(self, followers: Sequence[RunFollower]) -> None:
        rows = [_facts(number, follower) for number, follower in enumerate(followers, 1)]
        if rows != self._rows:
            self._rows = rows
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's signature
        return len(self._rows) + 1

    def render(self) -> Text:
        widths = {name: max([len(name), *(Text(row[name]).cell_len for row in self._rows)]) for name in _HEADINGS}
        shown: list[str] = []
        for name in _MOST_NEEDED_FIRST:
            if sum(widths[column] + _GAP for column in [*shown, name]) - _GAP <= self.content_size.width:
                shown.append(name)
        columns = [name for name in _HEADINGS if name in shown]
        lines = [_line({name: name for name in columns}, widths)]
        lines[0].stylize("dim")
        for position, row in enumerate(self._rows):
            line = _line({name: row[name] for name in columns}, widths)
            line.stylize(curve_style(self.app, position), 0, widths[""])
            lines.append(line)
        return Text("\n", no_wrap=True).join(lines)


def _facts(number: int, follower: RunFollower) -> dict[str, str]:
    """Return the cells of a line by heading."""
    record, folder = follower.record, follower.folder
    evaluated = record.last_evaluation()
    return {
        "": f"{number} ━━",
        "run": formats.printable(folder.name),
        "state": str(follower.state) if folder.exists() else "gone",
        "step": formats.count(record.step),
        "loss": formats.loss(record.current_loss),
        "accuracy": formats.percent(record.current_accuracy),
        "test": formats.percent(evaluated.accuracy if evaluated else None, 2),
    }


def _line(cells: dict[str, str], widths: dict[str, int]) -> Text:
    """Join cells, text left-aligned and numbers right-aligned."""
    padded = []
    for name, text in cells.items():
        space = " " * (widths[name] - Text(text).cell_len)
        padded.append(text + space if name in ("", "run", "state") else space + text)
    return Text((" " * _GAP).join(padded))
