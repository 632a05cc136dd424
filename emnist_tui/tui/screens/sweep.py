"""Screen of one sweep: facts, table of trials and a chart."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from emnist_tui.runs.control import Desired
from emnist_tui.runs.record import RunState
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from emnist_tui.text import formats
from emnist_tui.tui.keymap import bind, keymap_of
from emnist_tui.tui.screens.base import RunScreen
from emnist_tui.tui.screens.sweep_keys import SWEEP_ACTIONS, check_sweep_action, explain_sweep_action
from emnist_tui.tui.session.sweep_watch import SweepWatch
from emnist_tui.tui.targets import Target
from emnist_tui.tui.widgets.border import write_on_border
from emnist_tui.tui.widgets.sweep.columns import TrialOrder, orders_of
from emnist_tui.tui.widgets.sweep.facts import SweepFacts
from emnist_tui.tui.widgets.sweep.sweep_chart import PARAMETER, VIEWS, SweepChart
from emnist_tui.tui.widgets.sweep.titles import describe_trial, title_of_sweep
from emnist_tui.tui.widgets.sweep.trial_table import TrialTable

if TYPE_CHECKING:
    from emnist_tui.runs.sweeps.board import Board
    from emnist_tui.runs.sweeps.folder import SweepFolder
    from emnist_tui.tui.screens.sweep_changes import SweepChanges
    from emnist_tui.tui.session.run_session import RunSession

_RUN_STATES = {
    TrialState.RUNNING: RunState.TRAINING,
    TrialState.PAUSED: RunState.PAUSED,
    TrialState.INTERRUPTED: RunState.INTERRUPTED,
    TrialState.ORPHANED: RunState.INTERRUPTED,
    TrialState.STOPPED: RunState.STOPPED,
    TrialState.FAILED: RunState.FAILED,
    TrialState.DIVERGED: RunState.FAILED,
}
"""States of a trial's run by those of the trial; the others have finished."""


