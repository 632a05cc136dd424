"""Screen 5, Inside: every value of the network for one digit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray
from textual.binding import Binding, BindingType

from emnist_tui.text.formats import printable
from emnist_tui.tui.keymap import bind, keymap_of
from emnist_tui.tui.own_networks import networks_of
from emnist_tui.tui.screens.ask_digit import AskDigitDialog
from emnist_tui.tui.screens.inside_base import InsideBase
from emnist_tui.tui.session.digit_finder import DigitFinder
from emnist_tui.tui.session.inside_digit import DigitPlace, digit_of, first_digit
from emnist_tui.tui.session.inside_networks import OpenNetwork
from emnist_tui.tui.session.inside_session import InsideSession
from emnist_tui.tui.session.replay import SPEEDS

if TYPE_CHECKING:
    from emnist_tui.tui.session.run_session import RunSession
    from emnist_tui.tui.widgets.network.messages import FrameChosen

_STEP = Binding.Group("Step")
_REPLAYING = ("step_frame", "play", "turn")


class InsideScreen(InsideBase):
    """Network of the open run or checkpoint, live while it trains."""

    MODE: ClassVar[str] = "inside"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("frame-before", "step_frame(-1)", "Step before", group=_STEP, tooltip="Recorded step before this one"),
        bind("frame-after", "step_frame(1)", "Next step", group=_STEP, tooltip="Next recorded step"),
        bind("play", "play", "Play", tooltip="Play the training; again is faster, then it stops"),
        Binding(
            "left_curly_bracket", "turn(-1)", "Turn before", show=False, tooltip="Where the digit last changed sides"
        ),
        Binding(
            "right_curly_bracket", "turn(1)", "Next turn", show=False, tooltip="Where it next turns right or wrong"
        ),
        Binding("escape", "leave_replay", "Newest", key_display="esc", tooltip="Back to the newest weights"),
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

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in _REPLAYING:
            return True if self._replayed and len(self._replayed.replay.steps) > 1 else None
        if action == "leave_replay":
            return self._replayed is not None and self._replayed.replay.position is not None
        return super().check_action(action, parameters)

    def explain_unavailable(self, action: str) -> str:
        if action in _REPLAYING:
            return "no steps are recorded" if self._replayed else "no run is open"
        return super().explain_unavailable(action)

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
                self.notify(printable(problem), severity="error", timeout=10, markup=False)
        self.show_view()

    def on_frame_chosen(self, message: FrameChosen) -> None:
        if self._replayed:
            self._replayed.replay.go(message.position)
            self._show_frame()

    def action_step_frame(self, by: int) -> None:
        if self._replayed:
            self._replayed.replay.step(by)
            self._show_frame()

    def action_turn(self, by: int) -> None:
        if self._replayed and not self._replayed.replay.turn(by):
            self.notify(f"The digit does not change sides {'after' if by > 0 else 'before'} this step.")
        self._show_frame()

    def action_play(self) -> None:
        """Play at the next speed, or stop after the last."""
        if self._replayed:
            replay = self._replayed.replay
            faster = [speed for speed in (*SPEEDS, 0.0) if speed > replay.speed or not speed]
            replay.play(faster[0])
            self._show_frame()

    def action_leave_replay(self) -> None:
        if self._replayed:
            self._replayed.replay.go(None)
            self._show_frame()

    def action_ask_digit(self) -> None:
        if self.inside:
            self.app.push_screen(AskDigitDialog(self.inside.digit.label.split), self._find)

    def explain_empty(self) -> str:
        keys = keymap_of(self.app)
        if self._opened is None:
            return f"No run open: press {keys.label('new')} to train a network or {keys.label('runs')} to open one."
        return super().explain_empty()

    @property
    def _replayed(self) -> RunSession | None:
        """The open run; a checkpoint has no recording."""
        return None if self._opened is None or self._opened.checkpoint else self._opened

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

    def _show_frame(self) -> None:
        self.show_view()
        self.refresh_bindings()
