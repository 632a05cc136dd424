"""Keys that step through a run's recorded weights, and play them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from emnist_tui.tui.keymap import bind
from emnist_tui.tui.screens.base import RunScreen

if TYPE_CHECKING:
    from textual.binding import BindingType

    from emnist_tui.tui.session.replay import Replay
    from emnist_tui.tui.session.run_session import RunSession

_STEP = Binding.Group("Step")
_ACTIONS = ("replay_step", "replay_turn", "replay_play")


class ReplayActions(RunScreen):
    """Screen in step with the replay of the open run."""

    _was_away = False
    """Whether the keys are those of a step, not of the newest weights."""

    def show_session(self, opened: RunSession | None) -> None:
        super().show_session(opened)
        is_away = self.replay is not None and self.replay.position is not None
        if is_away != self._was_away and self.is_mounted:
            self._was_away = is_away
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        replay = self.replay
        if action == "leave_replay":
            return replay is not None and replay.position is not None
        if action == "replay_turn":
            return replay is not None and bool(replay.turns)
        if action in _ACTIONS:
            return replay is not None and replay.is_recorded
        return super().check_action(action, parameters)

    @property
    def replay(self) -> Replay | None:
        """Replay of the open run; None without a run."""
        opened: RunSession | None = getattr(self.app, "session", None)
        return opened.replay if opened and not opened.checkpoint else None

    def action_replay_step(self, by: int) -> None:
        if self.replay:
            self.replay.step(by)
            self._show_replay()

    def action_replay_turn(self, by: int) -> None:
        if self.replay:
            self.replay.turn(by)
            self._show_replay()

    def action_replay_play(self) -> None:
        """Play, faster with each press, and stop after the fastest."""
        if self.replay:
            self.replay.play_faster()
            self._show_replay()

    def action_leave_replay(self) -> None:
        """Show the newest weights again."""
        if self.replay:
            self.replay.go(None)
            self._show_replay()

    def _show_replay(self) -> None:
        self.show_session(getattr(self.app, "session", None))


def explain_no_replay(opened: RunSession | None) -> str:
    """Explain why there are no steps to replay."""
    if opened is None:
        return "nothing is open"
    return "a checkpoint has no recorded steps" if opened.checkpoint else "no steps are recorded yet"


class ReplayKeys(ReplayActions):
    """Screen with the keys of the replay."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("frame-before", "replay_step(-1)", "Step before", group=_STEP, tooltip="Recorded weights a step before"),
        bind("frame-after", "replay_step(1)", "Next step", group=_STEP, tooltip="Next step of the recorded weights"),
        Binding(
            "left_curly_bracket", "replay_turn(-1)", "Turn before", show=False, tooltip="Where the digit last turned"
        ),
        Binding(
            "right_curly_bracket",
            "replay_turn(1)",
            "Next turn",
            show=False,
            tooltip="Where it next turns right or wrong",
        ),
        bind("play", "replay_play", "Play", tooltip="Play the recorded weights; again: faster, at last stop"),
        Binding("escape", "leave_replay", "Newest", key_display="esc", tooltip="Leave the replay's step"),
    ]
