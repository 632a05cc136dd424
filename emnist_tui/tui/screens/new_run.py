"""Form for a new run."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, VerticalScroll
from textual.widgets import Input, Label, Static

from emnist_tui.runs.config import TrainConfig, explain_bad_run_name, explain_bad_value
from emnist_tui.runs.data_paths import SOURCES, data_root, has_digits
from emnist_tui.runs.dead_seeds import DeadSeeds
from emnist_tui.runs.digit_files import explain_bad_source
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.models import explain_bad_model, names_file, resolve_model
from emnist_tui.runs.user_paths import pasted_path
from emnist_tui.tui.screens.dialog import Form

_HINTS = {
    "name": "blank: next free number",
    "data": "auto, emnist, synthetic or a path",
    "model": "1,138 parameters",
    "epochs": "passes over the training images",
    "batch_size": "images per training step",
    "learning_rate": "Adam's step size",
    "seed": "initial weights and batch order",
    "device": "auto, cpu or cuda",
    "threads": "blank: automatic (1)",
    "validation": "training images held out",
}

_DECIDE_DEATH = ("data", "model", "batch_size", "learning_rate", "seed", "validation")
"""Fields that decide whether the filters die."""

_FOOT = (
    "[@click=screen.start]enter start[/] · tab next · [@click=screen.recipe]ctrl+r defaults[/]"
    " · [@click=screen.cancel]esc cancel[/]"
)


@dataclass(frozen=True)
class NewRun:
    """Name and configuration entered in the form."""

    name: str | None
    config: TrainConfig


class NewRunDialog(Form[NewRun | None]):
    """Form whose fields are checked as they are edited.

    It is filled in with the values of the last run or the documented recipe. Enter starts from any field.
    """

    DEFAULT_CSS = """
    NewRunDialog {
        VerticalScroll {
            width: 80;
            padding: 0 1;
        }
        Grid {
            grid-size: 3;
            grid-columns: 14 18 1fr;
            grid-rows: auto;
            grid-gutter: 0 1;
            height: auto;
        }
        Label { text-align: right; width: 100%; color: $text-muted; }
        Input { width: 100%; }
        Static { color: $text-muted; }
        Static.-bad { color: $text-error; }
        Static.-doubtful { color: $text-warning; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("down", "app.focus_next", "Next field", show=False),
        Binding("up", "app.focus_previous", "Previous field", show=False),
        Binding("ctrl+r", "recipe", "Defaults", show=False),
    ]
    AUTO_FOCUS = "#epochs"
    FIELDS = tuple(_HINTS)

    def __init__(self, root: Path, config: TrainConfig, dead_seeds: DeadSeeds | None = None) -> None:
        """Offer the values of `config`, but none of the dead seeds."""
        super().__init__()
        self._root = root
        self._dead_seeds = dead_seeds or DeadSeeds(root)
        self._dead_seeds.refresh()
        self._config = self._dead_seeds.alive(config)

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False) as box:
            box.border_title = "New run"
            box.border_subtitle = _FOOT
            with Grid():
                values = {"name": "", **self._config.to_json()}
                for name in _HINTS:
                    value = values[name]
                    yield Label(name.replace("_", " "))
                    yield Input("" if value is None else str(value), id=name, compact=True, select_on_focus=True)
                    yield Static(_HINTS[name], id=f"{name}-hint", markup=False)

    def hint(self, name: str) -> str:
        return _HINTS[name]

    def field_changed(self, name: str) -> None:
        """Warn of a seed whose filters died with the same recipe."""
        if name in _DECIDE_DEATH and not self.problem("seed"):
            warning = self._warn_dead()
            self.show_hint("seed", warning or _HINTS["seed"], "-doubtful" if warning else "")

    def _warn_dead(self) -> str | None:
        """Return a warning if the seed died with this recipe before."""
        try:
            config = self._filled_in()
        except UsageError:  # of a field that is not finished
            return None
        run = self._dead_seeds.run_of(config)
        return f"died in {run}; try {self._dead_seeds.next_alive(config).seed}" if run else None

    def on_input_submitted(self) -> None:
        self.action_start()

    def action_start(self) -> None:
        if self.is_acceptable():
            self.dismiss(NewRun(self.text("name") or None, self._filled_in(*_HINTS)))

    def _filled_in(self, *names: str) -> TrainConfig:
        """Return the configuration with the values of some fields.

        By default they are those that decide whether filters die.
        """
        values: dict[str, Any] = {name: self._value(name) for name in names or _DECIDE_DEATH if name != "name"}
        return replace(self._config, **values)

    def action_recipe(self) -> None:
        """Fill in the documented recipe."""
        self._config = TrainConfig()
        for name, value in self._config.to_json().items():
            if name not in _HINTS:  # set in the settings file, or on the command line
                continue
            self.query_one(f"#{name}", Input).value = "" if value is None else str(value)

    def action_cancel(self) -> None:
        self.dismiss(None)

    def _value(self, name: str) -> str | int | float | None:
        text = self.text(name)
        if name == "data" and text and text not in SOURCES:
            return str(pasted_path(text).absolute())
        if name == "model" and names_file(text) and not explain_bad_model(text):
            return resolve_model(text)
        if name in ("data", "model", "device"):
            return text
        if name == "threads" and not text:
            return None
        try:
            return float(text) if name == "learning_rate" else int(text.replace(",", ""))
        except ValueError:
            return text

    def problem(self, name: str) -> str | None:
        if name == "name":
            text = self.text(name)
            if not text:
                return None
            exists = RunFolder(self._root / text).exists
            return explain_bad_run_name(text) or ("already exists; choose another" if exists() else None)
        if name == "data":
            return _explain_bad_data(self.text(name))
        if name == "model" and names_file(self.text(name)):
            return explain_bad_model(self.text(name))
        return explain_bad_value(name, self._value(name))


def _explain_bad_data(text: str) -> str | None:
    """Explain why a text names no data, if it does not."""
    try:
        if text == "emnist" and not has_digits(data_root()):
            return "the EMNIST digits are not installed"
        if text in SOURCES or not text:
            return explain_bad_value("data", text)
        return explain_bad_source(pasted_path(text))
    except UsageError as error:
        return str(error)
