"""Dialog that asks for the learning rate of a run that trains."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Label, Static

from emnist_tui.runs.config import TrainConfig, parse_learning_rate
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.schedule import course_of
from emnist_tui.text.formats import exact, number, printable
from emnist_tui.tui.screens.dialog import Dialog

_FOOT = "[@click=screen.set]enter set[/] · [@click=screen.cancel]esc cancel[/]"


class LearningRateDialog(Dialog[float | None]):
    """Question for a learning rate; the answer is valid."""

    DEFAULT_CSS = """
    LearningRateDialog {
        Vertical {
            width: 62;
        }
        Horizontal { height: 1; margin: 1 0; }
        Label { margin-right: 1; }
        Input { width: 16; }
        #effect { color: $text-muted; }
        #effect.-bad { color: $text-error; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel")]

    def __init__(self, name: str, config: TrainConfig, rate: float) -> None:
        """Ask about the run `name`, whose rate is `rate` now."""
        super().__init__()
        self._run = name
        self._course = course_of(config)
        self._rate = rate

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Learning rate"
            box.border_subtitle = _FOOT
            yield Static(Content.assemble((printable(self._run), "bold"), f" {self._describe()}."))
            with Horizontal():
                yield Label("Learning rate from the next batch on:")
                yield Input(
                    exact(self._rate),
                    restrict=r"[-+0-9.eE]*",
                    max_length=24,
                    compact=True,
                    select_on_focus=True,
                    id="rate",
                )
            yield Static(id="effect", markup=False)

    def _describe(self) -> str:
        if self._course is None:
            return f"trains with {number(self._rate)} now"
        return f"has a peak learning rate of {number(self._rate)} now"

    def on_input_changed(self) -> None:
        problem = self._problem
        effect = self.query_one("#effect", Static)
        effect.set_class(problem is not None, "-bad")
        effect.update(problem or self._effect)

    def on_input_submitted(self) -> None:
        self.action_set()

    def action_set(self) -> None:
        if self._problem:
            self.app.bell()
        else:
            self.dismiss(parse_learning_rate(self._text))

    def action_cancel(self) -> None:
        self.dismiss(None)

    @property
    def _text(self) -> str:
        return self.query_one("#rate", Input).value

    @property
    def _problem(self) -> str | None:
        try:
            parse_learning_rate(self._text)
        except UsageError as error:
            return str(error)
        return None

    @property
    def _effect(self) -> str:
        if self._course is None:
            return "It holds until you change it again."
        return f"It is the peak learning rate of the {self._course} schedule."
