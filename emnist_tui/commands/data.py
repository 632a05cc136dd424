"""The `data` commands: what is installed, taking it from a file, and fetching it."""

import argparse
import json
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from rich.progress import BarColumn, TaskID, TextColumn

from emnist_tui.commands.output import console
from emnist_tui.runs import control, launch, signals
from emnist_tui.runs.data_paths import data_root
from emnist_tui.runs.download_state import DownloadFolder, DownloadRecord, format_size
from emnist_tui.runs.errors import EmnistTuiError, ExitCode, InterruptedDownloadError
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import DownloadAdvanced, DownloadStarted, Event, PhaseStarted, RunFailed
from emnist_tui.text import formats

if TYPE_CHECKING:
    from emnist_tui.learning.data.emnist.install import DataStatus

URL_VARIABLE = "EMNIST_TUI_URL"
_LOOK_EVERY = 0.1  # seconds


def add_actions(parser: argparse.ArgumentParser) -> None:
    """The actions of `emnist-tui data`, whose default is to tell the status."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    told = actions.add_parser("status", help="what is there, how many images, verified or not")
    told.add_argument("--json", action="store_true", help="one object on stdout")
    fetching = actions.add_parser("download", help="fetch the official EMNIST digits (70 MB) and verify them")
    fetching.add_argument(
        "--url", help=f"the official archive, gzip.zip, at a mirror ({URL_VARIABLE}, else where torchvision has it)"
    )
    fetching.set_defaults(command=download)
    importing = actions.add_parser("import", help="take EMNIST digits from an archive or folder in the official shape")
    importing.add_argument("path", type=Path, metavar="PATH")
    importing.set_defaults(command=import_path)
    for action in (fetching, importing):
        action.add_argument("--json", action="store_true", help="what is there now as one object on stdout")


def status(options: argparse.Namespace) -> int:
    from emnist_tui.learning.data.emnist import install

    return _print_status(install.data_status(data_root()), options.json)


def import_path(options: argparse.Namespace) -> int:
    from emnist_tui.learning.data.emnist import install

    return _print_status(install.import_data(options.path, data_root()), options.json)


def download(options: argparse.Namespace) -> int:
    """Fetches the digits unless the official ones are there; an app may follow it, and stop it, by its folder."""
    from emnist_tui.learning.data.emnist import download, install, remote_zip

    url = options.url or os.environ.get(URL_VARIABLE) or None
    if url:
        remote_zip.check_url(url)
    folder = DownloadFolder(data_root())
    with download.held(folder):
        there = install.data_status(folder.root)
        if there.present and there.verified:
            download.remove_leftovers(folder)
            print("emnist-tui: the EMNIST digits are installed already; nothing was fetched.", file=sys.stderr)
            return _print_status(there, options.json)
        if not launch.is_launched(folder):  # who launched it has done so, and may have a wish by now
            control.write_control(folder.control, control.Control())
        observer = _Bar() if sys.stderr.isatty() else _Lines()
        ending = _Ending(folder.control)
        with EventLog(folder.events) as log, signals.handled(ending.handle), ending:

            def tell(event: Event) -> None:
                ending.leave_if_asked()
                log.write(event)
                try:
                    observer.observe(event)
                except OSError:  # nobody reads any more; an app may still follow
                    console.discard_unwritable()

            try:
                if url is None:
                    tell(PhaseStarted(phase="asking torchvision for the address"))
                url = download.source_url(url)
                tell(DownloadStarted(url=remote_zip.check_url(url), root=str(folder.root)))
                there = download.download(url, folder, tell)
            except BaseException as error:
                with suppress(OSError):  # a full disk is what it may be about
                    log.write(RunFailed(error=_last_words(error)))
                raise
            finally:
                with suppress(OSError):
                    observer.close()
    return _print_status(there, options.json)


def _last_words(error: BaseException) -> str:
    match error:
        case InterruptedDownloadError():
            return error.reached
        case EmnistTuiError():
            return str(error)
        case KeyboardInterrupt():
            return "Interrupted before anything was fetched."
    return f"Unexpected {type(error).__name__}: {error}"


def _print_status(status: "DataStatus", as_json: bool) -> int:
    print(json.dumps(_status_to_json(status)) if as_json else describe_status(status))
    return ExitCode.DONE


def describe_status(status: "DataStatus") -> str:
    root = formats.printable(str(status.root))
    if status.problem:
        return formats.printable(status.problem)
    if not status.present:
        return (
            f"No EMNIST digits in {root}; `emnist-tui data download` fetches the official ones (70 MB), "
            "`emnist-tui data import PATH` takes them from the archive gzip.zip. Until then runs use synthetic digits."
        )
    return (
        f"{status.name} in {root}: {formats.count(status.train_images)} train and "
        f"{formats.count(status.test_images)} test images, "
        + ("the official files by sha256." if status.verified else "not the official files by sha256.")
    )


def _status_to_json(status: "DataStatus") -> dict[str, object]:
    return {**asdict(status), "root": str(status.root), "name": status.name if status.present else None}


class _Lines:
    """A download as plain lines, for a log or a pipe."""

    def __init__(self) -> None:
        self._record = DownloadRecord()
        self._next_line = time.monotonic() + console.PLAIN_LINE_EVERY

    def observe(self, event: Event) -> None:
        self._record.apply(event)
        if sentence := _describe(event):
            print(formats.printable(sentence), file=sys.stderr, flush=True)
        elif isinstance(event, DownloadAdvanced) and time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + console.PLAIN_LINE_EVERY
            left = self._record.seconds_left
            left_words = f", {formats.duration(left)} left" if left is not None else ""
            print(f"{_numbers(event)}{left_words}", file=sys.stderr, flush=True)

    def close(self) -> None:
        pass


class _Bar:
    """A download as a progress bar on a terminal; what happens stays above it."""

    def __init__(self) -> None:
        self._progress = console.progress(
            BarColumn(bar_width=None),
            TextColumn("{task.fields[percent]}", markup=False),
            TextColumn("{task.fields[numbers]}", markup=False),
        )
        self._task: TaskID | None = None
        self._progress.start()

    def observe(self, event: Event) -> None:
        if sentence := _describe(event):
            self._progress.console.print(formats.printable(sentence), markup=False, highlight=False, soft_wrap=True)
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


def _describe(event: Event) -> str | None:
    match event:
        case PhaseStarted():
            return event.phase if event.phase.endswith(".") else f"{event.phase} …"
        case DownloadStarted():
            return f"fetching the EMNIST digits from {event.url} into {event.root}"
    return None


def _numbers(event: DownloadAdvanced) -> str:
    of_total = f" of {format_size(event.total)}" if event.total else ""
    return f"{format_size(event.received)}{of_total}  {format_size(event.bytes_per_second)}/s"


class _Ending:
    """Signals and a wish to stop in the control file interrupt the main thread, whatever it waits for.

    Once: what then is tidied up takes no time.
    """

    def __init__(self, control_file: Path) -> None:
        self._control = control_file
        self._is_over = threading.Event()
        self._is_asked = False

    def __enter__(self) -> "_Ending":
        threading.Thread(target=self._watch, name="control-watch", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()

    def leave_if_asked(self) -> None:
        """Raises `KeyboardInterrupt` again where the first was lost in a destructor."""
        if self._is_asked:
            raise KeyboardInterrupt

    def handle(self, _number: int, _frame: FrameType | None) -> None:
        if not self._is_asked:
            self._is_asked = True
            raise KeyboardInterrupt

    def _watch(self) -> None:
        while not self._is_over.wait(_LOOK_EVERY):
            if control.read_control(self._control).desired is control.Desired.STOP:
                with suppress(OSError):
                    # To that thread: so that it does not go on waiting for the network.
                    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
                return
