"""App with its modes, global keys and the session on the screens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.events import Event, Key
from textual.filter import LineFilter
from textual.reactive import reactive
from textual.screen import ModalScreen, Screen
from textual.theme import ThemeProvider

from emnist_tui.runs.lookup import run_folders
from emnist_tui.runs.record import RunState
from emnist_tui.runs.sweeps.folder import sweep_folders
from emnist_tui.tui import appearance, loading, palette
from emnist_tui.tui.availability import check_run_action, explain_key
from emnist_tui.tui.keymap import Keymap, bind
from emnist_tui.tui.notifications import Notifications
from emnist_tui.tui.quitting import Quitting
from emnist_tui.tui.rate_actions import RATE_BINDINGS, RateActions
from emnist_tui.tui.run_actions import RUN_BINDINGS
from emnist_tui.tui.screens.base import RunScreen
from emnist_tui.tui.screens.robust import RobustPalette, RobustScreen
from emnist_tui.tui.session.download_session import DownloadSession
from emnist_tui.tui.session.open import follow_moved
from emnist_tui.tui.session.training_watch import TrainingWatch
from emnist_tui.tui.settings import DigitStyle, SettingsFile
from emnist_tui.tui.terminal.ascii_filter import AsciiFilter
from emnist_tui.tui.terminal.diff_renderer import ByteBudget, ScreenBuffer, diff_update
from emnist_tui.tui.terminal.guard import is_backed_up
from emnist_tui.tui.terminal.textual_private import DisplayUpdate
from emnist_tui.tui.terminal.type_ahead import TypeAhead

if TYPE_CHECKING:
    from emnist_tui.tui.screens.new_run import NewRun
    from emnist_tui.tui.screens.runs import RunsScreen
    from emnist_tui.tui.screens.sweep import SweepScreen
    from emnist_tui.tui.session.run_session import RunSession

_LOW_BANDWIDTH = 2000  # bytes a second, besides the frames that answer the user


class EmnistApp(RateActions):
    """App that follows one run or checkpoint, trained by another process."""

    TITLE = "emnist-tui"
    CSS_PATH = "app.tcss"
    MODES = loading.MODES
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("new", "new_run", "New", tooltip="Configure a new training run"),
        bind("start", "resume", "Resume", tooltip="Resume the run from its last checkpoint"),
        bind("start", "unpause", "Resume", tooltip="Resume the paused run"),
        bind("start", "pause", "Pause", tooltip="Save a checkpoint and pause the run"),
        bind("save", "save", "Save", tooltip="Save a checkpoint now"),
        bind("stop", "stop", "Stop", tooltip="Save and stop the run"),
        bind("reseed", "restart", "Reseed", tooltip="Train again with the next seed"),
        bind("test", "evaluate", "Test", tooltip="Evaluate the run's last checkpoint on the test split"),
        bind("data", "data", "Data", tooltip="Download the official EMNIST digits (70 MB), after a question"),
        bind("train", "show('train')", "Train", show=False, tooltip="Progress and charts"),
        bind("confusion", "show('confusion')", "Confusion", show=False, tooltip="Confusion matrix"),
        bind("errors", "show('errors')", "Errors", show=False, tooltip="Misclassified digits"),
        bind("runs", "show('runs')", "Runs", show=False, tooltip="Runs and checkpoints"),
        bind("inside", "show('inside')", "Inside", show=False, tooltip="Every value of the network for one digit"),
        *RUN_BINDINGS,
        *RATE_BINDINGS,
        bind("help", "help", "Help", tooltip="Every key"),
        Binding("ctrl+p", "command_palette", "Palette", show=False, priority=True, tooltip="Search all commands"),
        bind("quit", "quit", "Quit", tooltip="Quit; a training run can continue"),
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True, tooltip="Quit; a training run can continue"),
        bind("suspend", "suspend_process", "Suspend", show=False, priority=True, tooltip="To the shell; fg comes back"),
    ]

    glyphs: reactive[DigitStyle] = reactive(DigitStyle.ASCII, init=False)
    """Style of the digits on every screen."""

    def __init__(
        self,
        root: Path,
        session: RunSession | None = None,
        greeting: str = "",
        *,
        low_bandwidth: bool = False,
        preferences: SettingsFile | None = None,
    ) -> None:
        """Show `session`, or the runs directory `root` without one.

        `greeting` is shown once, as a notification.

        With `low_bandwidth`, frames that nobody asked for are drawn at an average rate of bytes.
        """
        super().__init__()
        self._preferences = preferences or SettingsFile(None)
        self.settings = self._preferences.settings
        self.set_reactive(EmnistApp.glyphs, DigitStyle(self.settings.glyphs))
        self.keys = Keymap(self.settings.keys)
        self.is_ascii_only = appearance.is_ascii_only(self.settings)
        appearance.apply_settings(self, self.settings)
        self.root = root
        self.session = session
        self.begin_in_mode(self._first_mode())
        self.choices = {session.checkpoint.absolute(): session.foreign} if session and session.checkpoint else {}
        """The user's choices about weights of other programs, by file: they hold until the app is quit."""
        self.download = DownloadSession()
        self.training_watch = TrainingWatch(root)
        self._greeting = greeting
        self.notifications = Notifications(self, self.keys, self.settings)
        self._quitting = Quitting(self, root, self.notifications, 1 / self.settings.refresh)
        self.type_ahead = TypeAhead(self, self.deliver_input)
        self._buffer = ScreenBuffer()
        self._budget = ByteBudget(self._buffer, _LOW_BANDWIDTH) if low_bandwidth else None

    def on_mount(self) -> None:
        self.theme_changed_signal.subscribe(self, lambda theme: self._keep("theme", theme.name))
        self.app_resume_signal.subscribe(self, lambda _: self.action_redraw(), immediate=True)
        if self._greeting:
            self.notifications.inform(self._greeting)
        self.notifications.report_settings(self._preferences.problems)
        self.set_interval(1 / self.settings.refresh, self._poll)
        if self.first_sweep:
            self.open_sweep(self.first_sweep)

    def on_ready(self) -> None:
        """Load the other screens once the first frame is shown."""
        self.run_worker(loading.load_later(self), exit_on_error=False)

    def _first_mode(self) -> str:
        if self.session:
            return "confusion" if self.session.checkpoint else "train"
        return "runs" if run_folders(self.root) or sweep_folders(self.root) else "train"

    def on_resize(self) -> None:
        self.action_redraw()  # even for the same size: the terminal may have had another one in between

    def on_unmount(self) -> None:
        self.download.close()
        if self.session:
            self.session.close()

    def watch_glyphs(self, glyphs: DigitStyle) -> None:
        self._keep("glyphs", str(glyphs))

    def _keep(self, name: str, value: object) -> None:
        if problem := self._preferences.keep(name, value):
            self.notifications.complain(problem)

    def action_glyphs(self) -> None:
        self.glyphs = DigitStyle.HALF_BLOCK if self.glyphs is DigitStyle.ASCII else DigitStyle.ASCII

    def open(self, session: RunSession, mode: str) -> None:
        """Show another run or checkpoint; a run that trains keeps training."""
        if self.session:
            self.session.close()
        self.session = session
        self.switch_mode(mode)
        self._show_session()

    def on_runs_screen_chosen(self, message: RunsScreen.Chosen) -> None:
        self.open_path(message.path)

    def on_sweep_screen_chosen(self, message: SweepScreen.Chosen) -> None:
        self.open_path(message.path)

    def on_runs_screen_moved(self, message: RunsScreen.Moved) -> None:
        self.session = follow_moved(self.session, message.old, message.new)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not super().check_action(action, parameters):
            return False
        if (problem := self.explain_unavailable(action)) is not None:
            return None if problem else True
        if action in getattr(self.screen, "HIDDEN_ACTIONS", ()):
            return False
        return check_run_action(action, self.session)

    def on_key(self, event: Key) -> None:
        self.notifications.explain(explain_key(self.screen, event.key))

    def get_key_display(self, binding: Binding) -> str:
        display = super().get_key_display(binding)
        return binding.key if self.is_ascii_only and not display.isascii() else display

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        yield from palette.key_commands(self, screen)
        yield from palette.kept_commands(super().get_system_commands(screen))

    def action_command_palette(self) -> None:
        if not isinstance(self.screen, ModalScreen):  # a dialog is answered first
            self.push_screen(RobustPalette())

    def search_themes(self) -> None:
        self.push_screen(RobustPalette([ThemeProvider], placeholder="Search for themes…"))

    def action_redraw(self) -> None:
        self._buffer.invalidate()
        self.screen.refresh()

    def action_suspend_process(self) -> None:
        if not self.suspend_process():
            self.notifications.inform("There is no shell to return to.")

    def action_show(self, mode: str) -> None:
        self.switch_mode(mode)

    def action_help(self) -> None:
        from emnist_tui.tui.screens.help import HelpDialog

        if not isinstance(self.screen, HelpDialog):
            self.push_screen(HelpDialog(self.screen))

    def action_new_run(self) -> None:
        from emnist_tui.tui.screens.new_run import NewRunDialog

        config = self.session.record.first_config if self.session else None
        self.push_screen(
            NewRunDialog(self.root, config or self.settings.recipe, self.known_runs), self._start_filled_in
        )

    def action_data(self) -> None:
        from emnist_tui.tui.screens.download import DownloadDialog
        from emnist_tui.tui.screens.fetch_question import FetchQuestion

        if isinstance(self.screen, DownloadDialog | FetchQuestion):
            return
        download = self.download
        if not download.is_running:
            if download.is_installed:
                self.notifications.inform(f"The EMNIST digits are installed in {download.folder.root}.")
                return
            if not download.folder.is_downloading():
                self.push_screen(FetchQuestion(download.folder), self._fetch)
                return
        self._fetch(True)

    def _fetch(self, is_agreed: bool | None) -> None:
        """Start the download, or follow the one in progress, and show it."""
        from emnist_tui.tui.screens.download import DownloadDialog

        if is_agreed and (self.download.is_running or self.notifications.attempt(self.download.start)):
            self.push_screen(DownloadDialog(self.download, self.notifications.attempt))

    async def action_quit(self) -> None:
        self._quitting.request(self.session)

    def _start_filled_in(self, new: NewRun | None) -> None:
        if new is not None:
            form = new.config.to_json()
            self.settings = replace(self.settings, form=form)
            self._keep("form", form)
            if new.is_sweep:
                self.create_sweep(new.name, new.config)
            elif new.seeds > 1:
                self.start_group(new.name, new.config, new.seeds)
            else:
                self.start_run(new.name, new.config)

    async def take_input(self, event: Event) -> None:
        await self.type_ahead.take(event)

    def display_update(self, update: DisplayUpdate) -> DisplayUpdate:
        return diff_update(update, self._buffer, self.size)

    def get_line_filters(self) -> Sequence[LineFilter]:
        filters = super().get_line_filters()
        return [*filters, AsciiFilter()] if self.is_ascii_only else filters

    def _poll(self) -> None:
        if not self.is_running:
            return  # the screens are being removed
        if self.session:
            was_live = self.session.state.is_live
            self.session.poll()
            self.notifications.report_synthetic_data(self.session, is_installed=self.download.is_installed)
            if was_live and not self.session.state.is_live:
                self.notifications.report_end(self.session)
        self.poll_runs()
        if ended := self.download.poll():
            self.notifications.report_download(ended)
        if not is_backed_up(self) and self._has_room():
            self._show_session()

    def _has_room(self) -> bool:
        """Return whether the byte budget allows a frame.

        A change of state always gets one.
        """
        state = self.session.state if self.session else None
        is_working = state in (RunState.TRAINING, RunState.EVALUATING)
        return self._budget is None or self._budget.allows("working" if is_working else state)

    def _show_session(self) -> None:
        self.show_message()
        for screen in reversed(self.screen_stack):
            if isinstance(screen, RobustScreen):
                screen.show_download(self.download)
            if isinstance(screen, RunScreen):
                screen.show_session(self.session)
                break
