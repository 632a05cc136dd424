"""Form for a new sweep over a configuration."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Grid
from textual.content import Content
from textual.widgets import Input, Label, Static

from emnist_tui.runs.config import TrainConfig, explain_bad_run_name, explain_bad_value
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.sweeps.folder import SweepFolder, claim_sweep
from emnist_tui.runs.sweeps.space import Axis
from emnist_tui.runs.sweeps.spec import MOST_TRIALS, PRUNERS, SAMPLERS, SweepSpec
from emnist_tui.text.formats import count, printable
from emnist_tui.tui.keymap import keymap_of
from emnist_tui.tui.remedies import in_the_app
from emnist_tui.tui.screens.dialog import GridForm
from emnist_tui.tui.widgets.new_run.form_body import FormBody

_FOOT = "[@click=screen.create]enter create[/] · tab next · [@click=screen.cancel]esc cancel[/]"
_MOST_WORKERS = 64
_HINTS = {
    "name": "the name of its folder",
    "vary": "values or ranges of options of train, separated by spaces",
    "validation": "images held out, whose accuracy compares the trials",
    "sampler": "tpe learns from the trials before; random; or grid, every combination",
    "pruner": "asha ends trials early that fall behind; none trains all",
    "trials": "of a grid, its combinations",
    "workers": "processes that begin to train here; 0 for none yet",
}
_VALIDATION = 5_000  # images held out unless the configuration says otherwise


@dataclass(frozen=True)
class NewSweep:
    """Sweep that was created, and workers to start here."""

    folder: SweepFolder
    workers: int


class NewSweepDialog(GridForm[NewSweep | None]):
    """Form whose fields are checked as they are edited.

    Enter creates the sweep from any field.
    """

    FIELDS = tuple(_HINTS)
    DEFAULT_CSS = """
    NewSweepDialog {
        VerticalScroll {
            width: 80;
            padding: 0 1;
            scrollbar-size-vertical: 1;
        }
        Grid { grid-columns: 11 1fr; }
    }
    """
    AUTO_FOCUS = "#vary"

    def __init__(self, root: Path, name: str | None, config: TrainConfig) -> None:
        """Offer a sweep in `root` over `config`, which its trials share."""
        super().__init__()
        self._root = root
        self._config = config
        self._values = {
            "name": name or _free_name(root),
            "vary": f"learning-rate={config.learning_rate / 10:g}..{config.learning_rate * 10:g}:log",
            "validation": str(config.validation or _VALIDATION),
            "sampler": "tpe",
            "pruner": "asha",
            "trials": "50",
            "workers": "1",
        }

    def compose(self) -> ComposeResult:
        with FormBody() as box:
            box.border_title = "New sweep"
            box.border_subtitle = _FOOT
            with Grid():
                for field, value in self._values.items():
                    yield Label("prune" if field == "pruner" else field)
                    yield Input(value, id=field, compact=True, select_on_focus=False)
                    yield Label("")
                    yield Static(Content(printable(self.hint(field))), id=f"{field}-hint")

    def on_input_submitted(self) -> None:
        self.action_create()

    def action_create(self) -> None:
        if not self.is_acceptable():
            return
        try:
            spec = self._spec()
            folder = claim_sweep(self._root, self.text("name"))
            folder.begin(spec)
        except UsageError as error:
            self._refuse(str(error))
        except OSError as error:
            self._refuse(f"{self._root} cannot be written ({error.strerror}); check its permissions.")
        else:
            self.dismiss(NewSweep(folder, int(self.text("workers"))))

    def action_cancel(self) -> None:
        self.dismiss(None)

    def hint(self, name: str) -> str:
        return _HINTS[name]

    def problem(self, name: str) -> str | None:
        text = self.text(name)
        match name:
            case "name":
                taken = "is taken; choose another" if (self._root / text).exists() else None
                return explain_bad_run_name(text) or taken
            case "vary":
                problem = _explain_bad_axes(text)
                return problem and in_the_app(problem, keymap_of(self.app))
            case "sampler":
                return None if text in SAMPLERS else f"must be {', '.join(SAMPLERS[:-1])} or {SAMPLERS[-1]}"
            case "pruner":
                return None if text in PRUNERS else f"must be {' or '.join(PRUNERS)}"
            case "validation":
                number = int(text) if text.isdecimal() and len(text) < 10 else None
                return explain_bad_value("validation", number) or (None if number else "must be 1 or more")
        low, high = (1, MOST_TRIALS) if name == "trials" else (0, _MOST_WORKERS)
        is_good = text.isdecimal() and len(text) < 10 and low <= int(text) <= high
        return None if is_good else f"must be a whole number, {low} to {count(high)}"

    def _spec(self) -> SweepSpec:
        """Return what the form describes. Raises `UsageError`."""
        return SweepSpec(
            config=replace(self._config, validation=int(self.text("validation"))),
            axes=tuple(map(Axis.parse, self.text("vary").split())),
            sampler=self.text("sampler"),
            pruner=self.text("pruner"),
            trials=int(self.text("trials")),
            seed=0,
            created=time.time(),
        )

    def _refuse(self, sentence: str) -> None:
        """Show why the fields do not fit together."""
        self.show_hint("vary", in_the_app(sentence, keymap_of(self.app)), "-bad")
        self.query_one("#vary", Input).focus()
        self.app.bell()


def _explain_bad_axes(text: str) -> str | None:
    try:
        axes = [Axis.parse(word) for word in text.split()]
    except UsageError as error:
        return str(error)
    return None if axes else "name an option and its values, such as batch-size=32,128"


def _free_name(root: Path) -> str:
    number = 1
    while (root / f"sweep-{number:03d}").exists():
        number += 1
    return f"sweep-{number:03d}"
