"""The smoothed loss and accuracy of several runs, each curve in a colour of its own."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.history import SMOOTHING
from emnist_tui.runs.record import RunFollower
from emnist_tui.tui import formats
from emnist_tui.tui.opened import Opened
from emnist_tui.tui.screens.base import RunScreen
from emnist_tui.tui.widgets.axes import ACCURACY, LOSS
from emnist_tui.tui.widgets.overlay_chart import MOST_CURVES, Curve, OverlayChart, curve_style

_HEADINGS = ("", "run", "state", "step", "loss", "accuracy", "test")
_MOST_NEEDED_FIRST = ("", "run", "test", "loss", "accuracy", "state", "step")
_GAP = 3


class OverlayScreen(RunScreen):
    """Follows the runs as they go on; those that have ended stay as they are."""

    MODE: ClassVar[str] = "runs"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012 - as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", key_display="esc", tooltip="Back to the runs"),
    ]

    def __init__(self, folders: Sequence[RunFolder]) -> None:
        super().__init__()
        self._followers = [RunFollower(folder) for folder in folders[:MOST_CURVES]]
        self._left_out = [formats.printable(folder.name) for folder in folders[MOST_CURVES:]]
        self._legend: list[dict[str, str]] = []
        self._theme = ""

    def compose_body(self) -> ComposeResult:
        yield Static(id="curves-legend", markup=False)
        with Container(id="curves"):
            yield OverlayChart("Loss", LOSS, "the loss of every run, once they train", id="losses")
            yield OverlayChart("Accuracy", ACCURACY, "the accuracy of every run, once they train", id="accuracies")

    def on_mount(self) -> None:
        super().on_mount()
        legend = self.query_one("#curves-legend")
        legend.border_title = Content(f"Runs, mean of {SMOOTHING} batches")
        if self._left_out:
            legend.border_subtitle = Content(f"six at most, left out: {', '.join(self._left_out)}")

    def show_body(self, opened: Opened | None) -> None:  # noqa: ARG002 - it follows its own runs
        has_news = [follower.poll() for follower in self._followers]
        legend = [_facts(number, follower) for number, follower in enumerate(self._followers, 1)]
        if (legend, self.app.theme) != (self._legend, self._theme):
            self._legend, self._theme = legend, self.app.theme
            self._show_legend()
        if any(has_news):
            self._show_curves()

    def on_resize(self, event: Resize) -> None:
        super().on_resize(event)
        self.call_after_refresh(self._show_legend)

    def action_back(self) -> None:
        self.dismiss()

    def _show_curves(self) -> None:
        records = [follower.record for follower in self._followers]
        total = max(record.total_steps for record in records)
        for name, metric in (("#losses", "loss"), ("#accuracies", "accuracy")):
            curves = []
            for record in records:
                history = record.history
                curves.append(Curve(history.steps, history.smoothed(getattr(history, metric))))
            self.query_one(name, OverlayChart).show(curves, total)

    def _show_legend(self) -> None:
        """A line a run, under headings; columns that do not fit are left out whole."""
        if not self._legend:
            return
        widget = self.query_one("#curves-legend", Static)
        widths = {name: max(len(name), *(Text(row[name]).cell_len for row in self._legend)) for name in _HEADINGS}
        shown: list[str] = []
        for name in _MOST_NEEDED_FIRST:
            if sum(widths[column] + _GAP for column in [*shown, name]) - _GAP <= widget.content_size.width:
                shown.append(name)
        columns = [name for name in _HEADINGS if name in shown]
        lines = [Text((" " * _GAP).join(_cell(name, name, widths[name]) for name in columns), "dim")]
        for position, row in enumerate(self._legend):
            line = Text((" " * _GAP).join(_cell(name, row[name], widths[name]) for name in columns))
            line.stylize(curve_style(self.app, position), 0, widths[""])
            lines.append(line)
        widget.update(Text("\n").join(lines))


def _facts(number: int, follower: RunFollower) -> dict[str, str]:
    """The cells of a line by their headings."""
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


def _cell(name: str, text: str, width: int) -> str:
    """Words begin at the left, numbers end at the right."""
    space = " " * (width - Text(text).cell_len)
    return text + space if name in ("", "run", "state") else space + text
