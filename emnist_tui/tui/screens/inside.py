"""Screen 5, Inside: every value of the network for one digit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray
from textual.binding import BindingType

from emnist_tui.text.formats import printable
from emnist_tui.tui.keymap import bind, keymap_of
from emnist_tui.tui.own_networks import networks_of
from emnist_tui.tui.remedies import in_the_app
from emnist_tui.tui.screens.ask_digit import AskDigitDialog
from emnist_tui.tui.screens.inside_base import InsideBase
from emnist_tui.tui.screens.replay_keys import ReplayKeys, explain_no_replay
from emnist_tui.tui.session.digit_finder import DigitFinder
from emnist_tui.tui.session.inside_digit import DigitPlace, digit_of, first_digit
from emnist_tui.tui.session.inside_networks import OpenNetwork
from emnist_tui.tui.session.inside_session import InsideSession

if TYPE_CHECKING:
    from emnist_tui.tui.session.run_session import RunSession
    from emnist_tui.tui.widgets.network.messages import FrameChosen


class InsideScreen(ReplayKeys, InsideBase):
    """Network of the open run or checkpoint, live while it trains."""

    MODE: ClassVar[str] = "inside"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("digit", "ask_digit", "Digit", tooltip="Another digit: an index, a split and an index, or a picture"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._opened: RunSession | None = None
        self._finder: DigitFinder | None = None
        self._taken: object = None
        """Mistake that was last taken from the other screens."""

    def on_unmount(self) -> None:
        self._close()

    def show_body(self, opened: RunSession | None) -> None:
        if opened is not self._opened:
            self._open(opened)
        looked_at = opened.review.looked_at if opened else None
        if self.inside and looked_at and looked_at is not self._taken:
            self._taken = looked_at
            self.inside.look_at(digit_of(*looked_at))
        if self.inside and self._finder:
            if found := self._finder.poll():
                self.inside.look_at(found)
            if problem := self._finder.take_problem():
                sentence = printable(in_the_app(problem, keymap_of(self.app)))
                self.notify(sentence, severity="error", timeout=10, markup=False)
        self.show_view()

    def on_frame_chosen(self, message: FrameChosen) -> None:
        if self.replay:
            self.replay.go(message.position)
            self.show_body(self._opened)
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        is_possible = super().check_action(action, parameters)
        is_replay = action.startswith("replay_")
        return None if is_replay and is_possible is False else is_possible  # grayed out, with a reason

    def explain_unavailable(self, action: str) -> str:
        if not action.startswith("replay_"):
            return super().explain_unavailable(action)
        if self.replay is not None and self.replay.is_recorded:
            return "no turn is known yet" if self.replay.is_computing else "this digit turned neither right nor wrong"
        return explain_no_replay(self._opened)

    def action_ask_digit(self) -> None:
        if self.inside:
            self.app.push_screen(AskDigitDialog(self.inside.digit.label.split), self._find)

    @property
    def awaited(self) -> str:
        return (self._finder.status if self._finder else "") or super().awaited

    def explain_empty(self) -> str:
        keys = keymap_of(self.app)
        if self._opened is None:
            return f"No run open: press {keys.label('new')} to train a network or {keys.label('runs')} to open one."
        return super().explain_empty()

    def _open(self, opened: RunSession | None) -> None:
        self._close()
        self._opened = opened
        if opened:
            source = OpenNetwork(opened, self.server, networks_of(self.app).agreed)
            self._finder = DigitFinder(opened, self.server)
            self.inside = InsideSession(source, first_digit(opened) or self._finder.any_digit())
            self.inside.sample = self._sample
            self._taken = opened.review.looked_at
        self.refresh_bindings()

    def _close(self) -> None:
        if self.inside:
            self.inside.close()
        self.close_server()
        self.inside = self._finder = None

    def _find(self, asked: DigitPlace | Path | None) -> None:
        if self._finder and asked is not None:
            self._finder.find(asked)
            self.show_body(self._opened)

    def _sample(self) -> NDArray[np.uint8] | None:
        if self._finder is None:
            return None
        self._finder.ask_for_sample()
        sample = self._finder.sample()
        return sample.images if sample else None
