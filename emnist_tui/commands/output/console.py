"""What the headless commands print: training as it goes, and tables. Data goes to stdout, words to stderr."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TextColumn, TimeRemainingColumn

from emnist_tui.analysis.neighbors import Neighbors
from emnist_tui.analysis.predictions import Mistake
from emnist_tui.runs import events
from emnist_tui.runs.listing import Entry
from emnist_tui.runs.record import RunRecord
from emnist_tui.text import ascii_art, formats

PLAIN_LINE_EVERY = 5.0  # seconds
_NARROW = 26  # columns of one of three digits in a line


class Observer(Protocol):
    """Someone who is told every event of a run."""

    def observe(self, event: events.Event) -> None: ...
    def close(self) -> None: ...


class JsonLines:
    """`train --json`: the lines of events.jsonl."""

    def __init__(self) -> None:
        self._output = sys.stdout

    def observe(self, event: events.Event) -> None:
        self._output.write(event.to_line())
        self._output.flush()

    def close(self) -> None:
        pass


class Lines:
    """Training as plain lines, for a log or a pipe."""

    def __init__(self) -> None:
        self._output = sys.stderr
        self._record = RunRecord()
        self._next_line = 0.0

    def observe(self, event: events.Event) -> None:
        self._record.apply(event)
        if isinstance(event, events.Batches):
            if time.monotonic() >= self._next_line:
                self._next_line = time.monotonic() + PLAIN_LINE_EVERY
                self._say(training_line(self._record))
        elif sentence := describe(event):
            self._say(sentence)

    def close(self) -> None:
        pass

    def _say(self, line: str) -> None:
        print(formats.printable(line), file=self._output, flush=True)


class Bar:
    """Training as a progress bar on a terminal; what happens stays above it."""

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
            self._progress.console.print(formats.printable(sentence), markup=False, highlight=False, soft_wrap=True)

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


def tell_phase(phase: str) -> None:
    """On stderr, what takes a while now."""
    Lines().observe(events.PhaseStarted(phase=phase))


def progress(*columns: ProgressColumn) -> Progress:
    """Shown on stderr while it lasts, with the time that is left."""
    return Progress(
        *columns,
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        refresh_per_second=5,
        expand=True,
        transient=True,
    )


def training_line(record: RunRecord) -> str:
    epochs = record.config.epochs if record.config else 0
    words = [
        f"epoch {record.epoch}/{epochs}  step {formats.count(record.step)}/{formats.count(record.total_steps)}",
        f"loss {formats.loss(record.current_loss)}  accuracy {formats.percent(record.current_accuracy)}",
    ]
    if record.seconds_left is not None:  # as soon as the speed is known
        words.append(f"{formats.rate(record.images_per_second)}  {formats.duration(record.seconds_left)} left")
    return "  ".join(words)


def describe(event: events.Event) -> str | None:
    """An event as a sentence for people; None for those that are too many to tell."""
    match event:
        case events.PhaseStarted():
            return f"{event.phase} …"
        case events.RunStarted():
            resumed = _describe_resumption(event) if event.resumed_at_step is not None else ""
            threads = f"{event.threads} thread{'s' * (event.threads != 1)}"
            return (
                f"training {event.model} ({formats.count(event.parameters)} parameters) on {event.data}, "
                f"{formats.count(event.train_images)} train and {formats.count(event.test_images)} test images, "
                f"{event.device}, {threads}, seed {event.seed}{resumed}"
            )
        case events.Evaluated():
            epoch = f" after epoch {event.epoch}" if event.epoch else ""
            return (
                f"{event.split}{epoch}: accuracy {formats.percent(event.accuracy)}, "
                f"loss {formats.loss(event.loss)}, {formats.count(event.images)} images"
            )
        case events.EpochEnded():
            return (
                f"epoch {event.epoch}: train loss {formats.loss(event.train_loss)}, train accuracy "
                f"{formats.percent(event.train_accuracy)}, {formats.duration(event.seconds)}, "
                f"{formats.rate(event.images_per_second)}"
            )
        case events.CheckpointSaved():
            return f"saved {event.file} at step {formats.count(event.step)}"
        case events.CheckpointFailed():
            return f"warning: no checkpoint could be saved at step {formats.count(event.step)}: {event.error}"
        case events.StuckAtChance():
            return stuck_sentence(event)
        case events.Paused():
            return f"paused at step {formats.count(event.step)}"
        case events.Resumed():
            return "resumed"
        case events.RunEnded():
            return f"{event.reason} at step {formats.count(event.step)}, {formats.duration(event.seconds)} of training"
    return None


def _describe_resumption(event: events.RunStarted) -> str:
    """Where a run goes on, and what it keeps of how it began."""
    kept = [
        f"{name.replace('_', ' ')} {event.config.get(name)}" for name in ("batch_size", "learning_rate", "validation")
    ]
    return f", from step {formats.count(event.resumed_at_step)} as its checkpoint has it: {', '.join(kept)}"


def stuck_sentence(event: events.StuckAtChance) -> str:
    return (
        f"warning: after {formats.count(event.step)} steps the loss is {event.loss:.3f}, that of guessing (ln 10): "
        f"with seed {event.seed} both filters of the first layer died; stop, and train with --seed {event.seed + 1}"
    )


def print_runs(entries: Sequence[Entry]) -> None:
    """One line a run or checkpoint, newest first, under a line of column names."""
    columns = ("name", "state", "model", "epoch", "test", "last change", "data")
    rows = [columns, *(_run_columns(entry) for entry in entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(columns))]
    for row in rows:
        line = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
        print(line.rstrip())


def _run_columns(entry: Entry) -> tuple[str, ...]:
    return (
        formats.printable(entry.name),
        entry.state,
        formats.printable(entry.model or formats.UNKNOWN),
        formats.epochs(entry.epoch, entry.epochs),
        formats.percent(entry.test_accuracy),
        formats.date(entry.time),
        formats.printable(entry.data or entry.problem or formats.UNKNOWN),
    )


def progress_lines(words: str) -> Callable[[int, int], None]:
    """What tells stderr, every few seconds, how many are done of how many."""
    next_line = time.monotonic() + PLAIN_LINE_EVERY

    def tell(done: int, total: int) -> None:
        nonlocal next_line
        if time.monotonic() >= next_line:
            next_line = time.monotonic() + PLAIN_LINE_EVERY
            print(f"{words}: {formats.count(done)} of {formats.count(total)}", file=sys.stderr, flush=True)

    return tell


def print_mistakes(mistakes: Iterable[Mistake], neighbors: Neighbors | None = None) -> None:
    """Each digit as ASCII art under a line that names it, beside its neighbors if there are any."""
    for mistake in mistakes:
        print(
            f"#{formats.count(mistake.index)}  true {mistake.true}  predicted {mistake.predicted}  "
            f"confidence {formats.percent(mistake.confidence)}  loss {formats.loss(mistake.loss)}",
        )
        drawn = beside_neighbors(mistake, neighbors) if neighbors else ascii_art.ascii_art(mistake.image)
        print("\n".join(drawn), end="\n\n")


def beside_neighbors(mistake: Mistake, neighbors: Neighbors) -> list[str]:
    """Lines of 80 columns: the digit and its neighbors of the true and of the predicted class, under captions."""
    columns = [["misclassified", "", *_narrow_art(mistake.image)]]
    for digit, neighbor in zip((mistake.true, mistake.predicted), neighbors.of(mistake), strict=True):
        if neighbor is None:
            columns.append([f"no {digit} is right", *[""] * (len(columns[0]) - 1)])
        else:
            place = f"#{formats.count(neighbor.index)}, distance {formats.count(neighbor.distance)}"
            columns.append([f"nearest right {digit}", place, *_narrow_art(neighbor.image)])
    return [" ".join(part.ljust(_NARROW) for part in line).rstrip() for line in zip(*columns, strict=True)]


def _narrow_art(image: ascii_art.Image) -> list[str]:
    """Without the outermost pixels left and right, where EMNIST has paper: three fit in 80 columns."""
    return [line[1:-1] for line in ascii_art.ascii_art(image)]


def mistake_to_json(mistake: Mistake, neighbors: Neighbors | None = None) -> dict[str, object]:
    """One of the objects of `errors --json`; a class without right images has null for its neighbor."""
    written = _mistake_to_json(mistake)
    if neighbors:
        found = zip(("true", "predicted"), neighbors.of(mistake), strict=True)
        written["neighbors"] = {
            name: {"index": neighbor.index, "distance": neighbor.distance} if neighbor else None
            for name, neighbor in found
        }
    return written


def _mistake_to_json(mistake: Mistake) -> dict[str, object]:
    return {
        "index": mistake.index,
        "true": mistake.true,
        "predicted": mistake.predicted,
        "confidence": mistake.confidence,
        "margin": mistake.margin,
        "loss": mistake.loss,
        "probabilities": mistake.probabilities.tolist(),
    }


def discard_unwritable() -> None:
    """Sends what stdout or stderr still holds to nowhere where its reader left, as `head` does, or the disk is full."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
