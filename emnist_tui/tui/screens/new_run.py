"""The form of a new run, with the documented recipe filled in."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from emnist_tui.runs.config import TrainConfig, explain_bad_run_name, explain_bad_value
from emnist_tui.runs.folder import RunFolder
from emnist_tui.tui.screens.robust import RobustScreen

_HINTS = {
    "name": "numbered if empty",
    "data": "auto, emnist, synthetic or a path",
    "model": "1,138 parameters",
    "epochs": "passes over the train images",
    "batch_size": "images per step",
    "learning_rate": "of Adam",
    "seed": "of weights and order",
    "device": "auto, cpu or cuda",
    "threads": "chosen if empty",
    "validation": "images held out of train",
}

_FOOT = (
    "[@click=screen.start]enter starts[/] · tab next · [@click=screen.recipe]ctrl+r recipe[/]"
    " · [@click=screen.cancel]esc cancels[/]"
)


@dataclass(frozen=True)
class NewRun:
    """What the form asks for."""

    name: str | None
    config: TrainConfig


class NewRunDialog(ModalScreen[NewRun | None], RobustScreen[NewRun | None]):
    """Enter starts from any field; what is wrong is said beside the field."""

    DEFAULT_CSS = """
    NewRunDialog {
        align: center middle;
        VerticalScroll {
            width: 80;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            border: round $accent;
            background: $surface;
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
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("down", "app.focus_next", "Next field", show=False),
        Binding("up", "app.focus_previous", "Previous field", show=False),
        Binding("ctrl+r", "recipe", "Recipe", show=False),
    ]
    AUTO_FOCUS = "#epochs"

    def __init__(self, root: Path, config: TrainConfig) -> None:
        super().__init__()
        self._root = root
        self._config = config

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False) as box:
            box.border_title = "New run"
            box.border_subtitle = _FOOT
            with Grid():
                for name, value in {"name": "", **self._config.to_json()}.items():
                    yield Label(name.replace("_", " "))
                    yield Input("" if value is None else str(value), id=name, compact=True, select_on_focus=True)
                    yield Static(_HINTS[name], id=f"{name}-hint", markup=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        name = event.input.id or ""
        problem = self._problem(name)
        hint = self.query_one(f"#{name}-hint", Static)
        hint.set_class(problem is not None, "-bad")
        hint.update(Content(problem or _HINTS[name]))

    def on_input_submitted(self) -> None:
        self.action_start()

    def action_start(self) -> None:
        for name in _HINTS:
            if self._problem(name):
                self.query_one(f"#{name}", Input).focus()
                self.app.bell()
                return
        values: dict[str, Any] = {field.name: self._value(field.name) for field in fields(TrainConfig)}
        self.dismiss(NewRun(self._text("name") or None, TrainConfig(**values)))

    def action_recipe(self) -> None:
        """The documented recipe, whatever the last run was like."""
        for name, value in TrainConfig().to_json().items():
            self.query_one(f"#{name}", Input).value = "" if value is None else str(value)

    def action_cancel(self) -> None:
        self.dismiss(None)

    def _text(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value.strip()

    def _value(self, name: str) -> str | int | float | None:
        text = self._text(name)
        if name in ("data", "model", "device"):
            return text
        if name == "threads" and not text:
            return None
        try:
            return float(text) if name == "learning_rate" else int(text.replace(",", ""))
        except ValueError:
            return text

    def _problem(self, name: str) -> str | None:
        if name == "name":
            text = self._text(name)
            problem = explain_bad_run_name(text) if text else None
            return problem or ("exists already" if text and RunFolder(self._root / text).exists() else None)
        return explain_bad_value(name, self._value(name))
