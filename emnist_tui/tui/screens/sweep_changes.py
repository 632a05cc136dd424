"""Requests to a sweep's workers, and the dialogs that ask about them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from emnist_tui.runs.control import Desired
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.launch import WORKERS_LOG, last_log_line, launch_workers
from emnist_tui.runs.sweeps import requests
from emnist_tui.runs.sweeps.points import add_point
from emnist_tui.runs.sweeps.spec import MOST_TRIALS
from emnist_tui.text import formats
from emnist_tui.tui.screens.ask_number import AskNumberDialog
from emnist_tui.tui.screens.confirm import ConfirmDialog

if TYPE_CHECKING:
    from emnist_tui.runs.sweeps.board import Board
    from emnist_tui.runs.sweeps.space import Point
    from emnist_tui.runs.sweeps.trial import Trial
    from emnist_tui.tui.screens.sweep import SweepScreen
    from emnist_tui.tui.session.sweep_watch import SweepWatch

_SAID = {Desired.RUN: "trains on", Desired.PAUSE: "pauses", Desired.STOP: "saves its trials and stops"}
_MOST_WORKERS = 64


class SweepChanges:
    """Dialogs about one sweep, and their consequences."""

    def __init__(self, screen: SweepScreen, watch: SweepWatch) -> None:
        self._screen = screen
        self._folder = watch.folder
        self._board = watch.board

    def request(self, desired: Desired) -> None:
        """Request a state of the whole sweep."""
        if self._attempt(partial(requests.ask_for, self._folder.control, desired)):
            self._inform(f"{self._folder.name} {_SAID[desired]}.")

    def ask_to_stop(self) -> None:
        """Ask, then stop the sweep."""
        question = "Its workers save their trials and end. Resume it and start workers to train on."
        self._screen.app.push_screen(
            ConfirmDialog("Stop the sweep", f"Stop {self._folder.name}?\n\n{question}", "Stop", "Keep"),
            lambda is_sure: self.request(Desired.STOP) if is_sure else None,
        )

    def resume(self, trial: Trial) -> None:
        """Let a worker resume a stopped trial."""
        folder = self._folder.trial(trial.number)
        if self._attempt(partial(requests.ask_of_trial, folder, Desired.RUN)):
            self._inform(f"A worker resumes trial {trial.number} when it is free.")

    def stop(self, trial: Trial) -> None:
        """Stop one trial, which a worker may resume later."""
        folder = self._folder.trial(trial.number)
        if self._attempt(partial(requests.ask_of_trial, folder, Desired.STOP)):
            self._inform(f"Trial {trial.number} is saved and stops.")

    def ask_for_trials(self) -> None:
        """Ask for a number of further trials."""
        if (board := self._board) is None:
            return
        noun, offered = ("seed", 2) if board.spec.is_seeds else ("trial", 10)
        text = f"{self._folder.name} has {_number_of(board.total, noun)}."
        dialog = AskNumberDialog("Extend the sweep", text, "How many more?", offered, MOST_TRIALS - board.total)
        self._screen.app.push_screen(dialog, self._extend)

    def ask_for_workers(self) -> None:
        """Ask for a number of workers to start here."""
        text = "Workers train on in the background, also once the app is closed."
        dialog = AskNumberDialog("Work on the sweep", text, "How many workers?", 1, _MOST_WORKERS)
        self._screen.app.push_screen(dialog, lambda number: self.work(number) if number else None)

    def ask_for_point(self, trial: Trial | None) -> None:
        """Ask for a further trial's values, filled in with a trial's."""
        from emnist_tui.tui.screens.add_trial import AddTrialDialog

        if self._board:
            dialog = AddTrialDialog(self._board.spec, trial.values if trial else {})
            self._screen.app.push_screen(dialog, self._add)

    def compare_top(self) -> None:
        """Compare the two best trials on the same images."""
        from emnist_tui.tui.screens.compare import CompareScreen
        from emnist_tui.tui.session.comparison_side import ComparisonSide
        from emnist_tui.tui.widgets.sweep.facts import values_apart

        if self._board is None or len(self._board.ranking) < 2:
            return
        best, second = _two_best(self._board)
        sides: list[ComparisonSide] = []
        try:
            for trial in (best, second):
                sides.append(ComparisonSide(self._folder.trial(trial.number).path))
                if trial.curve:
                    sides[-1].evaluations.select_epoch(trial.curve.index(max(trial.curve)) + 1)
                if problem := sides[-1].problem:
                    raise EmnistTuiError(problem)
        except EmnistTuiError as error:
            for side in sides:
                side.close()
            self._complain(str(error))
            return
        about = values_apart(self._board, best, second)
        self._screen.app.push_screen(CompareScreen(*sides, about=about))
        self._inform(f"A has {about[0]}, B has {about[1]}." if all(about) else "A and B have the same values.")

    def _extend(self, more: int | None) -> None:
        if more is None or self._board is None:
            return
        asked = requests.read_requests(self._folder.control).asked_for(self._board.spec) + more
        if self._attempt(partial(requests.ask_for_trials, self._folder.control, asked)):
            self._inform(f"{self._folder.name} has {_number_of(more, 'more trial')}.")

    def work(self, number: int) -> None:
        """Start workers on this machine."""
        if self._needs_engine and find_spec("optuna") is None:
            self._complain("Workers that search need Optuna; install it with `pip install 'emnist-tui[sweep]'`.")
        elif self._attempt(lambda: self._screen.follow_crew(launch_workers(self._folder, number))):
            self._inform("The workers are starting; they are listed once they are ready.")

    def report_crew(self, crew: subprocess.Popen[bytes]) -> None:
        """Report why workers ended at once, if they failed."""
        if crew.returncode:
            last = last_log_line(self._folder.path / WORKERS_LOG)
            self._complain(last or f"The workers ended with exit code {crew.returncode}.")

    def _add(self, point: Point | None) -> None:
        if point is None or self._board is None:
            return
        if self._attempt(partial(add_point, self._folder, self._board.spec, point)):
            self._inform("The trial is tried next.")

    @property
    def _needs_engine(self) -> bool:
        try:
            return (self._board.spec if self._board else self._folder.read_spec()).needs_engine
        except EmnistTuiError:
            return False  # which the workers explain better

    def _attempt(self, request: Callable[[], object]) -> bool:
        """Write a request and return whether that succeeded, after reporting a failure."""
        try:
            request()
        except EmnistTuiError as error:
            self._complain(str(error))
            return False
        except OSError as error:
            self._complain(f"{self._folder.path} cannot be written ({error.strerror}); check its permissions.")
            return False
        self._screen.read_again()
        return True

    def _inform(self, sentence: str) -> None:
        self._screen.notify(formats.printable(sentence), markup=False)

    def _complain(self, sentence: str) -> None:
        self._screen.notify(formats.printable(sentence), severity="error", timeout=10, markup=False)


def _number_of(number: int, noun: str) -> str:
    return f"{formats.count(number)} {noun}{'s' * (number != 1)}"


def _two_best(board: Board) -> Sequence[Trial]:
    """Return the two best of the finished trials, or else of all."""
    finished = [trial for trial in board.ranking if trial.state.counts]
    return (finished if len(finished) > 1 else board.ranking)[:2]
