"""Key that opens a digit inside the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from emnist_tui.tui.keymap import bind
from emnist_tui.tui.screens.base import RunScreen

if TYPE_CHECKING:
    from textual.binding import BindingType

    from emnist_tui.analysis.predictions import Evaluation, Mistake
    from emnist_tui.tui.session.run_session import RunSession


class WayInside(RunScreen):
    """Screen with a digit of the open run to look at."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("look-inside", "look_inside", "Inside", tooltip="Every value of the network for this digit"),
    ]

    _opened: RunSession | None = None

    @property
    def digit_inside(self) -> Mistake | None:
        """Digit that the key is about; None for none."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "look_inside":
            evaluation = self._opened.evaluation if self._opened else None
            return True if evaluation and len(evaluation.wrong) else None
        return super().check_action(action, parameters)

    def note_looked_at(self) -> None:
        """Keep the digit for the Inside screen."""
        opened, mistake = self._opened, self.digit_inside
        evaluation: Evaluation | None = opened.evaluation if opened else None
        if opened and evaluation and mistake:
            opened.review.looked_at = (mistake, evaluation.split)

    def action_look_inside(self) -> None:
        self.note_looked_at()
        opened = self._opened
        if opened and not opened.checkpoint and not opened.evaluations.is_newest and opened.replay.is_recorded:
            opened.replay.go_to_step(opened.evaluations.event.step if opened.evaluations.event else 0)
        self.app.call_later(self.app.run_action, "app.show('inside')")
