"""Progress, throughput, metrics and configuration of the open run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.widget import Widget

from emnist_tui.runs.record import RunState
from emnist_tui.text.formats import count, duration, epochs, loss, percent, printable, rate
from emnist_tui.tui.keymap import Keymap, keymap_of
from emnist_tui.tui.onboarding import Step
from emnist_tui.tui.widgets.text_table import named
from emnist_tui.tui.widgets.unit_rows import unit_rows

if TYPE_CHECKING:
    from emnist_tui.runs.events import CheckpointLoaded
    from emnist_tui.tui.session.run_session import RunSession

Row = tuple[str, str]

_READABLE = 0.25  # seconds that a number stays on the screen, long enough to read
_PERCENT = 7  # columns of the gap before a bar and of its percentage


class RunCard(Widget):
    """Names and values under two progress bars; redrawn only after a change."""

    DEFAULT_CSS = """
    RunCard {
        height: auto;
        border: round $foreground 25%;
        border-title-color: $foreground;
        padding: 0 1;
        text-wrap: nowrap;
        text-overflow: clip;
    }
    """
    BORDER_TITLE = "Run"

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[Row, ...] = ()
        self._bars: tuple[tuple[str, float], ...] = ()
        self._steps: tuple[Step, ...] = ()
        self._next_change = 0.0

    def show(self, opened: RunSession | None) -> None:
        """Show a run, unless the numbers last changed less than `_READABLE` ago."""
        if time.monotonic() < self._next_change:
            return
        rows = tuple(_rows(opened)) if opened else ()
        bars = tuple(_bars(opened)) if opened else ()
        if (rows, bars) != (self._rows, self._bars):
            height_changes = (len(rows), len(bars)) != (len(self._rows), len(self._bars))
            self._rows, self._bars = rows, bars
            self._next_change = time.monotonic() + _READABLE
            self.refresh(layout=height_changes)

    def show_first_steps(self, steps: tuple[Step, ...]) -> None:
        """Set the suggestions that are shown while no run is open."""
        if steps != self._steps:
            self._steps = steps
            self.refresh(layout=True)

    def render(self) -> Content:
        if not self._rows:
            return _draw_steps(self._steps, keymap_of(self.app))
        width = self.size.width
        room = width - max(len(name) for name, _ in self._rows) - 1
        cells = max(4, width - _PERCENT - max(len(name) for name, _ in [*self._rows, *self._bars]))
        lines = [named(label, _bar(share, cells), width) for label, share in self._bars]
        lines += [named(name, _fitted(value, room), width) for name, value in self._rows]
        return Content("\n").join(lines)


def _draw_steps(steps: tuple[Step, ...], keys: Keymap) -> Content:
    labels = [keys.label(name) for name, _ in steps]
    width = max(map(len, labels), default=0)
    rows = zip(labels, (action for _, action in steps), strict=True)
    return Content("\n").join(Content.assemble((label.ljust(width), "bold"), f"  {action}") for label, action in rows)


def _bar(share: float, cells: int) -> Content:
    filled = int(share * cells)
    return Content.assemble(("━" * filled, "$accent"), ("─" * (cells - filled), "dim"), f" {percent(share, 0):>5}")


def _fitted(value: str, room: int) -> str:
    """Shorten a value to `room` cells."""
    if cell_len(value) <= room:
        return value
    # The total of `steps` can be omitted: the bar shows it.
    value = value.partition("/")[0]
    return value if cell_len(value) <= room else f"{set_cell_size(value, max(0, room - 1))}…"


def _bars(opened: RunSession) -> list[tuple[str, float]]:
    record = opened.record
    if not record.started or not record.config or record.total_steps <= 0:
        return []
    per_epoch = record.started.steps_per_epoch
    epoch = max(1, record.epoch)
    within = min(max(0.0, (record.step - (epoch - 1) * per_epoch) / per_epoch), 1.0)
    return [
        (f"epoch {epochs(epoch, record.config.epochs)}", within),
        ("total", min(record.step / record.total_steps, 1.0)),
    ]


def _rows(opened: RunSession) -> list[Row]:
    record = opened.record
    rows: list[Row] = []
    if record.started:
        rows += [
            ("steps", f"{count(record.step)}/{count(record.total_steps)}"),
            _time(opened),
            ("speed", rate(record.images_per_second)),
            ("mean loss", loss(record.current_loss)),
            ("mean accuracy", percent(record.current_accuracy)),
            ("test", percent(tested.accuracy if (tested := record.last_evaluation()) else None)),
            ("saved", _saved(opened)),
            *unit_rows(record),
        ]
    if record.started and record.config:
        config = record.config
        rows += [
            ("batch size", count(config.batch_size)),
            ("learning rate", f"{config.learning_rate:g}"),
            ("seed", str(config.seed)),
            ("parameters", count(record.started.parameters)),
        ]
    if record.loaded:
        loaded = record.loaded
        rows += [
            ("checkpoint", printable(opened.name)),
            *_input(loaded),
            ("parameters", count(loaded.parameters)),
            ("epoch", str(loaded.epoch) if loaded.epoch is not None else "–"),
            ("test", percent(opened.evaluation.accuracy if opened.evaluation else None)),
            *unit_rows(record),
        ]
    return rows or [("state", str(opened.state))]


def _input(loaded: CheckpointLoaded) -> list[Row]:
    """Return the weights and the input of a foreign network."""
    facts = (
        ("weights", loaded.weights),
        ("input scaling", loaded.input_scaling),
        ("orientation", loaded.orientation),
    )
    return [(name, printable(fact)) for name, fact in facts if fact]


def _time(opened: RunSession) -> Row:
    if opened.state in (RunState.FINISHED, RunState.STOPPED) and opened.record.ended:
        return "trained for", duration(opened.record.trained_seconds)
    return "time left", duration(opened.record.seconds_left if opened.state is RunState.TRAINING else None)


def _saved(opened: RunSession) -> str:
    saved = opened.record.checkpoint
    return f"step {count(saved.step)}" if saved else "not yet"
