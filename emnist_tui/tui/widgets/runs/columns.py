"""Columns of the table of runs: contents and widths."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from emnist_tui.runs.listing import Entry
from emnist_tui.runs.selection import Order, differing
from emnist_tui.runs.sweeps.listing import SweepEntry
from emnist_tui.text import formats

PADDING = 2
"""Cells beside the contents of a column."""
MARK = "●"
OPENED = "▸"


@dataclass(frozen=True)
class Column:
    """One fact about every row."""

    name: str
    text: Callable[[Entry], str]
    least: int | None = None
    """Narrowest useful width in cells; None for contents that are never cut."""
    is_number: bool = False


def _rate(entry: Entry) -> str:
    return formats.number(entry.learning_rate)


def _state(entry: Entry) -> str:
    """Return the state, or that of a sweep: `training 12 of 50`."""
    if isinstance(entry, SweepEntry) and entry.board:
        return f"{entry.shown_state} {formats.epochs(entry.ended, entry.board.total)}"
    return formats.printable(entry.shown_state)


def _test(entry: Entry) -> str:
    """Return the test accuracy.

    Of seeds it is the mean and the standard deviation, `97.31 ± 0.12 %`; of a search that is not tested yet the best on
    validation, `97.31 % val`.
    """
    if isinstance(entry, SweepEntry) and entry.test_accuracy is not None and entry.spread is not None:
        return f"{entry.test_accuracy * 100:.2f} ± {formats.percent(entry.spread, 2)}"
    if isinstance(entry, SweepEntry) and entry.test_accuracy is None and entry.board and entry.board.best:
        return f"{formats.percent(entry.board.best.accuracy, 2)} {formats.split_label(entry.board.spec.split)}"
    return formats.percent(entry.test_accuracy, 2)


def _data(entry: Entry) -> str:
    """Return the data without the word that all have in common."""
    return formats.printable((entry.data or formats.UNKNOWN).replace(" digits", "", 1))


COLUMNS = (
    Column("", lambda _: "  "),
    Column("name", lambda entry: formats.printable(entry.name), least=16),
    Column("state", _state),
    Column("test", _test, is_number=True),
    Column("model", lambda entry: formats.printable(entry.model or formats.UNKNOWN), least=8),
    Column("data", _data, least=10),
    Column("rate", _rate, is_number=True),
    Column("batch", lambda entry: formats.count(entry.batch_size), is_number=True),
    Column("epoch", lambda entry: formats.epochs(entry.epoch, entry.epochs), is_number=True),
    Column("tags", lambda entry: formats.printable(" ".join(entry.tags)), least=5),
    Column("step", lambda entry: formats.count(entry.step), is_number=True),
    Column("seed", lambda entry: formats.count(entry.seed), is_number=True),
    Column("note", lambda entry: formats.printable(entry.note), least=16),
    Column("created", lambda entry: formats.date(entry.created) if entry.created else formats.UNKNOWN),
    Column("last change", lambda entry: formats.date(entry.time)),
)
_BY_NAME = {column.name: column for column in COLUMNS}
_NEEDED = ("name", "", "state", "test", "model", "data", "rate", "batch", "tags", "epoch")
"""Most needed columns first."""
_COMFORT = (("tags", 8), ("name", 28), ("data", 20), ("tags", 16))
"""Cells that these grow to, one after the other, before any other column is added."""
_OTHERS = ("last change", "seed", "note", "step", "created")
_GROWING = ("name", "model", "data", "tags", "note")
"""Columns that take the room that is left, in this order."""


@dataclass(frozen=True)
class Shown:
    """A column as it is shown."""

    column: Column
    label: str
    width: int
    """Cells without the padding."""

    def text(self, entry: Entry) -> str:
        """Return a row's cell, cut where it does not fit.

        Of a network of one's own, the class is needed more than the file.
        """
        text = self.column.text(entry)
        if self.column.name == "model" and cell_len(text) > self.width:
            text = text.rpartition(":")[2]
        return (formats.shortened if self.column.name in ("name", "model") else formats.cut)(text, self.width)


def fitting_columns(entries: Sequence[Entry], width: int, order: Order | None = None) -> list[Shown]:
    """Choose the columns that fit into `width` cells, omitting the least needed.

    The name is always there, and is cut before the state or the accuracy is omitted.
    """
    labels = {name: _label(name, order) for name in _BY_NAME if _is_useful(name, entries)}
    natural = {name: _natural_width(_BY_NAME[name], label, entries) for name, label in labels.items()}
    fit = _Fit(natural, width)
    for name in (name for name in _NEEDED if name in labels):
        fit.add(name, max(_BY_NAME[name].least or natural[name], len(labels[name])))
    for name, comfort in _COMFORT:
        fit.grow(name, comfort)
    for name in (name for name in _OTHERS if name in labels):
        fit.add(name, max(_BY_NAME[name].least or natural[name], len(labels[name])))
    for name in _GROWING:
        fit.grow(name, width)
    return [Shown(_BY_NAME[name], labels[name], fit.widths[name]) for name in _BY_NAME if name in fit.widths]


class _Fit:
    """Widths of columns that share a number of cells."""

    def __init__(self, natural: dict[str, int], room: int) -> None:
        self.widths: dict[str, int] = {}
        self._natural = natural
        self._left = room

    def add(self, name: str, least: int) -> None:
        """Add a column if it fits; the first one always does."""
        width = min(self._natural[name], least)
        if width + PADDING <= self._left or not self.widths:
            self.widths[name] = max(1, min(width, self._left - PADDING))
            self._left -= self.widths[name] + PADDING

    def grow(self, name: str, most: int) -> None:
        """Widen a column to its contents, at most to `most` cells."""
        if name in self.widths:
            more = max(0, min(self._left, min(self._natural[name], most) - self.widths[name]))
            self.widths[name] += more
            self._left -= more


def _label(name: str, order: Order | None) -> str:
    """Return the title, with an arrow at the sorted column."""
    if order is None or order.by != name:
        return name
    return f"{name} {arrow(order)}"


def arrow(order: Order) -> str:
    """Return the direction of an order as an arrow."""
    return "↓" if order.is_descending else "↑"


def _is_useful(name: str, entries: Sequence[Entry]) -> bool:
    """Check that a column tells something about these rows."""
    match name:
        case "model":
            return differing(entries, lambda entry: entry.model)
        case "tags":
            return any(entry.tags for entry in entries)
        case "note":
            return any(entry.note for entry in entries)
    return True


def _natural_width(column: Column, label: str, entries: Sequence[Entry]) -> int:
    return max([len(label), *(cell_len(column.text(entry)) for entry in entries)])
