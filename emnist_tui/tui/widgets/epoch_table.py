"""Table of the finished epochs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget

from emnist_tui.text.formats import duration, loss, percent, rate, split_label
from emnist_tui.tui.widgets.text_table import align

if TYPE_CHECKING:
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
        yield _Lines(slice(1), "dim", id="epoch-names")
        yield _Lines(slice(1, None), "", id="epoch-rows")

    def on_resize(self) -> None:
        self.scroll_end(animate=False)

    def show(self, opened: RunSession | None) -> None:
        epochs = tuple(opened.record.epochs) if opened else ()
        evaluations = tuple(opened.record.evaluations) if opened else ()
        is_checkpoint = opened is not None and opened.checkpoint is not None
        is_wide = self.size.width >= _WIDE
        split = opened.record.epoch_split if opened else "test"
        shown = (epochs, evaluations, is_wide, is_checkpoint, split)
        if shown == self._shown:
            return
        self._shown = shown
        self.query_one("#epoch-names").set_class(bool(epochs), "-filled")
        rows = epoch_rows(epochs, evaluations, wide=is_wide, split=split) if epochs else []
        hint = "Checkpoints have no epoch history" if is_checkpoint else "No epoch finished yet"
        for lines in self.query(_Lines):
            lines.show(rows, hint)
        self.scroll_end(animate=False)


class _Lines(Widget):
    """Some lines of a table, aligned with all others."""

    DEFAULT_CSS = "_Lines { height: auto; text-overflow: clip; }"

    def __init__(self, which: slice, style: str, *, id: str) -> None:
        super().__init__(id=id)
        self._which, self._style = which, style
        self._rows: list[tuple[str, ...]] = []
        self._hint = ""

    def show(self, rows: list[tuple[str, ...]], hint: str) -> None:
        self._rows, self._hint = rows, hint
        self.styles.text_wrap = "nowrap" if rows else "wrap"
        self.refresh(layout=True)

    def render(self) -> Content:
        if not self._rows:
            return Content.styled(self._hint, "dim")
        return Content.styled("\n".join(align(self._rows, self.size.width)[self._which]), self._style)


def epoch_rows(
    epochs: Sequence[EpochEnded], evaluations: Sequence[Evaluated], *, wide: bool, split: str = "test"
) -> list[tuple[str, ...]]:
    """Return the names of the columns, and the cells of every epoch.

    A wide table has losses and throughput too. `split` is the one that epochs are evaluated on.
    """
    evaluations = [each for each in evaluations if each.split == split]
    name = split_label(split)
    rows: list[tuple[str, ...]] = [
        ("", "loss", "train", f"{name} loss", name, "time", "speed") if wide else ("", "train", name, "time")
    ]
    for epoch in epochs:
        tested = next((each for each in evaluations if each.epoch == epoch.epoch and each.step == epoch.step), None)
        test_accuracy = percent(tested.accuracy if tested else None, 2)
        accuracy, seconds = percent(epoch.train_accuracy), duration(epoch.seconds)
        if wide:
            losses = loss(epoch.train_loss), loss(tested.loss if tested else None)
            speed = rate(epoch.images_per_second)
            rows.append((str(epoch.epoch), losses[0], accuracy, losses[1], test_accuracy, seconds, speed))
        else:
            rows.append((str(epoch.epoch), accuracy, test_accuracy, seconds))
    return rows
