"""Table of the finished epochs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from emnist_tui.text.formats import duration, loss, percent, rate

if TYPE_CHECKING:
    from rich.table import Table

    from emnist_tui.runs.events import EpochEnded, Evaluated
    from emnist_tui.tui.session.run_session import RunSession

_WIDE = 48  # columns inside the border that fit losses and throughput too


class EpochTable(VerticalScroll):
    """Scrolling table of epochs with the newest in view.

    Its header stays.
    """

    DEFAULT_CSS = """
    EpochTable {
        border: round $foreground 25%;
        border-title-color: $foreground;
        padding: 0 1;
        scrollbar-size-vertical: 1;
        & > #epoch-names { dock: top; height: 1; display: none; }
        & > #epoch-names.-filled { display: block; }
    }
    """
    BORDER_TITLE = "Epochs"
    can_focus = False

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        yield Static(id="epoch-names")
        yield Static(id="epoch-rows")

    def on_resize(self) -> None:
        self.scroll_end(animate=False)

    def show(self, opened: RunSession | None) -> None:
        epochs = tuple(opened.record.epochs) if opened else ()
        evaluations = tuple(opened.record.evaluations) if opened else ()
        is_checkpoint = opened is not None and opened.checkpoint is not None
        shown = (epochs, evaluations, self.size.width, is_checkpoint)
        if shown == self._shown:
            return
        self._shown = shown
        wide = self.size.width >= _WIDE
        names, rows = self.query_one("#epoch-names", Static), self.query_one("#epoch-rows", Static)
        names.set_class(bool(epochs), "-filled")
        if epochs:
            # The rows make the columns as wide as those below; the height of one cuts them off.
            names.update(epoch_table(epochs, evaluations, wide=wide))
            rows.update(epoch_table(epochs, evaluations, wide=wide, has_names=False))
        else:
            rows.update(Text("Checkpoints have no epoch history" if is_checkpoint else "No epoch finished yet", "dim"))
        self.scroll_end(animate=False)


def epoch_table(
    epochs: Sequence[EpochEnded], evaluations: Sequence[Evaluated], *, wide: bool, has_names: bool = True
) -> Table:
    """Build a table of epochs, with or without a header.

    A wide table has losses and throughput too. The columns are as wide with a header as without.
    """
    from rich.table import Table

    table = Table(box=None, padding=(0, 0), expand=True, header_style="dim", show_edge=False, show_header=has_names)
    names = ("", "train", "test", "time") if not wide else ("", "loss", "train", "test loss", "test", "time", "speed")
    for name in names:
        table.add_column(name, justify="right", no_wrap=True, min_width=len(name))
    for epoch in epochs:
        tested = next((each for each in evaluations if each.epoch == epoch.epoch and each.step == epoch.step), None)
        test_accuracy = percent(tested.accuracy if tested else None)
        cells = [str(epoch.epoch), percent(epoch.train_accuracy), test_accuracy, duration(epoch.seconds)]
        if wide:
            test_loss = loss(tested.loss if tested else None)
            cells = [
                str(epoch.epoch),
                loss(epoch.train_loss),
                percent(epoch.train_accuracy),
                test_loss,
                test_accuracy,
                duration(epoch.seconds),
                rate(epoch.images_per_second),
            ]
        table.add_row(*cells)
    return table
