"""A download's progress on stderr: a bar on terminals, else plain lines."""

import sys

from rich.progress import BarColumn, TaskID, TextColumn

from emnist_tui.commands.output.progress import LineTimer, print_above, progress
from emnist_tui.commands.output.sentences import describe
from emnist_tui.runs.download_state import DownloadRecord, format_size
from emnist_tui.runs.events import DownloadAdvanced, Event
from emnist_tui.text import formats


class DownloadLines:
    """A download as plain lines."""

    def __init__(self) -> None:
        self._record = DownloadRecord()
        self._timer = LineTimer(starts_due=False)

    def observe(self, event: Event) -> None:
        self._record.apply(event)
        if sentence := describe(event):
            print(formats.printable(sentence), file=sys.stderr, flush=True)
        elif isinstance(event, DownloadAdvanced) and self._timer.is_due():
            seconds = self._record.seconds_left
            left = f", {formats.duration(seconds)} left" if seconds is not None else ""
            print(f"{_numbers(event)}{left}", file=sys.stderr, flush=True)

    def close(self) -> None:
        pass


class DownloadBar:
    """A download as a progress bar, with other events' sentences above it."""

    def __init__(self) -> None:
        self._progress = progress(
            BarColumn(bar_width=None),
            TextColumn("{task.fields[percent]}", markup=False),
            TextColumn("{task.fields[numbers]}", markup=False),
        )
        self._task: TaskID | None = None
        self._progress.start()

    def observe(self, event: Event) -> None:
        if sentence := describe(event):
            print_above(self._progress, sentence)
        elif isinstance(event, DownloadAdvanced):
            if self._task is None:
                self._task = self._progress.add_task("", total=None, percent="", numbers="")
            self._progress.update(
                self._task,
                total=event.total or None,
                completed=event.received,
                percent=formats.percent(event.received / event.total, 0) if event.total else "",
                numbers=_numbers(event),
            )

    def close(self) -> None:
        self._progress.stop()


def _numbers(event: DownloadAdvanced) -> str:
    of_total = f" of {format_size(event.total)}" if event.total else ""
    return f"{format_size(event.received)}{of_total}  {format_size(event.bytes_per_second)}/s"
