"""Two groups of seeds side by side: better, or luck?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message

from emnist_tui.analysis.seed_comparison import SeedComparison
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.sweeps.seed_group import read_group
from emnist_tui.tui.screens.base import RunScreen
from emnist_tui.tui.widgets.seed_comparison import SeedDifferences, SeedVerdict

if TYPE_CHECKING:
    from emnist_tui.tui.session.run_session import RunSession

_READ_EVERY = 2.0  # seconds


class CompareSeedsScreen(RunScreen):
    """Comparison of two groups, read again while their seeds train."""

    MODE: ClassVar[str] = "runs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", key_display="esc", tooltip="Back to the list of runs"),
    ]

    class Read(Message):
        """A thread has read both groups."""

        def __init__(self, found: SeedComparison | None, problem: str) -> None:
            """Carry the comparison, or why there is none."""
            super().__init__()
            self.found, self.problem = found, problem

    def __init__(self, paths: Sequence[Path]) -> None:
        """Compare the second of two groups or runs with the first."""
        super().__init__()
        self._paths = paths
        self._shown: tuple[SeedComparison | None, str] | None = None

    def compose_body(self) -> ComposeResult:
        with VerticalScroll(id="seed-comparison"):
            yield SeedVerdict()
            yield SeedDifferences()

    def on_mount(self) -> None:
        super().on_mount()
        names = " and ".join(path.name for path in self._paths)
        self.query_one(SeedVerdict).show(None, f"Reading the results of {names}.")
        self.query_one(SeedDifferences).show(None)
        self.query_one(VerticalScroll).focus()
        self._read_again()
        self.set_interval(_READ_EVERY, self._read_again)

    def show_body(self, opened: RunSession | None) -> None:
        """Show nothing of the open run: the screen is about two groups."""

    def _read_again(self) -> None:
        """Read both groups in a thread, unless all seeds have ended."""
        found = self._shown and self._shown[0]
        if found and not (found.a.left_out or found.b.left_out):
            return
        if not any(worker.group == "seeds" and not worker.is_finished for worker in self.workers):
            self.run_worker(self._read, group="seeds", thread=True, exit_on_error=False)

    def _read(self) -> None:
        try:
            a, b = (read_group(path) for path in self._paths)
            found = SeedComparison(a, b)
            found.to_json()  # computes all that is shown
            self.post_message(self.Read(found, ""))
        except EmnistTuiError as error:
            self.post_message(self.Read(None, str(error)))

    def on_compare_seeds_screen_read(self, message: Read) -> None:
        if (message.found, message.problem) != self._shown:
            self._shown = (message.found, message.problem)
            self.query_one(SeedVerdict).show(message.found, message.problem)
            self.query_one(SeedDifferences).show(message.found)

    def action_back(self) -> None:
        self.dismiss()
