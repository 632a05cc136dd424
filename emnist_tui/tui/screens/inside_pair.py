"""Two networks and one digit, and the key that shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from emnist_tui.analysis.comparison import Comparison
from emnist_tui.analysis.disagreements import Disagreements
from emnist_tui.tui.keymap import bind
from emnist_tui.tui.own_networks import networks_of
from emnist_tui.tui.screens.base import RunScreen
from emnist_tui.tui.screens.inside_base import InsideBase
from emnist_tui.tui.session.comparison_side import ComparisonSide
from emnist_tui.tui.session.inside_digit import InsideDigit, digit_of
from emnist_tui.tui.session.inside_networks import SideNetwork
from emnist_tui.tui.session.inside_session import InsideSession
from emnist_tui.tui.session.run_session import RunSession


class InsidePairScreen(InsideBase):
    """Insides of the two networks of a comparison.

    The screen closes the session when it is removed.
    """

    MODE: ClassVar[str] = "runs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", key_display="esc", tooltip="Back to the comparison"),
    ]

    def __init__(self, sides: Sequence[ComparisonSide], digit: InsideDigit) -> None:
        """Examine the networks of two sides of a comparison."""
        super().__init__()
        self._pair, self._digit = sides, digit

    def on_mount(self) -> None:
        super().on_mount()
        agreed = networks_of(self.app).agreed
        a, b = (SideNetwork(side, self.server, agreed) for side in self._pair)
        self.inside = InsideSession(a, self._digit, b)

    def on_unmount(self) -> None:
        if self.inside:
            self.inside.close()
        self.close_server()

    def show_body(self, opened: RunSession | None) -> None:  # noqa: ARG002 - the screen shows its own two networks
        self.show_view()

    def action_back(self) -> None:
        self.dismiss()


class WayInsidePair(RunScreen):
    """Screen with digits of a comparison to examine in both networks."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("look-inside", "look_inside", "Inside", tooltip="Every value of both networks for one digit"),
    ]

    _sides: Sequence[ComparisonSide]
    """The two sides, whose networks are examined."""

    @property
    def pair_inside(self) -> tuple[Comparison, Disagreements, int] | None:
        """Comparison, digits and position of the key's one, if any."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "look_inside":
            return True if self.is_mounted and self.pair_inside else None
        return super().check_action(action, parameters)

    def action_look_inside(self) -> None:
        if found := self.pair_inside:
            comparison, digits, position = found
            screen = InsidePairScreen(self._sides, digit_of(digits[position], comparison.a.split))
            screen.about = self.about
            self.app.push_screen(screen)
