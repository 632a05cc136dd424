"""Form for the name, the tags and the note of a run."""

from dataclasses import dataclass
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Grid, Vertical
from textual.content import Content
from textual.widgets import Input, Label, Static

from emnist_tui.runs.about import About, explain_bad_note, explain_bad_tags, parse_tags
from emnist_tui.runs.moving import explain_bad_name
from emnist_tui.text.formats import printable
from emnist_tui.tui.screens.dialog import GridForm

_HINTS = {
    "name": "the name of its folder or file",
    "tags": "words, separated by spaces",
    "note": "one line about it",
}
_FOOT = "[@click=screen.save]enter save[/] · tab next · [@click=screen.cancel]esc cancel[/]"


@dataclass(frozen=True)
class Edited:
    """Values that the form was left with."""

    name: str
    tags: tuple[str, ...]
    note: str


class EditRunDialog(GridForm[Edited | None]):
    """Form whose fields are checked as they are edited.

    Enter saves from any field.
    """

    FIELDS = tuple(_HINTS)

    DEFAULT_CSS = """
    EditRunDialog {
        Vertical {
            width: 80;
            padding: 1 1;
        }
        Grid { grid-columns: 6 1fr; }
    }
    """

    def __init__(self, path: Path, about: About | None, *, fixed: str | None = None) -> None:
        """Edit a run, or a checkpoint, whose `about` is None.

        `fixed` says why the name cannot be changed.
        """
        super().__init__()
        self._path = path
        self._about = about
        self._fixed = fixed

    def compose(self) -> ComposeResult:
        about = self._about or About()
        values = {"name": self._path.name, "tags": " ".join(about.tags), "note": about.note.replace("\n", " ")}
        with Vertical() as box:
            box.border_title = "Name, tags and note"
            box.border_subtitle = _FOOT
            with Grid():
                for name, value in values.items():
                    yield Label(name)
                    is_fixed = bool(self._fixed) if name == "name" else self._about is None
                    yield Input(value, id=name, compact=True, select_on_focus=False, disabled=is_fixed)
                    yield Label("")
                    yield Static(Content(printable(self.hint(name))), id=f"{name}-hint")

    def on_input_submitted(self) -> None:
        self.action_save()

    def action_save(self) -> None:
        if self.is_acceptable():
            self.dismiss(Edited(self.text("name"), tuple(parse_tags(self.text("tags"))), self.text("note")))

    def action_cancel(self) -> None:
        self.dismiss(None)

    def hint(self, name: str) -> str:
        if name == "name" and self._fixed:
            return self._fixed
        if name != "name" and self._about is None:
            return "kept in a run's folder, which a checkpoint by itself lacks"
        return _HINTS[name]

    def problem(self, name: str) -> str | None:
        text = self.text(name)
        if self.query_one(f"#{name}", Input).disabled:
            return None
        match name:
            case "name":
                return None if text == self._path.name else explain_bad_name(self._path, text)
            case "tags":
                return explain_bad_tags(text)
        return explain_bad_note(text)
