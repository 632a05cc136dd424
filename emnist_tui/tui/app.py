"""The app: what is opened, which screen shows it, and the keys that hold everywhere."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from rich.console import RenderableType
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.reactive import reactive
from textual.screen import ModalScreen, Screen
from textual.theme import ThemeProvider

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import run_folders
from emnist_tui.runs.record import RunState
from emnist_tui.text.formats import printable
from emnist_tui.tui import appearance
from emnist_tui.tui.keymap import Keymap, bind
from emnist_tui.tui.screens.base import RunScreen
from emnist_tui.tui.screens.confusion import ConfusionScreen
from emnist_tui.tui.screens.download import DownloadDialog
from emnist_tui.tui.screens.errors import ErrorsScreen
from emnist_tui.tui.screens.help import HelpDialog
from emnist_tui.tui.screens.new_run import NewRun, NewRunDialog
from emnist_tui.tui.screens.quit import QuitAnswer, QuitDialog
from emnist_tui.tui.screens.robust import RobustPalette
from emnist_tui.tui.screens.runs import RunsScreen
from emnist_tui.tui.screens.train import TrainScreen
from emnist_tui.tui.session.download_session import DownloadEnd, DownloadSession, Outcome
from emnist_tui.tui.session.open import find_training, open_path
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.settings import SettingsFile
from emnist_tui.tui.terminal.ascii_filter import AsciiFilter
from emnist_tui.tui.terminal.diff_renderer import Budget, Painted, only_changes
from emnist_tui.tui.terminal.guard import is_backed_up
from emnist_tui.tui.terminal.textual_private import HookedApp, write_to_terminal
from emnist_tui.tui.widgets.digits.digit_widget import DigitStyle

_LOW_BANDWIDTH = 2000  # bytes a second, besides the frames that are drawn whatever they take
_MOST_TOLD = 2  # problems of the settings, each in a message of its own
_CAN_GO_ON = (RunState.STOPPED, RunState.INTERRUPTED, RunState.FAILED)


class EmnistApp(HookedApp[None]):
    """Follows one run or checkpoint at a time; the trainer is another process."""

    TITLE = "emnist-tui"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        "train": TrainScreen,
        "confusion": ConfusionScreen,
        "errors": ErrorsScreen,
        "runs": RunsScreen,
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("new", "new_run", "New", tooltip="Fill in a new training run"),
        bind("start", "start", "Start", tooltip="Train the documented recipe at once"),
        bind("start", "go_on", "Resume", tooltip="Go on with the run from its last checkpoint"),
        bind("start", "unpause", "Resume", tooltip="Let the paused run go on"),
        bind("start", "pause", "Pause", tooltip="Pause the run, saved"),
        bind("save", "save", "Save", tooltip="Save a checkpoint now"),
        bind("stop", "stop", "Stop", tooltip="Save and stop the run"),
        bind("reseed", "restart", "Reseed", tooltip="Train again with the next seed"),
        bind("test", "evaluate", "Test", tooltip="Evaluate the run's last checkpoint on the test split"),
        bind("data", "data", "Data", tooltip="Fetch the official EMNIST digits (70 MB)"),
        bind("train", "show('train')", "Train", show=False, tooltip="Progress and charts"),
        bind("confusion", "show('confusion')", "Confusion", show=False, tooltip="Confusion matrix"),
        bind("errors", "show('errors')", "Errors", show=False, tooltip="Misclassified digits"),
        bind("runs", "show('runs')", "Runs", show=False, tooltip="Runs and checkpoints"),
        bind("help", "help", "Help", tooltip="Every key"),
        bind("quit", "quit", "Quit", tooltip="Leave; a training run can go on"),
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True, tooltip="Leave; a training run can go on"),
        bind("redraw", "redraw", "Redraw", show=False, tooltip="Paint the whole screen anew"),
    ]

    glyphs: reactive[DigitStyle] = reactive(DigitStyle.ASCII, init=False)
    """How every screen draws digits."""

    def __init__(
        self,
        root: Path,
        session: RunSession | None = None,
        greeting: str = "",
        *,
        low_bandwidth: bool = False,
        preferences: SettingsFile | None = None,
    ) -> None:
        """`greeting` is said once; with `low_bandwidth` what changes by itself is painted when the link has room."""
        super().__init__()
        self._preferences = preferences or SettingsFile(None)
        self.settings = self._preferences.settings
        self.set_reactive(EmnistApp.glyphs, DigitStyle(self.settings.glyphs))
        self.keys = Keymap(self.settings.keys)
        self.is_ascii_only = appearance.is_ascii_only(self.settings)
        appearance.put_on(self, self.settings)
        self.root = root
        self.session = session
        self.download = DownloadSession()
        self._greeting = greeting
        self._told: RunSession | None = None
        self._painted = Painted()
        self._budget = Budget(self._painted, _LOW_BANDWIDTH) if low_bandwidth else None

    def on_mount(self) -> None:
        self.theme_changed_signal.subscribe(self, lambda theme: self._preferences.keep("theme", theme.name))
        self.app_resume_signal.subscribe(self, lambda _: self._painted.forget(), immediate=True)
        self.switch_mode(self._first_mode())
        if self._greeting:
            self.notify(printable(self._greeting), markup=False)
        problems = self._preferences.problems
        if len(problems) > _MOST_TOLD:
            problems = [f"{len(problems)} settings are ignored: `emnist-tui settings` names them."]
        for problem in problems:
            self.notify(printable(problem), severity="warning", timeout=10, markup=False)
        self.set_interval(1 / self.settings.refresh, self._poll)

    def _first_mode(self) -> str:
        if self.session:
            return "confusion" if self.session.checkpoint else "train"
        return "runs" if run_folders(self.root) else "train"

    def on_resize(self) -> None:
        self._painted.forget()

    def watch_glyphs(self, glyphs: DigitStyle) -> None:
        self._preferences.keep("glyphs", str(glyphs))

    def action_glyphs(self) -> None:
        self.glyphs = DigitStyle.HALF_BLOCK if self.glyphs is DigitStyle.ASCII else DigitStyle.ASCII

    def on_unmount(self) -> None:
        self.download.close()
        if self.session:
            self.session.close()

    def open(self, session: RunSession, mode: str) -> None:
        """Shows another run or checkpoint; one that trains goes on."""
        if self.session:
            self.session.close()
        self.session = session
        self.switch_mode(mode)
        self._show_session()

    def open_path(self, path: Path) -> None:
        try:
            opened = open_path(self.root, str(path))
        except EmnistTuiError as error:
            self.complain(str(error))
            return
        self.open(opened, "confusion" if opened.checkpoint else "train")

    def on_runs_screen_chosen(self, message: RunsScreen.Chosen) -> None:
        self.open_path(message.path)

    def complain(self, sentence: str) -> None:
        self.notify(printable(sentence), severity="error", timeout=10, markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        opened = self.session
        run = opened if opened and opened.checkpoint is None else None
        state = run.state if run else None
        match action:
            case "start":
                return run is None
            case "go_on":
                return state in _CAN_GO_ON
            case "unpause":
                return state is RunState.PAUSED
            case "pause":
                # Grayed where no other meaning of the key works either.
                if run is None or state in _CAN_GO_ON or state is RunState.PAUSED:
                    return False
                return True if run.state.is_live else None
            case "save" | "stop":
                return True if run and run.state.is_live else None
            case "restart":
                return bool(run and run.record.stuck)
            case "evaluate":
                return True if run and run.follower.folder.last_checkpoint.exists() else None
        return True

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every key of the project's own that works now, and Textual's choice of a theme and screenshot."""
        told = set()  # an action may have several keys
        for active in screen.active_bindings.values():
            binding = active.binding
            if active.enabled and binding.tooltip and binding.action not in told:
                told.add(binding.action)
                act = partial(self.run_action, binding.action, active.node)
                yield SystemCommand(binding.description, binding.tooltip, act)
        for command in super().get_system_commands(screen):
            if command.title in ("Theme", "Screenshot"):
                yield command

    def action_command_palette(self) -> None:
        if not isinstance(self.screen, ModalScreen):  # a dialog is answered first
            self.push_screen(RobustPalette())

    def search_themes(self) -> None:
        self.push_screen(RobustPalette([ThemeProvider], placeholder="Search for themes…"))

    def action_redraw(self) -> None:
        self._painted.forget()
        self.screen.refresh()

    def action_show(self, mode: str) -> None:
        self.switch_mode(mode)

    def action_help(self) -> None:
        if not isinstance(self.screen, HelpDialog):
            self.push_screen(HelpDialog(self.screen.active_bindings))

    def action_new_run(self) -> None:
        config = self.session.record.config if self.session else None
        self.push_screen(NewRunDialog(self.root, config or self.settings.recipe), self._start_filled_in)

    def action_start(self) -> None:
        self._start(NewRun(None, TrainConfig()))

    def action_go_on(self) -> None:
        if self.session:
            self._ask(self.session.resume)

    def action_pause(self) -> None:
        if self.session:
            self._ask(self.session.pause)

    def action_unpause(self) -> None:
        if self.session:
            self._ask(self.session.unpause)

    def action_save(self) -> None:
        if self.session:
            self._ask(self.session.save)

    def action_stop(self) -> None:
        if self.session:
            self._ask(self.session.stop)

    def action_restart(self) -> None:
        if self.session and (config := self.session.record.config):
            if self.session.state.is_live:
                self._ask(self.session.stop)
            self._start(NewRun(None, config.with_next_seed()))

    def action_evaluate(self) -> None:
        if self.session:
            self.open_path(self.session.follower.folder.last_checkpoint)

    def action_data(self) -> None:
        if isinstance(self.screen, DownloadDialog):
            return
        download = self.download
        if not download.is_running:
            if download.is_installed:
                self.notify(printable(f"The EMNIST digits are installed in {download.folder.root}."), markup=False)
                return
            if not self._ask(download.start):
                return
        self.push_screen(DownloadDialog(download, self._ask))

    async def action_quit(self) -> None:
        live = self._live_run()
        if live is None:
            self.exit()
        elif not isinstance(self.screen, QuitDialog):
            self.push_screen(QuitDialog(live.name), partial(self._quit, live))

    def _live_run(self) -> RunSession | None:
        """The run that trains: the opened one, else one that went on while something else was opened."""
        if self.session and not self.session.checkpoint and self.session.state.is_live:
            return self.session
        return find_training(self.root)

    def _quit(self, live: RunSession, answer: QuitAnswer | None) -> None:
        if answer is QuitAnswer.KEEP_RUNNING:
            self.exit()
        elif answer is QuitAnswer.STOP and self._ask(live.stop):
            self.notify("Saving a checkpoint …")
            self.set_interval(1 / self.settings.refresh, partial(self._exit_once_saved, live))

    def _exit_once_saved(self, live: RunSession) -> None:
        live.poll()
        if not live.state.is_live:
            self.exit()

    def _start_filled_in(self, new: NewRun | None) -> None:
        if new is not None:
            form = {name: value for name, value in new.config.to_json().items() if value is not None}
            self.settings = replace(self.settings, form=form)
            self._preferences.keep("form", form)
            self._start(new)

    def _start(self, new: NewRun) -> None:
        try:
            opened = RunSession.start(self.root, new.name, new.config)
        except EmnistTuiError as error:
            self.complain(str(error))
            return
        self.open(opened, "train")

    def _ask(self, wish: Callable[[], None]) -> bool:
        """Whether it could be asked; when not, the user is told why."""
        try:
            wish()
            return True
        except EmnistTuiError as error:
            self.complain(str(error))
        except OSError as error:
            self.complain(f"The run's folder cannot be written ({error.strerror}).")
        return False

    def display_update(self, update: RenderableType | None) -> RenderableType | None:
        return only_changes(update, self._painted)

    def get_line_filters(self) -> Sequence[LineFilter]:
        filters = super().get_line_filters()
        return [*filters, AsciiFilter()] if self.is_ascii_only else filters

    def _poll(self) -> None:
        if not self.is_running:
            return  # The screens are being taken down.
        if self.session:
            was_live = self.session.state.is_live
            self.session.poll()
            self._tell_synthetic(self.session)
            if was_live and not self.session.state.is_live:
                self._tell_end(self.session)
        if ended := self.download.poll():
            self._tell_download(ended)
        if not is_backed_up(self) and self._has_room():
            self._show_session()

    def _has_room(self) -> bool:
        """Whether the link has room for a frame; what the user waits for always has."""
        state = self.session.state if self.session else None
        is_at_work = state in (RunState.TRAINING, RunState.EVALUATING)
        return self._budget is None or self._budget.allows("at work" if is_at_work else state)

    def _tell_synthetic(self, opened: RunSession) -> None:
        """Once a run: who asked for `auto` should know what it is training on."""
        record = opened.record
        if self.download.is_installed:
            return  # it was begun without them, and goes on so
        is_substitute = record.started and record.config and record.config.data == "auto"
        if is_substitute and opened.process and opened.data == "synthetic digits" and self._told is not opened:
            self._told = opened
            self.notify(
                "The EMNIST digits are not installed: this run trains on synthetic ones.\n"
                f"{self.keys.label('data')} fetches the official ones (70 MB).",
                timeout=8,
                markup=False,
            )

    def _tell_end(self, opened: RunSession) -> None:
        """For somebody who looks elsewhere, if that is wished."""
        if self.settings.bell:
            self.bell()
        if self.settings.title:
            write_to_terminal(self, f"\x1b]2;{printable(opened.name)} {opened.state}\x07")

    def get_key_display(self, binding: Binding) -> str:
        display = super().get_key_display(binding)
        return binding.key if self.is_ascii_only and not display.isascii() else display

    def _tell_download(self, ended: DownloadEnd) -> None:
        """The end of a download; one that failed is told by its dialog where that is open."""
        dialog = self.screen if isinstance(self.screen, DownloadDialog) else None
        if ended.outcome is Outcome.INSTALLED:
            if dialog:
                dialog.dismiss()
            self.notify(f"{ended.sentence} {self.keys.label('new')} trains on them.", markup=False)
        elif dialog:
            dialog.show_download()
        elif ended.outcome is Outcome.FAILED:
            self.complain(f"{ended.sentence} {self.keys.label('data')} tries again.")
        else:
            self.notify(printable(ended.sentence), markup=False)

    def _show_session(self) -> None:
        for screen in reversed(self.screen_stack):
            if isinstance(screen, DownloadDialog):
                screen.show_download()
            if isinstance(screen, RunScreen):
                screen.show_session(self.session)
                screen.show_download(self.download)
                break
