"""Screen 5, Inside: every value of the network for one digit."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType

from emnist_tui.tui.keymap import bind, keymap_of
from emnist_tui.tui.screens.ask_digit import AskDigitDialog
from emnist_tui.tui.screens.inside_base import InsideBase
from emnist_tui.tui.session.inside_digit import DigitPlace, digit_of, first_digit, shipped_digit
from emnist_tui.tui.session.inside_networks import OpenedNetwork
from emnist_tui.tui.session.inside_session import InsideSession
from emnist_tui.tui.session.run_session import RunSession


class InsideScreen(InsideBase):
    """Network of the open run or checkpoint, live while it trains."""

    MODE: ClassVar[str] = "inside"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("digit", "ask_digit", "Digit", tooltip="Another digit: an index, a split and an index, or a picture"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._opened: RunSession | None = None
        self._taken: object = None
        """Mistake that was last taken from the other screens."""

    def on_unmount(self) -> None:
        if self.inside:
            self.inside.close()

    def show_body(self, opened: RunSession | None) -> None:
        if opened is not self._opened:
            self._open(opened)
        looked_at = opened.review.looked_at if opened else None
        if self.inside and looked_at and looked_at is not self._taken:
            self._taken = looked_at
            self.inside.look_at(digit_of(*looked_at))
        self.show_view()

    def action_ask_digit(self) -> None:
        if self.inside:
            self.app.push_screen(AskDigitDialog(self.inside.digit.label.split), self._look_at)

    def explain_empty(self) -> str:
        keys = keymap_of(self.app)
        if self._opened is None:
            return f"No run open: press {keys.label('new')} to train a network or {keys.label('runs')} to open one."
        return super().explain_empty()

    def _open(self, opened: RunSession | None) -> None:
        if self.inside:
            self.inside.close()
        self._opened = opened
        self.inside = None
        if opened:
            self.inside = InsideSession(OpenedNetwork(opened), first_digit(opened) or shipped_digit())
            self._taken = opened.review.looked_at
        self.refresh_bindings()

    def _look_at(self, asked: DigitPlace | Path | None) -> None:
        if self.inside and asked is not None:
            self.show_view()
