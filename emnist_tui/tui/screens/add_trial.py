"""Form for a trial with values of one's own."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Grid, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Label, Static

from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.sweeps.space import Axis, Point, Value, explain_bad_point_value, parse_value, spell
from emnist_tui.runs.sweeps.spec import SweepSpec
from emnist_tui.text.formats import number, printable
from emnist_tui.tui.screens.dialog import GridForm
from emnist_tui.tui.widgets.sweep.columns import value_text

_FOOT = "[@click=screen.add]enter add[/] · tab next · [@click=screen.cancel]esc cancel[/]"


class AddTrialDialog(GridForm[Point | None]):
    """Form with a field for each varied value."""

    DEFAULT_CSS = """
    AddTrialDialog {
        VerticalScroll {
            width: 72;
            padding: 1 1;
        }
        Grid { grid-columns: 16 1fr; }
    }
    """
    AUTO_FOCUS = "Input"

    def __init__(self, spec: SweepSpec, values: Mapping[str, Value]) -> None:
        """Ask for varied values, filled in with those of a trial."""
        super().__init__()
        self._spec = spec
        self._values = values
        self._axes = {axis.field: axis for axis in spec.axes}

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False) as box:
            box.border_title = "Add a trial"
            box.border_subtitle = _FOOT
            with Grid():
                for field, axis in self._axes.items():
                    yield Label(axis.option)
                    yield Input(self._offered(axis), id=field, compact=True, select_on_focus=True)
                    yield Label("")
                    yield Static(Content(self.hint(field)), id=f"{field}-hint")

    def _offered(self, axis: Axis) -> str:
        default: Value = axis.values[0] if axis.values else axis.low
        return value_text(axis, self._values[axis.field]) if axis.field in self._values else spell(default)

    def on_input_submitted(self) -> None:
        self.action_add()

    def action_add(self) -> None:
        bad = next((name for name in self._axes if self.problem(name)), None)
        if bad is not None:
            self.query_one(f"#{bad}", Input).focus()
            self.app.bell()
            return
        point = {name: parse_value(name, self.text(name)) for name in self._axes}
        try:
            self._spec.config_of(point)
        except UsageError as error:
            self.show_hint(next(iter(point)), str(error), "-bad")
            self.app.bell()
            return
        self.dismiss(point)

    def action_cancel(self) -> None:
        self.dismiss(None)

    def problem(self, name: str) -> str | None:
        if not self.text(name):
            return "write a value"
        return explain_bad_point_value(name, parse_value(name, self.text(name)))

    def hint(self, name: str) -> str:
        axis = self._axes[name]
        if axis.values:
            return printable(f"the sweep chooses from {axis.describe().replace(',', ', ')}")
        return f"the sweep searches {number(axis.low)} to {number(axis.high)}{', by logarithm' * axis.is_log}"
