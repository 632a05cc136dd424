"""Actions of the app on a training run's learning rate."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from textual.binding import Binding, BindingType

from emnist_tui.runs.control import ask_for_learning_rate
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.learning_rates import next_rate
from emnist_tui.runs.record import RunState, summarize
from emnist_tui.runs.schedule import course_of
from emnist_tui.text.formats import number
from emnist_tui.tui.keymap import bind
from emnist_tui.tui.run_actions import RunActions
from emnist_tui.tui.session.requests import Request, requested_rate
from emnist_tui.tui.targets import Target, explain_unavailable

_STEPS = Binding.Group("Rate", compact=True)
RATE_BINDINGS: list[BindingType] = [
    bind("rate-up", "raise_rate", "Raise rate", group=_STEPS, tooltip="Raise the learning rate: 0.01, 0.02, 0.05"),
    bind("rate-down", "lower_rate", "Lower rate", group=_STEPS, tooltip="Lower the learning rate: 0.05, 0.02, 0.01"),
    bind("rate", "type_rate", "Set rate", show=False, tooltip="Type the learning rate from the next batch on"),
]
_ACTIONS = ("raise_rate", "lower_rate", "type_rate")
_ENDED = (RunState.STOPPED, RunState.FAILED, RunState.INTERRUPTED)


class RateActions(RunActions):
    """Base of the app with its actions on the learning rate."""

    def explain_unavailable(self, action: str) -> str | None:
        if action not in _ACTIONS:
            return super().explain_unavailable(action)
        target = self.target
        return self._explain_no_rate(target) if target else super().explain_unavailable("stop")

    def _explain_no_rate(self, target: Target) -> str:
        """Explain why a target's rate cannot be changed; empty if it can."""
        problem = explain_unavailable("stop", target)
        if not target.is_run:
            return problem
        if problem and target.state is RunState.FINISHED:
            return f"{problem}; train longer ({self.keys.label('longer')}) with another rate"
        if problem and target.state in _ENDED:
            return f"{problem}; resume it, then change the rate"
        return problem or ("" if target.learning_rate else "the run has not started")

    def action_raise_rate(self) -> None:
        self._step_rate(is_up=True)

    def action_lower_rate(self) -> None:
        self._step_rate(is_up=False)

    def action_type_rate(self) -> None:
        """Ask for the learning rate of the target."""
        from emnist_tui.tui.screens.learning_rate import LearningRateDialog

        if (target := self.target) and target.config and target.learning_rate:
            dialog = LearningRateDialog(target.path.name, target.config, _rate_of(target))
            self.push_screen(dialog, partial(self._answer, target.path))

    def _step_rate(self, *, is_up: bool) -> None:
        target = self.target
        if target is None or target.learning_rate is None:
            return
        rate = next_rate(_rate_of(target), is_up=is_up)
        if rate is None:
            self.notifications.explain(f"The learning rate is the {'highest' if is_up else 'lowest'} possible.")
        else:
            self._request_rate(target, rate)

    def _answer(self, path: Path, rate: float | None) -> None:
        """Request the typed rate of the run that was asked about.

        It may have ended meanwhile, and another may be open or under the cursor.
        """
        if rate is None:
            return
        session = self._opened_as(path)
        target = Target.opened(session) if session else Target.listed(path, summarize(RunFolder(path)))
        if problem := self._explain_no_rate(target):
            self.notifications.complain(f"The learning rate of {path.name} was not changed: {problem}.")
        else:
            self._request_rate(target, rate)

    def _request_rate(self, target: Target, rate: float) -> None:
        session = self._opened_as(target.path)
        if session and session.pending is Request.STOP:
            self.notifications.explain("Stopping: waiting for the trainer.")
        elif self.notifications.attempt(partial(ask_for_learning_rate, RunFolder(target.path).control, rate)):
            sentence = _describe(target, rate, "" if session else target.path.name)
            # Another terminal or command may request another one meanwhile.
            self.notifications.inform(sentence, lambda: requested_rate(RunFolder(target.path).control) == rate)


def _rate_of(target: Target) -> float:
    """Return the learning rate that was requested last, or else that holds."""
    assert target.learning_rate is not None
    return requested_rate(RunFolder(target.path).control) or target.learning_rate


def _describe(target: Target, rate: float, name: str) -> str:
    """Say from when on a rate holds.

    `name` is that of a run that is not open.
    """
    if target.config and (course := course_of(target.config)):
        what = f"peak learning rate {number(rate)} ({course} schedule)"
    else:
        what = f"learning rate {number(rate)}"
    return f"{name}: {what} from the next batch on." if name else f"{what.capitalize()} from the next batch on."
