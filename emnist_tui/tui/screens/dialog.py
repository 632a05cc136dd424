"""Bases of the dialogs and of the forms among them."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from emnist_tui.text.formats import printable
from emnist_tui.tui.screens.robust import RobustScreen

Result = TypeVar("Result")


class Dialog(ModalScreen[Result], RobustScreen[Result]):
    """Box over the screen below.

    Keys in its border can be clicked, and look like the other words there.
    """

    DEFAULT_CSS = """
    Dialog {
        align: center middle;
        & > Vertical, & > VerticalScroll {
            max-width: 100%;
            height: auto;
            max-height: 100%;
            border: round $accent;
            background: $surface;
            padding: 1 2;
        }
        & > * {
            link-style: none;
            link-color: $accent;
            link-background: transparent;
            link-color-hover: $background;
            link-background-hover: $accent;
        }
    }
    """


class Form(Dialog[Result]):
    """Dialog with inputs that are checked as they are edited.

    An input's hint is the `Static` with the input's id and `-hint`.
    """

    FIELDS: ClassVar[tuple[str, ...]]
    """Ids of the inputs."""

    def problem(self, name: str) -> str | None:
        """Explain why the text of an input is invalid, if it is."""
        raise NotImplementedError

    def hint(self, name: str) -> str:
        """Return the words beside a valid input."""
        raise NotImplementedError

    def field_changed(self, name: str) -> None:
        """Take notice of an edited input, whose hint is up to date."""

    def text(self, name: str) -> str:
        """Return the text of an input without surrounding space."""
        return self.query_one(f"#{name}", Input).value.strip()

    def show_hint(self, name: str, words: str, look: str = "") -> None:
        """Show words beside an input; `look` is `-bad`, `-doubtful` or empty."""
        hint = self.query_one(f"#{name}-hint", Static)
        for each in ("-bad", "-doubtful"):
            hint.set_class(look == each, each)
        hint.update(Content(printable(words)))

    def is_acceptable(self) -> bool:
        """Return whether all inputs are valid.

        Otherwise the first that is not gets the focus.
        """
        bad = next((name for name in self.FIELDS if self.problem(name)), None)
        if bad is not None:
            self.query_one(f"#{bad}", Input).focus()
            self.app.bell()
        return bad is None

    def on_input_changed(self, event: Input.Changed) -> None:
        name = event.input.id or ""
        problem = self.problem(name)
        self.show_hint(name, problem or self.hint(name), "-bad" if problem else "")
        self.field_changed(name)


class GridForm(Form[Result]):
    """Form of labeled inputs, one below the other."""

    DEFAULT_CSS = """
    GridForm {
        Grid {
            grid-size: 2;
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
    ]
