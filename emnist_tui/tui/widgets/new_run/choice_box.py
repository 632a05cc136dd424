"""Select box: an input with a menu of values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual.events import Key, MouseDown, Paste
from textual.message import Message
from textual.widgets import Input
from textual.widgets.input import Selection

_MOVES = {"left": -1, "right": 1}
_OPENS = ("alt+down", "f4")  # as in other programs


@dataclass(frozen=True)
class Choice:
    """A value that can be chosen, and facts about it."""

    value: str
    numbers: tuple[str, ...] = ()
    """Short facts, right-aligned."""
    words: str = ""


class ChoiceBox(Input):
    """Compact input with a menu of choices.

    Space opens the menu, as do alt+down and F4. In a closed box left and right step through the choices, and letters
    choose the one that begins with them; an open one takes any text, and space is text as soon as some was typed.
    """

    @dataclass
    class MenuRequested(Message):
        """Request to show the choices."""

        box: "ChoiceBox"

    def __init__(
        self, field: str, value: str, choices: Callable[[], Sequence[Choice]], *, is_open: bool = False
    ) -> None:
        """Make the box `#field`; `choices` is called when needed."""
        super().__init__(value, id=field, select_on_focus=True, validate_on=())
        self.choices = choices
        self._is_open = is_open
        self._typed = ""
        """Letters typed into a closed box that the value begins with."""
        if not is_open:
            self.set_reactive(ChoiceBox.cursor_blink, False)

    def on_resize(self) -> None:
        """Show the end of a long value, such as a path."""
        if not self.has_focus:
            self.scroll_to(x=self.max_scroll_x, animate=False)

    def on_focus(self) -> None:
        self._typed = ""

    def on_key(self, event: Key) -> None:
        """Choose by key, unless the key is text of an open box."""
        if event.key in _OPENS or (event.key == "space" and (not self._is_open or self._is_untouched)):
            self.show_menu()
        elif not self._is_open and event.key in _MOVES:
            self._step(_MOVES[event.key])
        elif not self._is_open and event.is_printable:
            self._type(event.character or "")
        else:
            return
        event.stop()
        event.prevent_default()

    def on_paste(self, event: Paste) -> None:
        """Choose the pasted value of a closed box."""
        if not self._is_open:
            event.stop()
            event.prevent_default()
            self.choose(event.text.strip() if event.text.strip() in self._values else None)

    def on_mouse_down(self, event: MouseDown) -> None:
        """Open the menu of a closed box."""
        if not self._is_open:
            event.prevent_default()
            self.show_menu()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Refuse to edit the text of a closed box."""
        is_edit = action.startswith(("delete", "cursor", "select", "home", "end", "cut", "paste"))
        return (self._is_open or not is_edit) and super().check_action(action, parameters)

    def show_menu(self) -> None:
        """Take the focus and ask for the menu."""
        self.focus()
        self.screen.post_message(self.MenuRequested(self))  # a message from the row would stop there

    @property
    def _values(self) -> list[str]:
        return [choice.value for choice in self.choices()]

    @property
    def _is_untouched(self) -> bool:
        """Whether typing would replace the whole text."""
        return not self.value or self.selection == Selection(0, len(self.value))

    def _step(self, step: int) -> None:
        values = self._values
        at = values.index(self.value) if self.value in values else -step
        self.choose(values[max(0, min(at + step, len(values) - 1))])

    def _type(self, character: str) -> None:
        for typed in (self._typed + character, character):
            found = next((value for value in self._values if value.startswith(typed)), None)
            if found:
                self.choose(found)
                self._typed = typed
                return

    def choose(self, value: str | None) -> None:
        """Take a value, unless it is None, and select its text."""
        if value is None:
            return
        self._typed = ""
        self.value = value
        self.selection = Selection(0, len(value))
