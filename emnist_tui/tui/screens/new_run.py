"""Form for a new run."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Static

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.known_runs import KnownRuns
from emnist_tui.runs.models import MODELS
from emnist_tui.runs.recipe import COMPARED, differences, recipe_values
from emnist_tui.runs.schedule import automatic_warmup, course_of
from emnist_tui.text.formats import printable
from emnist_tui.tui.screens.choice_menu import ChoiceMenu
from emnist_tui.tui.screens.dialog import Form
from emnist_tui.tui.widgets.new_run import facts
from emnist_tui.tui.widgets.new_run.choice_box import ChoiceBox
from emnist_tui.tui.widgets.new_run.field_row import FieldRow
from emnist_tui.tui.widgets.new_run.fields import (
    FIELDS,
    OF_CONFIG,
    PAIRS,
    ROWS,
    explain,
    explain_patience,
    initial,
    parse,
    written,
)
from emnist_tui.tui.widgets.new_run.form_body import FormBody
from emnist_tui.tui.widgets.new_run.form_rows import OPEN, form_rows

_TWO_FIELDS = 80  # columns of a terminal in which two fields fit into a row
_FILLED = tuple(name for name in OF_CONFIG if name not in ("model", "data"))
"""Fields that a recipe may fill in."""
_START = "[@click=screen.start]enter start[/]"
_LIST = "[@click=screen.menu]space list[/]"
_OTHERS = "[@click=screen.recipe]ctrl+r recipe[/] · [@click=screen.cancel]esc cancel[/]"
_SWEEP = "[@click=screen.start(True)]ctrl+s sweep[/]"


@dataclass(frozen=True)
class NewRun:
    """Name and configuration entered in the form."""

    name: str | None
    config: TrainConfig
    is_sweep: bool = False
    """Whether a sweep over the configuration was requested instead."""
    seeds: int = 1
    """Runs with consecutive seeds."""


class NewRunDialog(Form[NewRun | None]):
    """Form whose fields are checked as they are edited.

    It is filled in with the values of the last run or the documented recipe. Enter starts from any field.
    """

    DEFAULT_CSS = """
    NewRunDialog {
        VerticalScroll {
            width: 80;
            padding: 0 1;
            scrollbar-size-vertical: 1;
        }
        #differing { margin-top: 1; padding-left: 16; color: $text-muted; }
        #differing.-differs { color: $accent; }
        .-first { margin-top: 1; }
        &.-tiny FieldRow {
            layout: vertical;
            Input, &.-shared Input:first-child, &.-shared Input:last-child { width: 14; margin-left: 16; }
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("down", "app.focus_next", "Next field", show=False),
        Binding("up", "app.focus_previous", "Previous field", show=False),
        Binding("ctrl+r", "recipe", "Recipe", show=False),
        Binding("ctrl+s", "start(True)", "Sweep", show=False),
    ]
    AUTO_FOCUS = "#epochs"
    FIELDS = tuple(FIELDS)

    def __init__(self, root: Path, config: TrainConfig, known_runs: KnownRuns | None = None) -> None:
        """Offer the values of `config`, but none of the dead seeds."""
        super().__init__()
        self._root = root
        self._known = known_runs or KnownRuns(root)
        self._known.refresh()
        self._config = self._known.alive(config)
        self._keep_epochs = self._config.keep_epochs
        self._offered = initial(self._config)
        """Text that each field was last filled in with."""

    def compose(self) -> ComposeResult:
        self.on_resize()
        with FormBody() as box:
            box.border_title = "New run"
            with self.prevent(Input.Changed):  # all are checked at once
                rows = dict.fromkeys(self.rows.values())
            yield from rows
            yield Static(id="differing", markup=False)

    @cached_property
    def rows(self) -> dict[str, FieldRow]:
        """Row of each field."""
        return form_rows(self._offered, self._known)

    def on_resize(self) -> None:
        """Give each field a row of its own in a narrow terminal.

        Textual's breakpoints would style every widget twice.
        """
        self.set_class(self.app.size.width < _TWO_FIELDS, "-tiny")

    def on_descendant_focus(self) -> None:
        """Name the key of the menus where it opens one."""
        keys = (_START, _OTHERS) if self.has_class("-tiny") else (_START, _SWEEP, _OTHERS)
        if isinstance(self.focused, ChoiceBox):
            keys = (_LIST, *keys)
        self.query_one(FormBody).border_subtitle = " · ".join(keys)

    def on_mount(self) -> None:
        self._check(*FIELDS)
        self._follow_schedule()
        self._show_facts()

    def hint(self, name: str) -> str:
        text = self.text(name)
        match name:
            case "model":
                return facts.model_facts(text)[0]
            case "data":
                return facts.data_facts(text, self._known)
            case "device":
                return facts.device_facts(text, self._known)
            case "learning_rate":
                return facts.rate_facts(self._course)
            case "seeds":
                return facts.group_facts(self._filled_in(), parse("seeds", text))
        return FIELDS[name].hint if name in ROWS else ""

    @property
    def _course(self) -> str | None:
        names = ("schedule", "warmup")
        if any(map(self.problem, names)):
            return None
        return course_of(TrainConfig(**{name: parse(name, self.text(name)) for name in names}))

    def problem(self, name: str) -> str | None:
        problem = explain(name, self.text(name), self._root)
        if name == "patience" and not problem and not self.problem("validation"):
            return explain_patience(self.text(name), self.text("validation"))
        return problem

    def show_hint(self, name: str, words: str, look: str = "") -> None:
        """Show words beside an input, or below it with its name."""
        if name in PAIRS and words:
            words = f"{name.replace('_', ' ')} {words}"
        self.rows[name].show(name, words, look)

    def field_changed(self, name: str) -> None:
        if name == "model":
            self._follow_model()
        if name in ("schedule", "warmup"):
            self._follow_schedule()
        if name == "validation":
            self._check("patience")
        if name != "name":
            self._show_facts()

    def _check(self, *names: str) -> None:
        for name in names:
            problem = self.problem(name)
            self.show_hint(name, problem or self.hint(name), "-bad" if problem else "")

    def _follow_model(self) -> None:
        """Fill in the recipe of another model, except for edited fields.

        What the `RECIPE` of the former file named besides gets its first value back.
        """
        model = self.text("model")
        if model in MODELS or not self.problem("model"):
            values = {**self._config.to_json(), **recipe_values(parse("model", model))}
            self._keep_epochs = values["keep_epochs"]
            self._fill({name: values[name] for name in _FILLED if self.text(name) == self._offered[name]})

    def _follow_schedule(self) -> None:
        """Show the warm-up of the schedule, and whether the rate changes."""
        self.query_one("#warmup", Input).placeholder = written(automatic_warmup(self.text("schedule")))
        self._check("learning_rate")

    def _fill(self, values: dict[str, object]) -> None:
        for name, value in values.items():
            self._offered[name] = written(value)
            with self.prevent(Input.Changed):
                self.query_one(f"#{name}", Input).value = self._offered[name]
        self._check(*values)
        self._follow_schedule()

    def _show_facts(self) -> None:
        """Show what is known of the configuration: duration, earlier runs, differences."""
        is_known = not self._is_bad("model")
        summary = facts.model_facts(self.text("model"))[1] if is_known else ""
        self.rows["model"].show_below(summary)
        config = self._filled_in()
        changed = differences(config) if config and is_known else {}
        for name in COMPARED:
            self.rows[name].mark(name, name in changed)
        invalid = [name for name in COMPARED if self._is_bad(name)]
        self._show_comparison(facts.comparison(config, invalid) if config and is_known else "")
        self.query_one("#differing").set_class(bool(changed), "-differs")
        if config and not any(map(self._is_bad, OF_CONFIG)):
            self.show_hint("epochs", facts.estimated(config, self._known) or self.hint("epochs"))
            warning = facts.warning_of_seed(config, self._known)
            self.show_hint("seed", warning or self.hint("seed"), "-doubtful" if warning else "")
            if not self._is_bad("seeds"):
                self.show_hint("seeds", self.hint("seeds"))

    def _show_comparison(self, words: str) -> None:
        """Show what differs from the recipe.

        Only another number of lines needs a new layout.
        """
        differing, text = self.query_one("#differing", Static), Content(printable(words))
        lines = len(text.wrap(max(1, differing.content_size.width)))
        differing.update(text, layout=lines != differing.content_size.height)

    def _is_bad(self, name: str) -> bool:
        return self.rows[name].fields[name].look == "-bad"

    def _filled_in(self) -> TrainConfig | None:
        """Return the configuration, with the recipe's values for invalid fields.

        None if that is none.
        """
        good = [name for name in OF_CONFIG if not self._is_bad(name)]
        try:
            values = {name: parse(name, self.text(name)) for name in good}
            recipe = recipe_values(values.get("model", ""))
            return TrainConfig(**{**recipe, "keep_epochs": self._keep_epochs, **values})
        except UsageError:
            return None

    def on_choice_box_menu_requested(self, event: ChoiceBox.MenuRequested) -> None:
        box = event.box
        menu = ChoiceMenu(box.choices(), box.value, box, OPEN.get(box.id or "", ""))
        self.app.push_screen(menu, box.choose)

    def on_input_submitted(self) -> None:
        self.action_start()

    def action_start(self, is_sweep: bool = False) -> None:
        if self.is_acceptable() and (config := self._filled_in()):
            self.dismiss(NewRun(self.text("name") or None, config, is_sweep, parse("seeds", self.text("seeds"))))

    def action_menu(self) -> None:
        """Show the menu of the focused select box."""
        if isinstance(self.focused, ChoiceBox):
            self.focused.show_menu()

    def action_recipe(self) -> None:
        """Fill in the recipe of the model."""
        try:
            recipe = recipe_values(parse("model", self.text("model")))
        except UsageError:  # of a model that is not there
            recipe = {}
        values = {**TrainConfig().to_json(), **recipe}
        self._keep_epochs = recipe.get("keep_epochs", self._keep_epochs)
        self._fill({name: values[name] for name in _FILLED if name in COMPARED or name in recipe})
        self._show_facts()

    def action_cancel(self) -> None:
        self.dismiss(None)
