"""Bases of the dialogs: their box, and the checks of a form."""

from pathlib import Path

import pytest
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.geometry import Region, Size
from textual.widgets import Input, Static

from emnist_tui.tui.screens.dialog import Form
from emnist_tui.tui.widgets.message_line import MessageLine
from tests.support.terminal import terminal


class Colors(Form[str]):
    """A form whose second input must be a color."""

    FIELDS = ("name", "color")

    def __init__(self) -> None:
        super().__init__()
        self.changed: list[str] = []

    def compose(self) -> ComposeResult:
        with Vertical():
            for name in self.FIELDS:
                yield Input(id=name)
                yield Static(self.hint(name), id=f"{name}-hint")
            yield Static("a long line\n" * 80)

    def hint(self, name: str) -> str:
        return f"hint of {name}"

    def problem(self, name: str) -> str | None:
        return "must be red" if name == "color" and self.text(name) != "red" else None

    def field_changed(self, name: str) -> None:
        self.changed.append(name)


@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_a_box_takes_at_most_the_room_above_the_messages(tmp_path: Path, size: tuple[int, int]) -> None:
    async with terminal(tmp_path, size=size) as shown:
        form = Colors()
        await shown.app.push_screen(form)
        await shown.settle()
        messages = MessageLine.room(Size(*size)).height
        assert form.query_one(Vertical).region == Region(0, 0, size[0], size[1] - messages - 1)


async def test_a_form_explains_a_bad_value_and_goes_to_it(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        form = Colors()
        await shown.app.push_screen(form)
        await shown.write("x")
        await shown.shows("hint of name")
        assert not form.is_acceptable()
        await shown.until(lambda: form.focused is form.query_one("#color"), "the bad input has the focus")
        await shown.write("re")
        await shown.shows("must be red")
        assert form.query_one("#color-hint").has_class("-bad")
        await shown.write("d ")
        await shown.shows("hint of color")
        assert not form.query_one("#color-hint").has_class("-bad")
        assert form.is_acceptable()
        assert set(form.changed) == {"name", "color"}
