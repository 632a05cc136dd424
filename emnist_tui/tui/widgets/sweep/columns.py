"""Columns of the table of trials: contents, widths and orders."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rich.cells import cell_len

from emnist_tui.runs.sweeps.board import Board
from emnist_tui.runs.sweeps.space import Axis, Value, option_of
from emnist_tui.runs.sweeps.spec import SweepSpec
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from emnist_tui.text import formats

PADDING = 2
"""Cells beside the contents of a column."""
BEST = "◆"
SHORT_NAMES = {"learning_rate": "rate", "batch_size": "batch"}
"""Titles of varied fields that the list of runs also has."""
_DIGITS = 4  # significant, of a value from a range
_LONGEST = 16  # cells of a varied value
_MOST_MEASURED = 2_000  # trials whose cells are measured at once, which takes some 20 ms
_TIME = len("59 m 59 s")
_STATE = max(map(len, TrialState))
_PLAIN_ORDERS = ("accuracy", "trial", "state", "time")
_STATES = tuple(TrialState)


@dataclass(frozen=True)
class Column:
    """One fact about every trial."""

    name: str
    """Key of the column: a varied field, or a word of this module."""
    title: str
    text: Callable[[Trial], str]
    least: int = 0
    """Cells that it takes whatever the contents, which change."""
    is_number: bool = True


@dataclass(frozen=True)
class Shown:
    """A column as it is shown."""

    column: Column
    label: str
    width: int
    """Cells without the padding."""

    def text(self, trial: Trial) -> str:
        """Return a trial's cell, as wide as the column."""
        return self.place(formats.shortened(self.column.text(trial), self.width))

    def place(self, text: str) -> str:
        """Fill a text up to the column's width."""
        gap = " " * (self.width - cell_len(text))
        return gap + text if self.column.is_number else text + gap


@dataclass(frozen=True)
class TrialOrder:
    """An order of the trials."""

    by: str = "accuracy"
    """Name of a column."""
    is_reversed: bool = False

    @property
    def is_descending(self) -> bool:
        return (self.by in ("accuracy", "test", "epoch", "time")) != self.is_reversed


def title_of(field: str) -> str:
    """Return the title of a varied field."""
    return SHORT_NAMES.get(field, option_of(field))


def value_text(axis: Axis, value: Value | None) -> str:
    """Format a varied value."""
    if value is None:
        return formats.UNKNOWN
    if isinstance(value, str):
        return formats.printable(value)
    if isinstance(value, int) and abs(value) < 10**15:
        return str(value)
    return formats.number(value, 6 if axis.values else _DIGITS)


def elapsed(trial: Trial) -> float:
    """Return a trial's training time, or in its first epoch its age.

    After that epoch pauses and interruptions do not count. A worker's clock may differ from this one's.
    """
    is_young = trial.state is TrialState.RUNNING and not trial.epoch
    return max(0.0, time.time() - trial.began) if is_young else trial.seconds


def columns_of(spec: SweepSpec) -> dict[str, Column]:
    """Return the columns of a sweep's table by their names."""
    metric = formats.split_label(spec.split)
    columns = [Column("trial", "trial", lambda trial: str(trial.number))]
    columns += [
        Column(axis.field, title_of(axis.field), _value_of(axis), is_number=_is_number(axis)) for axis in spec.axes
    ]
    columns.append(Column("accuracy", metric, lambda trial: formats.percent(trial.accuracy, 2), len("99.99 %")))
    if spec.is_seeds and spec.split != "test":
        columns.append(Column("test", "test", lambda trial: formats.percent(trial.test_accuracy, 2), len("99.99 %")))
    columns += [
        Column("epoch", "epoch", lambda trial: formats.epochs(trial.epoch, _epochs(spec, trial))),
        Column("time", "time", lambda trial: formats.duration(elapsed(trial)), _TIME),
        Column("state", "state", lambda trial: str(trial.state), _STATE, is_number=False),
        Column("host", "host", lambda trial: formats.printable(trial.host) or formats.UNKNOWN, is_number=False),
    ]
    return {column.name: column for column in columns}


class Widths:
    """Widest contents of each column so far.

    Only new trials are measured.
    """

    def __init__(self) -> None:
        self._seen: dict[int, Trial] = {}
        self._cells: dict[str, int] = {}

    def measure(self, board: Board, columns: Mapping[str, Column]) -> Mapping[str, int]:
        """Return the cells of each column's contents, which never shrink.

        Of very many new trials, some are left to the next calls.
        """
        fresh = [trial for trial in board.trials if self._seen.get(trial.number) is not trial][:_MOST_MEASURED]
        self._seen.update((trial.number, trial) for trial in fresh)
        for name, column in columns.items():
            widest = max((cell_len(column.text(trial)) for trial in fresh), default=0)
            self._cells[name] = max(self._cells.get(name, 0), column.least, min(_LONGEST, widest))
        return self._cells


def fitting_columns(board: Board, width: int, order: TrialOrder, widths: Widths | None = None) -> list[Shown]:
    """Choose the columns that fit into `width` cells, omitting the least needed."""
    columns = columns_of(board.spec)
    contents = (widths or Widths()).measure(board, columns)
    needed = ("trial", "state", "accuracy", *(axis.field for axis in board.spec.axes), "test", "epoch", "time", "host")
    left = width
    shown: dict[str, Shown] = {}
    for name in needed:
        if (column := columns.get(name)) is None:
            continue
        label = f"{column.title} {'↓' if order.is_descending else '↑'}" if name == order.by else column.title
        cells = max(cell_len(label), contents[name])
        if cells + PADDING <= left or not shown:
            shown[name] = Shown(column, label, cells)
            left -= cells + PADDING
    return [shown[name] for name in columns if name in shown]


def orders_of(spec: SweepSpec) -> list[TrialOrder]:
    """Return the orders that a key goes through."""
    return [TrialOrder(name) for name in (*_PLAIN_ORDERS, *(axis.field for axis in spec.axes))]


def arrange(board: Board, order: TrialOrder) -> list[Trial]:
    """Return the trials in an order, those without the value last."""
    if order == TrialOrder():
        ranked = board.ranking
        numbers = {trial.number for trial in ranked}
        return [*ranked, *(trial for trial in board.trials if trial.number not in numbers)]
    key = _KEYS.get(order.by) or (lambda trial: _comparable(trial.values.get(order.by)))
    known = [trial for trial in board.trials if key(trial) is not None]
    unknown = [trial for trial in board.trials if key(trial) is None]
    return [*sorted(known, key=key, reverse=order.is_descending), *unknown]  # type: ignore[arg-type]


def _value_of(axis: Axis) -> Callable[[Trial], str]:
    return lambda trial: value_text(axis, trial.values.get(axis.field))


def _is_number(axis: Axis) -> bool:
    return not any(isinstance(value, str) for value in axis.values)


def _epochs(spec: SweepSpec, trial: Trial) -> int:
    planned = trial.values.get("epochs", spec.config.epochs)
    return planned if isinstance(planned, int) else spec.config.epochs


def _comparable(value: Value | None) -> tuple[int, float, str] | None:
    if value is None:
        return None
    return (1, 0.0, value) if isinstance(value, str) else (0, float(value), "")


_KEYS: Mapping[str, Callable[[Trial], object]] = {
    "accuracy": lambda trial: trial.accuracy,
    "test": lambda trial: trial.test_accuracy,
    "trial": lambda trial: trial.number,
    "epoch": lambda trial: trial.epoch,
    "time": elapsed,
    "state": lambda trial: _STATES.index(trial.state),
    "host": lambda trial: trial.host or None,
}
