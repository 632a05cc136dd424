"""Screen 4, Runs: all runs and checkpoints, and actions on them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from emnist_tui.runs.errors import EmnistTuiError, NetworkNeededError
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.listing import SweepEntry
from emnist_tui.text import formats
from emnist_tui.tui.keymap import bind
from emnist_tui.tui.own_networks import networks_of
from emnist_tui.tui.screens.base import RunScreen
from emnist_tui.tui.widgets.runs.run_browser import RunBrowser

if TYPE_CHECKING:
    from emnist_tui.runs.listing import Entry
    from emnist_tui.tui.screens.run_changes import RunChanges
    from emnist_tui.tui.session.comparison_side import ComparisonSide
    from emnist_tui.tui.session.run_session import RunSession
    from emnist_tui.tui.targets import Target

_LIST_EVERY = 2.0  # seconds
_OWN_ACTIONS = ("mark", "compare", "overlay", "filter", "sort", "edit", "delete", "clear")
"""Actions that do not always work."""


class RunsScreen(RunScreen):
    """List of the runs directory, read again every two seconds.

    Its keys act on the row under the cursor or on the marked rows.
    """

    MODE: ClassVar[str] = "runs"
    AUTO_FOCUS = "RunTable"  # not the filter, though it is hidden
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (80, "-narrow"), (120, "-wide"), (150, "-huge")]  # noqa: RUF012 - as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("mark", "mark", "Mark", tooltip="Mark or unmark the row to compare, overlay or delete it"),
        bind("compare-marked", "compare", "Compare", tooltip="Compare the two marked rows; A is marked first"),
        bind("overlay", "overlay", "Overlay", tooltip="Overlay the curves of the marked runs"),
        bind("filter-runs", "filter", "Filter", tooltip="Filter by words in name, tags, note, data, state or model"),
        bind("sort-runs", "sort", "Sort", tooltip="Sort by creation, last change, name, test accuracy or state"),
        bind("edit-run", "edit", "Edit", tooltip="Edit name, tags and note"),
        bind("delete-run", "delete", "Delete", tooltip="Move the marked rows, or this one, to the trash"),
        bind("trash", "trash", "Trash", tooltip="Restore what was deleted, or empty the trash"),
        Binding("escape", "clear", "Clear", show=False, tooltip="Clear the filter, then the marks"),
    ]
    HIDDEN_ACTIONS: ClassVar[tuple[str, ...]] = ("start", "resume", "unpause", "pause")
    """Actions of the app on the open run, whose key marks rows here."""

    class Chosen(Message):
        """The user opened a run or checkpoint."""

        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

    class Moved(Message):
        """A run or checkpoint has another path, or none."""

        def __init__(self, old: Path, new: Path | None) -> None:
            super().__init__()
            self.old, self.new = old, new

    def compose_body(self) -> ComposeResult:
        yield RunBrowser(self.app_root)

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(_LIST_EVERY, self.list_entries)

    def on_screen_resume(self) -> None:  # Textual calls the base class's as well
        self.list_entries()

    @property
    def app_root(self) -> Path:
        root = getattr(self.app, "root", None)
        return root if isinstance(root, Path) else Path("checkpoints")

    @property
    def browser(self) -> RunBrowser:
        return self.query_one(RunBrowser)

    @property
    def _changes(self) -> RunChanges:
        from emnist_tui.tui.screens.run_changes import RunChanges

        return RunChanges(self, self.app_root, self._move)

    @property
    def selected(self) -> Target | None:
        """Run or checkpoint under the cursor."""
        return self.browser.target

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action not in _OWN_ACTIONS or not self.is_mounted:
            return super().check_action(action, parameters)
        browser = self.browser
        selected = browser.selected
        match action:
            case "mark" | "edit":
                return True if selected else None
            case "filter" | "sort":
                return True if browser.entries else None
            case "delete":
                return True if selected or browser.marked else None
            case "compare":
                return True if len(browser.marked) == 2 else None
            case "overlay":
                return True if browser.has_curves else None
            case "clear":
                return browser.is_narrowed or bool(browser.marked)
        return True

    def explain_unavailable(self, action: str) -> str:
        """Explain why a key needs a row; empty for other reasons."""
        is_hidden = action in ("mark", "edit", "delete") and self.is_mounted and self.browser.entries
        return "no run matches the filter" if is_hidden else ""

    def show_body(self, opened: RunSession | None) -> None:
        """Mark the open run in the list."""
        self.browser.show_opened((opened.checkpoint or opened.follower.folder.path) if opened else None)

    def list_entries(self) -> None:
        """Read the runs directory again if this screen is current."""
        if self.is_current:
            self.browser.refresh_list()

    def on_run_browser_changed(self) -> None:
        self.refresh_bindings()

    def on_data_table_row_selected(self) -> None:
        if selected := self.browser.selected:
            self._open(selected)

    def _open(self, entry: Entry) -> None:
        if entry.kind != "sweep":
            self.post_message(self.Chosen(entry.path))
        elif entry.problem:
            self.notify(formats.printable(entry.problem), severity="error", timeout=10, markup=False)
        else:
            from emnist_tui.tui.screens.sweep import SweepScreen

            board = entry.board if isinstance(entry, SweepEntry) else None
            self.app.push_screen(SweepScreen(SweepFolder(entry.path), board))

    def action_mark(self) -> None:
        self.browser.mark()

    def action_clear(self) -> None:
        self.browser.clear()

    def action_filter(self) -> None:
        self.browser.open_filter()

    def action_sort(self) -> None:
        self.browser.sort_next()

    def action_edit(self) -> None:
        if selected := self.browser.selected:
            self._changes.edit(selected)

    def action_delete(self) -> None:
        browser = self.browser
        marked = [entry for path in browser.marked for entry in browser.entries if entry.path == path]
        self._changes.delete(marked or ([browser.selected] if browser.selected else []))

    def action_trash(self) -> None:
        self._changes.open_trash()

    def action_compare(self) -> None:
        paths = self.browser.compared
        if any(SweepFolder(path).exists() for path in paths):
            from emnist_tui.tui.screens.compare_seeds import CompareSeedsScreen

            self.app.push_screen(CompareSeedsScreen(paths))
            return
        from emnist_tui.tui.screens.compare import CompareScreen
        from emnist_tui.tui.session.comparison_side import ComparisonSide

        sides: list[ComparisonSide] = []
        try:
            for path in paths:
                sides.append(ComparisonSide(path, foreign=self._choices(path)))
            refuse_incomparable(*sides)
        except EmnistTuiError as error:
            for side in sides:
                side.close()
            if isinstance(error, NetworkNeededError):
                networks_of(self.app).ask(error.network, partial(self._compare_with, path))
                return
            self.notify(formats.printable(str(error)), severity="error", timeout=10, markup=False)
            return
        self.app.push_screen(CompareScreen(*sides))

    def _compare_with(self, path: Path, network: str) -> None:
        """Compare the marked runs, with a network's file for one."""
        choices: dict[Path, ForeignWeights] = getattr(self.app, "choices", {})
        choices[path.absolute()] = ForeignWeights(network=network)
        self.action_compare()

    def action_overlay(self) -> None:
        from emnist_tui.tui.screens.overlay import OverlayScreen

        marked = [
            SweepFolder(path) if SweepFolder(path).exists() else RunFolder(path) for path in self.browser.marked_runs
        ]
        try:
            for folder in marked:
                refuse_search(folder)
        except EmnistTuiError as error:
            self.notify(formats.printable(str(error)), severity="error", timeout=10, markup=False)
            return
        self.app.push_screen(OverlayScreen(marked))

    def _choices(self, path: Path) -> ForeignWeights:
        """Return the user's choices about the weights in a file."""
        choices: dict[Path, ForeignWeights] = getattr(self.app, "choices", {})
        return choices.get(path.absolute(), RECOGNIZED)

    def _move(self, old: Path, new: Path | None) -> None:
        """Let the list and the open run follow a moved run."""
        choices: dict[Path, ForeignWeights] = getattr(self.app, "choices", {})
        if new and (chosen := choices.pop(old.absolute(), None)):
            choices[new.absolute()] = chosen
        self.browser.follow(old, new)
        self.post_message(self.Moved(old, new))


def refuse_incomparable(a: ComparisonSide, b: ComparisonSide) -> None:
    """Raise `EmnistTuiError` if a side is already known to be unusable."""
    for problem in (a.problem, b.problem):
        if problem:
            raise EmnistTuiError(problem)


def refuse_search(folder: RunFolder | SweepFolder) -> None:
    """Raise `EmnistTuiError` for a sweep that varies more than the seed."""
    if isinstance(folder, SweepFolder) and not folder.read_spec().is_seeds:
        raise EmnistTuiError(
            f"{folder.name} varies more than the seed, so that its runs have no mean; open it instead."
        )
