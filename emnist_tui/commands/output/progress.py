"""Progress on stderr: a bar on a terminal, else plain lines."""

import os
import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TextColumn, TimeRemainingColumn

from emnist_tui.commands.output.observers import Observers
from emnist_tui.commands.output.sentences import describe, training_line
from emnist_tui.commands.output.streams import print_line
from emnist_tui.runs import events
from emnist_tui.runs.record import RunRecord
from emnist_tui.text import formats

LINE_INTERVAL = 5.0  # seconds between two lines of progress


class LineTimer:
    """Limit of one line of progress every `LINE_INTERVAL` seconds."""

    def __init__(self, *, starts_due: bool) -> None:
        """Start the interval; with `starts_due` the first line is due immediately."""
        self._next = 0.0 if starts_due else time.monotonic() + LINE_INTERVAL

    def is_due(self) -> bool:
        """Check if a line is due, and if so restart the interval."""
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + LINE_INTERVAL
        return True


class Lines:
    """Training as plain lines."""

    def __init__(self) -> None:
        self._output = sys.stderr
        self._record = RunRecord()
        self._timer = LineTimer(starts_due=True)

    def observe(self, event: events.Event) -> None:
        self._record.apply(event)
        if isinstance(event, events.Batches):
            if self._timer.is_due():
                self._print(training_line(self._record))
        elif sentence := describe(event):
            self._print(sentence)

    def close(self) -> None:
        pass

    def _print(self, line: str) -> None:
        print(formats.printable(line), file=self._output, flush=True)


class Bar:
    """Training as a progress bar, with sentences about other events above it."""

    def __init__(self) -> None:
        self._record = RunRecord()
        self._progress = progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[numbers]}", markup=False),
        )
        self._task: TaskID | None = None
        self._progress.start()

    def observe(self, event: events.Event) -> None:
        self._record.apply(event)
        if isinstance(event, events.Batches):
            self._advance()
        elif sentence := describe(event):
            print_above(self._progress, sentence)

    def close(self) -> None:
        self._progress.stop()

    def _advance(self) -> None:
        record = self._record
        if self._task is None:
            self._task = self._progress.add_task("", total=record.total_steps, completed=record.step, numbers="")
        self._progress.update(
            self._task,
            completed=record.step,
            description=f"epoch {record.epoch}/{record.config.epochs if record.config else '?'}",
            numbers=(
                f"loss {formats.loss(record.current_loss)}  accuracy {formats.percent(record.current_accuracy)}  "
                f"{formats.rate(record.images_per_second)}"
            ),
        )


def progress(*columns: ProgressColumn) -> Progress:
    """Make a transient progress bar on stderr, ending with the time left.

    It is as wide as the terminal, even if COLUMNS is exported with another number.
    """
    os.environ.pop("COLUMNS", None)
    return Progress(
        *columns,
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        refresh_per_second=5,
        expand=True,
        transient=True,
    )


def print_above(bar: Progress, sentence: str) -> None:
    """Print a sentence above a progress bar, as it is."""
    bar.console.print(formats.printable(sentence), markup=False, highlight=False, soft_wrap=True)


def print_event(event: events.Event) -> None:
    """Print an event as a sentence, if it has one."""
    Observers([Lines()]).observe(event)


def print_phase(phase: str) -> None:
    """Print the name of a wait that begins now."""
    print_event(events.PhaseStarted(phase=phase))


def progress_printer(label: str) -> Callable[[int, int], None]:
    """Make a callback that prints `label: DONE of TOTAL` every few seconds."""
    timer = LineTimer(starts_due=False)

    def print_progress(done: int, total: int) -> None:
        if timer.is_due():
            print_line(f"{label}: {formats.count(done)} of {formats.count(total)}")

    return print_progress