class SweepScreen(RunScreen):
    """Live table of a sweep's trials, under its facts.

    Its keys act on the trial under the cursor, or on the whole sweep.
    """

    MODE: ClassVar[str] = "runs"
    AUTO_FOCUS = "TrialTable"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012 - as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", key_display="esc", tooltip="Back to the list of runs"),
        bind("start", "pause_sweep", "Pause", tooltip="Pause the whole sweep"),
        bind("start", "resume_sweep", "Resume", tooltip="Let the sweep's workers train on"),
        bind("overlay", "turn", "Chart", tooltip="Best so far, curves of all trials, or accuracy by a varied value"),
        bind("work", "work", "Work", tooltip="Start workers on this machine"),
        bind("compare-marked", "compare_top", "Compare", tooltip="Compare the two best trials; A is the best"),
        bind("add-trial", "add_trial", "Add", tooltip="Add a trial with values of your own"),
        bind("extend", "extend", "Extend", tooltip="Have more trials searched"),
        bind("stop", "stop_trial", "Stop trial", tooltip="Save and stop the trial under the cursor"),
        bind("resume-trial", "resume_trial", "Resume trial", tooltip="Let a worker resume the stopped trial"),
        bind("stop-sweep", "stop_sweep", "Stop all", tooltip="Stop the whole sweep, after a question"),
        bind("parameter", "parameter", "Parameter", tooltip="Accuracy by the next varied value"),
        bind("sort-runs", "sort", "Sort", tooltip="Sort by accuracy, number, state, time or a varied value"),
    ]
    HIDDEN_ACTIONS: ClassVar[tuple[str, ...]] = ("start", "resume", "unpause", "pause")
    """Actions of the app on the open run, whose key pauses the sweep here."""

    class Chosen(Message):
        """The user opened a trial."""

        def __init__(self, folder: SweepFolder, trial: Trial) -> None:
            super().__init__()
            self.path = folder.trial(trial.number).path

    def __init__(self, folder: SweepFolder, board: Board | None = None, *, workers: int = 0) -> None:
        """Follow a sweep, and start some workers on this machine.

        `board` is what is known already.
        """
        super().__init__()
        self._workers = workers
        self.folder = folder
        self.watch_of_sweep = SweepWatch(folder, board)
        self._order = TrialOrder()
        self._shown: Board | None = None
        self._state: object = None
        self._crew: subprocess.Popen[bytes] | None = None
        """Command that starts workers here, as long as it may fail."""

    def compose_body(self) -> ComposeResult:
        with Vertical(id="sweep-body"):
            yield SweepFacts()
            with Vertical(id="sweep-trials"):
                yield TrialTable()
                yield SweepChart()
        yield Static("", id="sweep-empty", markup=False)

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#sweep-body").display = False
        if self.board:
            self._show_board()
        self._read()
        if self._workers:
            self._changes.work(self._workers)

    @property
    def board(self) -> Board | None:
        """Newest board."""
        return self.watch_of_sweep.board

    @property
    def trial(self) -> Trial | None:
        """Trial under the cursor."""
        return self.query_one(TrialTable).selected if self.is_mounted else None

    @property
    def selected(self) -> Target | None:
        """Run of the trial under the cursor, for the app's keys."""
        trial, board = self.trial, self.board
        if trial is None or board is None:
            return None
        folder = self.folder.trial(trial.number)
        return Target(folder.path, _RUN_STATES.get(trial.state, RunState.FINISHED), None, log=folder)

    @property
    def _changes(self) -> SweepChanges:
        from emnist_tui.tui.screens.sweep_changes import SweepChanges

        return SweepChanges(self, self.watch_of_sweep)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.is_mounted and action in SWEEP_ACTIONS:
            return check_sweep_action(action, self.board, self.trial)
        return super().check_action(action, parameters)

    def explain_unavailable(self, action: str) -> str:
        """Explain why a key does nothing; empty for other reasons."""
        return explain_sweep_action(action, self.board)

    def show_body(self, opened: RunSession | None) -> None:  # noqa: ARG002 - the screen follows its sweep
        if self.watch_of_sweep.is_due:
            self._read()
        if self._crew and self._crew.poll() is not None:
            self._changes.report_crew(self._crew)
            self._crew = None

    def follow_crew(self, crew: subprocess.Popen[bytes]) -> None:
        """Report once if the command that starts workers fails."""
        self._crew = crew

    def _read(self) -> None:
        """Read the sweep in a thread, then show it."""
        if any(worker.group == "sweep" and not worker.is_finished for worker in self.workers):
            return

        def read_and_show() -> None:
            self.watch_of_sweep.read()
            self.post_message(self.Read())

        self.run_worker(read_and_show, group="sweep", thread=True, exit_on_error=False)

    class Read(Message):
        """A thread has read the sweep."""

    def on_sweep_screen_read(self) -> None:
        self._show_board()
        if not self.watch_of_sweep.is_complete:
            self._read()

    def on_border_resized(self) -> None:
        self._show_borders()

    def read_again(self) -> None:
        """Read at once, after a request was written."""
        self.watch_of_sweep.hurry()
        self._read()

    def _show_board(self) -> None:
        board, problem = self.board, self.watch_of_sweep.problem
        empty = self.query_one("#sweep-empty", Static)
        empty.display = board is None or (not board.trials and not problem)
        self.query_one("#sweep-body").display = board is not None
        if board is None:
            empty.update(formats.printable(problem))
            return
        keys = keymap_of(self.app)
        if not board.trials and any(worker.is_alive for worker in board.workers):
            empty.update("The workers are about to begin the first trials.")
        elif not board.trials:
            begin = f"No trial has begun. Press {keys.label('work')} to start workers here"
            command = f"emnist-tui sweep work {formats.printable(str(self.folder.path))}"
            empty.update("The workers here are starting." if self._crew else f"{begin}, or run `{command}` anywhere.")
        self.query_one(SweepFacts).show(board, are_starting=self._crew is not None)
        table = self.query_one(TrialTable)
        self.query_one("#sweep-trials").display = bool(board.trials)
        table.show(board, self._order)
        self.query_one(SweepChart).show(board)
        self._show_borders()
        state = (
            board.desired,
            board.is_done,
            bool(board.trials),
            len(board.ranking) > 1,
            self.trial and self.trial.state,
        )
        if state != self._state:
            self._state = state
            self.refresh_bindings()

    def _show_borders(self) -> None:
        """Name the sweep, its order, and facts about the selected trial."""
        board, table = self.board, self.query_one(TrialTable)
        if board is None:
            return
        room = max(1, table.size.width - 4)
        key = keymap_of(self.app).label("resume-trial")
        about = formats.printable(self.watch_of_sweep.problem) or describe_trial(self.trial, key)
        write_on_border(table, title_of_sweep(board, self._order, room), formats.cut(about, room))

    def on_trial_table_opened(self, event: TrialTable.Opened) -> None:
        if self.folder.trial(event.trial.number).exists():
            self.post_message(self.Chosen(self.folder, event.trial))
        else:
            self.notify(f"Trial {event.trial.number} has not begun to train.", markup=False)

    def on_trial_table_moved(self) -> None:
        self._show_borders()
        self.refresh_bindings()

    def on_trial_table_sorted(self, event: TrialTable.Sorted) -> None:
        is_same = event.column == self._order.by
        self._sort(TrialOrder(event.column, is_reversed=is_same and not self._order.is_reversed))

    def action_back(self) -> None:
        self.dismiss()

    def action_pause_sweep(self) -> None:
        self._changes.request(Desired.PAUSE)

    def action_resume_sweep(self) -> None:
        self._changes.request(Desired.RUN)

    def action_stop_sweep(self) -> None:
        self._changes.ask_to_stop()

    def action_resume_trial(self) -> None:
        if self.trial:
            self._changes.resume(self.trial)

    def action_stop_trial(self) -> None:
        if self.trial:
            self._changes.stop(self.trial)

    def action_work(self) -> None:
        self._changes.ask_for_workers()

    def action_add_trial(self) -> None:
        self._changes.ask_for_point(self.trial)

    def action_extend(self) -> None:
        self._changes.ask_for_trials()

    def action_compare_top(self) -> None:
        self._changes.compare_top()

    def action_turn(self) -> None:
        """Show the next view of the chart.

        A low window hides it after the last one.
        """
        chart = self.query_one(SweepChart)
        if self.has_class("-short") and (not self.has_class("-chart") or chart.shown_view == VIEWS[-1]):
            self.toggle_class("-chart")
            chart.turn(VIEWS[0], chart.parameter)
        else:
            chart.turn(VIEWS[(VIEWS.index(chart.shown_view) + 1) % len(VIEWS)], chart.parameter)

    def action_parameter(self) -> None:
        chart = self.query_one(SweepChart)
        is_shown = chart.shown_view == PARAMETER and (self.has_class("-chart") or not self.has_class("-short"))
        self.add_class("-chart")
        chart.turn(PARAMETER, chart.parameter + 1 if is_shown else chart.parameter)

    def action_sort(self) -> None:
        if board := self.board:
            orders = orders_of(board.spec)
            place = orders.index(self._order) + 1 if self._order in orders else 0
            self._sort(orders[place % len(orders)])

    def _sort(self, order: TrialOrder) -> None:
        self._order = order
        if board := self.board:
            self.query_one(TrialTable).show(board, order)
            self._show_borders()
