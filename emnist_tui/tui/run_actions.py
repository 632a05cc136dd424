"""Actions of the app on runs, bound to its keys."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.binding import BindingType

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights
from emnist_tui.text.formats import count
from emnist_tui.tui.keymap import Keymap, bind
from emnist_tui.tui.messaging_app import MessagingApp
from emnist_tui.tui.notifications import Notifications
from emnist_tui.tui.session.open import open_path
from emnist_tui.tui.session.requests import Request, write_request
from emnist_tui.tui.session.training_watch import TrainingWatch
from emnist_tui.tui.targets import Target, explain_unavailable

if TYPE_CHECKING:
    from emnist_tui.runs.known_runs import KnownRuns
    from emnist_tui.runs.sweeps.folder import SweepFolder
    from emnist_tui.tui.own_networks import OwnNetworks
    from emnist_tui.tui.screens.new_sweep import NewSweep
    from emnist_tui.tui.session.run_session import RunSession

RUN_BINDINGS: list[BindingType] = [
    bind("longer", "train_longer", "Longer", tooltip="Train the run for more epochs"),
    bind("log", "log", "Log", tooltip="Read the run's events and its trainer's messages"),
    bind("open", "open_any", "Open path", show=False, tooltip="Open a run, checkpoint or report by its path"),
]
ON_TARGETS = ("save", "stop", "evaluate", "train_longer", "log")
"""Actions on the open run, or on the Runs screen on the one under the cursor."""


class RunActions(MessagingApp[None]):
    """Base of the app with its actions on runs."""

    root: Path
    keys: Keymap
    session: RunSession | None
    choices: dict[Path, ForeignWeights]
    notifications: Notifications
    training_watch: TrainingWatch
    first_sweep: SweepFolder | None = None
    """Sweep that the app begins with, if any."""

    @cached_property
    def known_runs(self) -> KnownRuns:
        """Earlier runs of the directory, as a guide to the next."""
        from emnist_tui.runs.known_runs import KnownRuns

        return KnownRuns(self.root)

    @cached_property
    def networks(self) -> OwnNetworks:
        """Network files that the user has agreed to run."""
        from emnist_tui.tui.own_networks import OwnNetworks

        return OwnNetworks(self)

    def open(self, session: RunSession, mode: str) -> None:
        """Show another run or checkpoint."""
        raise NotImplementedError

    def show_opened(self, session: RunSession, mode: str | None = None) -> None:
        """Show a run or checkpoint, by default on a fitting screen."""
        self.open(session, mode or ("confusion" if session.checkpoint else "train"))

    def open_path(self, path: Path, mode: str | None = None) -> None:
        """Open a run or checkpoint, or report why it cannot be opened."""
        try:
            session = self._session_of(path)
        except EmnistTuiError as error:
            self.notifications.complain(str(error))
            return
        self.show_opened(session, mode)

    def _session_of(self, path: Path) -> RunSession:
        """Follow a run or evaluate a checkpoint. Raises `EmnistTuiError`."""
        return open_path(self.root, str(path), self.choices.get(path.absolute(), RECOGNIZED))

    @property
    def target(self) -> Target | None:
        """Run or checkpoint that keys act on; None without any."""
        opened = Target.opened(self.session) if self.session else None
        if not self._acts_on_rows:
            return opened
        selected: Target | None = getattr(self.screen, "selected", None)
        return opened if selected and opened and selected.path.absolute() == opened.path.absolute() else selected

    @property
    def _acts_on_rows(self) -> bool:
        """Whether keys act on the row under a cursor."""
        return self.screen.is_mounted and hasattr(self.screen, "selected")

    def _opened_as(self, path: Path) -> RunSession | None:
        """Return the session if the open run is in `path`."""
        session = self.session
        is_open = session and not session.checkpoint and session.follower.folder.path.absolute() == path.absolute()
        return session if is_open else None

    def _open_run(self, path: Path) -> RunSession | None:
        """Open the run in a folder, unless it is open.

        Returns None, after reporting why, if it cannot be opened.
        """
        if not self._opened_as(path):
            self.open_path(path)
        return self._opened_as(path)

    def explain_unavailable(self, action: str) -> str | None:
        """Explain why an action on a run does not work now.

        Empty if it works; None for other actions.
        """
        if action not in ON_TARGETS:
            return None
        if target := self.target:
            return explain_unavailable(action, target)
        if self._acts_on_rows:
            return "no run is under the cursor"
        return f"nothing is open; {self.keys.label('new')} trains a new network"

    def poll_runs(self) -> None:
        """Report a test that has ended, and look for another training run."""
        self._report_test()
        self._run_agreed_network()
        run = self.session if self.session and not self.session.checkpoint else None
        self.training_watch.poll(run.follower.folder.path.absolute() if run else None)

    def _run_agreed_network(self) -> None:
        """Evaluate the open checkpoint once its network's file is agreed to."""
        session = self.session
        if not session or not session.checkpoint or not (file := self.networks.agreed(session.network_to_ask_for)):
            return
        session.use_network(file)
        self.choices[session.checkpoint.absolute()] = session.foreign
        self.open_path(session.checkpoint, self.current_mode)

    def action_open_training(self) -> None:
        """Open the run that the header names as training."""
        if training := self.training_watch.found:
            self.open_path(training.path)

    def action_open_any(self) -> None:
        from emnist_tui.tui.screens.open_path import OpenPathDialog

        self.push_screen(OpenPathDialog(self._session_of), self._show_if_opened)

    def _show_if_opened(self, session: RunSession | None) -> None:
        if session:
            self.show_opened(session)

    def start_run(self, name: str | None, config: TrainConfig) -> None:
        """Start and show a new run, or report why it cannot start."""
        from emnist_tui.tui.session.run_session import RunSession

        try:
            session = RunSession.start(self.root, name, config)
        except EmnistTuiError as error:
            self.notifications.complain(str(error))
            return
        self.networks.agree(config.model)
        self.open(session, "train")

    def create_sweep(self, name: str | None, config: TrainConfig) -> None:
        """Ask what a sweep varies, then create and show it."""
        from emnist_tui.tui.screens.new_sweep import NewSweepDialog

        self.push_screen(NewSweepDialog(self.root, name, config), self._show_new_sweep)

    def start_group(self, name: str | None, config: TrainConfig, seeds: int) -> None:
        """Train a configuration with several seeds, and show them."""
        from emnist_tui.runs.sweeps.new_group import begin_group
        from emnist_tui.runs.sweeps.spare_workers import spare_workers
        from emnist_tui.tui.screens.new_sweep import NewSweep

        try:
            folder = begin_group(self.root, name, config, seeds)
        except EmnistTuiError as error:
            self.notifications.complain(str(error))
        else:
            self.networks.agree(config.model)
            self._show_new_sweep(NewSweep(folder, spare_workers(config, seeds)))

    def _show_new_sweep(self, new: NewSweep | None) -> None:
        if new is not None:
            self.open_sweep(new.folder, new.workers)

    def open_sweep(self, folder: SweepFolder, workers: int = 0) -> None:
        """Show a sweep over the list of runs, and start workers here."""
        from emnist_tui.tui.screens.sweep import SweepScreen

        self.switch_mode("runs")
        self.push_screen(SweepScreen(folder, workers=workers))

    def action_restart(self) -> None:
        """Train again with the next seed not known to be dead."""
        if self.session and (config := self.session.record.first_config):
            self.networks.ask(config.model, partial(self._restart, self.session, config))

    def _restart(self, session: RunSession, config: TrainConfig, model: str) -> None:
        if session.state.is_live:
            self.notifications.attempt(session.stop)
        self.known_runs.refresh()
        self.start_run(None, replace(self.known_runs.next_alive(config), model=model))

    def action_resume(self) -> None:
        if session := self.session:
            self.networks.ask_for(session, partial(self.notifications.attempt, session.resume))

    def action_pause(self) -> None:
        self._request(Request.PAUSE, self.session)

    def action_unpause(self) -> None:
        self._request(Request.UNPAUSE, self.session)

    def action_save(self) -> None:
        self._request_of_target(Request.SAVE)

    def action_stop(self) -> None:
        self._request_of_target(Request.STOP)

    def _request_of_target(self, request: Request) -> None:
        target = self.target
        if target is None:
            return
        if session := self._opened_as(target.path):
            self._request(request, session)
        elif self.notifications.attempt(partial(write_request, RunFolder(target.path).control, request)):
            self.notifications.inform(f"{request.capitalize()} {target.path.name}.")

    def _request(self, request: Request, session: RunSession | None) -> None:
        if session:
            self.notifications.request(session, request)

    def action_evaluate(self) -> None:
        """Evaluate a run's last checkpoint, or a checkpoint on its own."""
        target = self.target
        if target and target.network:
            self.networks.ask(target.network, lambda _: self.switch_mode("confusion"))
        elif target and not target.is_run:
            self.open_path(target.path)
        elif target and (session := self._open_run(target.path)):
            test = partial(self._test, session)
            if session.is_last_evaluated:
                test()
            else:
                self.networks.ask_for(session, test)

    def _test(self, session: RunSession) -> None:
        if self.notifications.attempt(session.test_last):
            self.switch_mode("confusion")
            self._report_test()

    def _report_test(self) -> None:
        ended = self.session.take_test_end() if self.session else None
        if ended is None:
            return
        if ended.problem:
            self.notifications.complain(ended.problem)
        elif not ended.is_new:
            self.notifications.inform(f"The last checkpoint, step {count(ended.step)}, was evaluated already.")
        else:
            self.notifications.inform(f"The last checkpoint, step {count(ended.step)}, is evaluated.")

    def action_log(self) -> None:
        from emnist_tui.tui.screens.log import LogDialog

        if (target := self.target) and target.log:
            self.push_screen(LogDialog(target.path.name, target.log))

    def action_train_longer(self) -> None:
        from emnist_tui.tui.screens.train_longer import TrainLongerDialog

        if (target := self.target) and target.config:
            train_longer = partial(self._train_longer, target.path, target.config.epochs)
            self.push_screen(TrainLongerDialog(target, target.config, self.known_runs), train_longer)

    def _train_longer(self, path: Path, planned: int, epochs: int | None) -> None:
        """Resume a run until `epochs`, unless it has changed meanwhile."""
        session = self._open_run(path) if epochs else None
        if session is None:
            return
        session.poll()
        now = session.record.config
        if session.state.is_live or session.follower.folder.is_training():
            self.notifications.complain(f"{path.name} trains already; {self.keys.label('longer')} works once it ended.")
        elif now and now.epochs != planned:
            again = f"press {self.keys.label('longer')} again"
            self.notifications.complain(
                f"{path.name} has been trained longer meanwhile, to epoch {now.epochs}; {again}."
            )
        else:
            self.networks.ask_for(session, partial(self._resume_until, session, epochs))
            return
        self.switch_mode("train")

    def _resume_until(self, session: RunSession, epochs: int | None) -> None:
        if self.notifications.attempt(partial(session.resume, epochs)):
            self.switch_mode("train")
