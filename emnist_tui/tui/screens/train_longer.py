"""Dialog that asks for how many more epochs a run trains."""

from dataclasses import replace
from math import ceil
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Label, Static

from emnist_tui.runs.config import TrainConfig, explain_bad_value
from emnist_tui.runs.known_runs import KnownRuns
from emnist_tui.runs.schedule import course_of, learning_rate
from emnist_tui.text.formats import count, number, printable
from emnist_tui.tui.screens.dialog import Dialog
from emnist_tui.tui.targets import Target
from emnist_tui.tui.widgets.new_run.facts import estimated

_DIGITS = 2  # significant, of a rate
_STEPS = 1000  # of an epoch; the rate hardly depends on their number
_FOOT = "[@click=screen.start]enter train[/] · [@click=screen.cancel]esc cancel[/]"


class TrainLongerDialog(Dialog[int | None]):
    """Question for more epochs; the answer is the new total."""

    DEFAULT_CSS = """
    TrainLongerDialog {
        Vertical {
            width: 58;
        }
        Horizontal { height: 1; margin: 1 0; }
        Label { margin-right: 1; }
        Input { width: 8; }
        #total, #time { color: $text-muted; }
        #course { color: $text-muted; margin-top: 1; }
        #total.-bad { color: $text-error; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel")]

    def __init__(self, target: Target, config: TrainConfig, known: KnownRuns) -> None:
        """Ask about a run, planned for the epochs of `config`.

        One that stopped early trains on from the epoch it reached, and to the end. The `known` runs tell how long that
        takes.
        """
        super().__init__()
        known.refresh()
        self._known = known
        self._target = target
        self._config = config
        self._early = target.stopped_early
        self._reached = self._early.epoch if self._early else config.epochs

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Train longer"
            box.border_subtitle = _FOOT
            yield Static(Content.assemble((printable(self._target.path.name), "bold"), f" {self._describe()}."))
            with Horizontal():
                yield Label("How many more epochs?")
                yield Input(
                    str(self._reached), restrict=r"[0-9]*", max_length=5, compact=True, select_on_focus=True, id="more"
                )
            yield Static(id="total", markup=False)
            if self._estimated(self._config.epochs):
                yield Static(id="time", markup=False)
            if course_of(self._config):
                yield Static(id="course", markup=False)

    def _describe(self) -> str:
        if self._early:
            return f"stopped {self._early.reason}; it trains on without patience"
        return f"has {_epochs(self._reached)} planned"

    def _estimated(self, epochs: float) -> str:
        """Say how long epochs take; empty if nothing tells."""
        patience = 0 if self._early else self._config.patience
        words = estimated(replace(self._config, epochs=max(1, ceil(epochs)), patience=patience), self._known)
        return f"That takes {words}." if words else ""

    def _describe_course(self) -> str:
        """Say what the learning rate becomes at the last checkpoint."""
        follows = f"The rate then follows the {course_of(self._config)} schedule of {_epochs(self._total)}"
        if self._target.epochs_saved is None:
            return f"{follows}."
        before, after = (self._rate(epochs) for epochs in (self._config.epochs, self._total))
        if number(before, _DIGITS) == number(after, _DIGITS):
            return f"{follows}."
        return f"{follows}: it continues at {number(after, _DIGITS)}."

    def _rate(self, epochs: int) -> float:
        """Return the rate at the last checkpoint of a run of `epochs`."""
        highest = self._target.learning_rate or self._config.learning_rate
        step = min(round((self._target.epochs_saved or 0) * _STEPS), epochs * _STEPS - 1)
        return learning_rate(replace(self._config, learning_rate=highest), step, epochs * _STEPS)

    def on_input_changed(self) -> None:
        problem = self._problem
        total = self.query_one("#total", Static)
        total.set_class(problem is not None, "-bad")
        total.update(problem or f"It trains on from its last checkpoint until epoch {count(self._total)}.")
        if not problem:
            for time in self.query("#time").results(Static):
                time.update(printable(self._estimated(self._left)))
            for course in self.query("#course").results(Static):
                course.update(self._describe_course())

    def on_input_submitted(self) -> None:
        self.action_start()

    def action_start(self) -> None:
        if self._problem:
            self.app.bell()
        else:
            self.dismiss(self._total)

    def action_cancel(self) -> None:
        self.dismiss(None)

    @property
    def _more(self) -> int:
        return int(self.query_one("#more", Input).value or 0)

    @property
    def _total(self) -> int:
        return self._reached + self._more

    @property
    def _left(self) -> float:
        """Epochs that are left to train."""
        saved = self._target.epochs_saved
        return self._more if saved is None else max(0.0, self._total - saved)

    @property
    def _problem(self) -> str | None:
        if not self._more:
            return "Write a number of epochs, 1 or more."
        problem = explain_bad_value("epochs", self._total)
        return f"Their sum {problem}." if problem else None


def _epochs(number: int) -> str:
    return f"{count(number)} epoch{'s' * (number != 1)}"
