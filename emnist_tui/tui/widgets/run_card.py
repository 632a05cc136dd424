"""Progress, throughput, metrics and configuration of the open run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from emnist_tui.runs.record import RunState
from emnist_tui.text.formats import count, duration, epochs, loss, percent, printable, rate
from emnist_tui.tui.keymap import Keymap, keymap_of
from emnist_tui.tui.onboarding import Step
from emnist_tui.tui.widgets.device_rows import GPU, WAY, device_rows
from emnist_tui.tui.widgets.recipe_facts import rate_texts, recipe_parts, wrapped
from emnist_tui.tui.widgets.text_table import named
from emnist_tui.tui.widgets.unit_rows import FOUND, unit_rows

if TYPE_CHECKING:
    from emnist_tui.runs.events import CheckpointLoaded, Evaluated
    from emnist_tui.runs.record import RunRecord
    from emnist_tui.tui.session.nvml import GpuFigures
    from emnist_tui.tui.session.run_session import RunSession

Row = tuple[str, str | tuple[str, ...]]
"""Name and value, or values from the longest to the shortest, the first that fits."""

_READABLE = 0.25  # seconds that a number stays on the screen, long enough to read
_PERCENT = 7  # columns of the gap before a bar and of its percentage
_ROOMY = 30  # rows of a window from which on the recipe has several lines
_RECIPE_LINES = 3
_LOW_RECIPE_LINES = 2
_LOW_LINES = 13  # in a lower window, so that the epochs below keep some rows
_SHORT = 22  # rows of a window below which the card is clipped
_SHORT_LINES = 9
_LEAST_NEEDED = (FOUND, WAY, "parameters", "seed", "batch size", GPU, "saved", "speed")
"""Rows that are left out where there are more, the first first."""
_ACCURACIES = ("validation", "test")


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
        self._recipe: tuple[str, ...] = ()
        self._steps: tuple[Step, ...] = ()
        self._next_change = 0.0

    def show(self, opened: RunSession | None, gpu: GpuFigures | None = None) -> None:
        """Show a run and its GPU, unless the numbers changed within `_READABLE`."""
        if time.monotonic() < self._next_change:
            return
        rows = tuple(_rows(opened, gpu)) if opened else ()
        bars = tuple(_bars(opened)) if opened else ()
        recipe = recipe_parts(opened.record.config) if opened and opened.record.config else ()
        if (rows, bars, recipe) != (self._rows, self._bars, self._recipe):
            height_changes = (len(rows), len(bars), recipe) != (len(self._rows), len(self._bars), self._recipe)
            self._rows, self._bars, self._recipe = rows, bars, recipe
            self._next_change = time.monotonic() + _READABLE
            self.refresh(layout=height_changes)

    def show_first_steps(self, steps: tuple[Step, ...]) -> None:
        """Set the suggestions that are shown while no run is open."""
        if steps != self._steps:
            self._steps = steps
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's signature
        return len(self._lines(width)) if self._rows else max(1, len(self._steps))

    def render(self) -> Content:
        if not self._rows:
            return _draw_steps(self._steps, keymap_of(self.app))
        return Content("\n").join(self._lines(self.size.width))

    def _lines(self, width: int) -> list[Content]:
        is_roomy = self.app.size.height >= _ROOMY
        recipe = wrapped(self._recipe, width - len("recipe") - 1, _RECIPE_LINES if is_roomy else _LOW_RECIPE_LINES)
        rows = list(self._rows)
        if not is_roomy:
            rows = _most_needed(rows, _LOW_LINES - len(self._bars) - len(recipe))
        if self.app.size.height < _SHORT:
            rows = _with_accuracies(rows, _SHORT_LINES - len(self._bars))
        names = [name for name, _ in rows]
        room = width - max(map(len, names)) - 1
        cells = max(4, width - _PERCENT - max(len(name) for name in [*names, *(label for label, _ in self._bars)]))
        lines = [named(label, _bar(share, cells), width) for label, share in self._bars]
        lines += [
            named(name, _fitted(value, width - len(name) - 1 if isinstance(value, tuple) else room), width)
            for name, value in rows
        ]
        if len(lines) + len(recipe) > _LOW_LINES and not is_roomy:
            recipe = wrapped(self._recipe, width - len("recipe") - 1, 1)
        return lines + [named("" if number else "recipe", text, width) for number, text in enumerate(recipe)]


def _most_needed(rows: list[Row], most: int) -> list[Row]:
    for name in _LEAST_NEEDED:
        if len(rows) > most:
            rows = _without(rows, name)
    return rows


def _with_accuracies(rows: list[Row], most: int) -> list[Row]:
    """Leave out the speed if the accuracies end below `most` lines."""
    last = max((place for place, (name, _) in enumerate(rows) if name in _ACCURACIES), default=0)
    return _without(rows, "speed") if last >= most else rows


def _without(rows: list[Row], left_out: str) -> list[Row]:
    return [row for row in rows if row[0] != left_out]


def _draw_steps(steps: tuple[Step, ...], keys: Keymap) -> Content:
    labels = [keys.label(name) for name, _ in steps]
    width = max(map(len, labels), default=0)
    rows = zip(labels, (action for _, action in steps), strict=True)
    return Content("\n").join(Content.assemble((label.ljust(width), "bold"), f"  {action}") for label, action in rows)


def _bar(share: float, cells: int) -> Content:
    filled = int(share * cells)
    return Content.assemble(("━" * filled, "$accent"), ("─" * (cells - filled), "dim"), f" {percent(share, 0):>5}")


def _fitted(value: str | tuple[str, ...], room: int) -> str:
    """Shorten a value to `room` cells."""
    if isinstance(value, tuple):
        value = next((text for text in value if cell_len(text) <= room), value[-1])
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


def _rows(opened: RunSession, gpu: GpuFigures | None) -> list[Row]:
    record = opened.record
    rows: list[Row] = []
    if record.started:
        rows += [
            ("steps", _steps(record)),
            _time(opened),
            *_early_end(opened),
            ("speed", (rate(record.images_per_second),)),
            ("mean loss", loss(record.current_loss)),
            ("mean accuracy", percent(record.current_accuracy)),
            *_accuracies(record),
            ("saved", _saved(opened)),
            *unit_rows(record),
            *device_rows(record.started, gpu),
        ]
    if record.started and record.config:
        config = record.config
        rows += [
            ("batch size", count(config.batch_size)),
            ("learning rate", rate_texts(opened)),
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
            ("test", percent(opened.evaluation.accuracy if opened.evaluation else None, 2)),
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


def _steps(record: RunRecord) -> tuple[str, str]:
    """Return the steps, and a shorter text without the total.

    A bar shows the total as well.
    """
    return f"{count(record.step)}/{count(record.total_steps)}", count(record.step)


def _time(opened: RunSession) -> Row:
    if opened.state in (RunState.FINISHED, RunState.STOPPED) and opened.record.ended:
        return "trained for", duration(opened.record.trained_seconds)
    return "time left", duration(opened.record.seconds_left if opened.state is RunState.TRAINING else None)


def _early_end(opened: RunSession) -> list[Row]:
    early, words = opened.record.stopped_early, opened.record.early_end
    return [("finished", (words, f"early (best {early.best_epoch})", "early"))] if early and words else []


def _accuracies(record: RunRecord) -> list[Row]:
    """Return the newest test accuracy.

    With validation, it is that of the best epoch so far, which is tested in the end.
    """
    best, tested = record.best_epoch, record.last_evaluation()
    if record.epoch_split == "test":
        return [("test", percent(tested.accuracy if tested else None, 2))]
    return [("validation", _of_epoch(best)), *([("test", _of_epoch(tested))] if tested else [])]


def _of_epoch(evaluated: Evaluated | None) -> str | tuple[str, ...]:
    """Name the epoch of an accuracy.

    The weights have changed since, unless it is the last.
    """
    share = percent(evaluated.accuracy if evaluated else None, 2)
    return (f"{share} (epoch {evaluated.epoch})", share) if evaluated else share


def _saved(opened: RunSession) -> str:
    saved = opened.record.checkpoint
    return f"step {count(saved.step)}" if saved else "not yet"
