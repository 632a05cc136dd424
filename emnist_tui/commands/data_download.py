"""The `data download` action, which an app can follow and stop.

The app does both by the download's folder.
"""

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from emnist_tui.commands.output.download_progress import DownloadBar, DownloadLines
from emnist_tui.commands.output.observers import Observers
from emnist_tui.commands.output.streams import print_message
from emnist_tui.runs import control, launch, signals
from emnist_tui.runs.download_state import DownloadFolder
from emnist_tui.runs.errors import EmnistTuiError, InterruptedDownloadError
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import DownloadStarted, Event, RunFailed
from emnist_tui.runs.official_archive import URL_VARIABLE, source_url

if TYPE_CHECKING:
    from emnist_tui.learning.data.emnist.install import DataStatus

_POLL_INTERVAL = 0.1  # seconds


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `data download`."""
    parser.add_argument(
        "--url", help=f"a mirror of the official archive, gzip.zip ({URL_VARIABLE}, else torchvision's address)"
    )


def download(root: Path, url: str | None) -> "DataStatus":
    """Download and install the official digits unless they are installed.

    Raises `UsageError` for a bad URL, `InterruptedDownloadError` if it is interrupted or stopped by its control file,
    and `EmnistTuiError` if it fails.
    """
    from emnist_tui.learning.data.emnist import download, install, remote_zip

    url = source_url(url)
    remote_zip.check_url(url)
    folder = DownloadFolder(root)
    with download.held(folder):
        status = install.data_status(folder.root)
        if status.present and status.verified:
            download.remove_leftovers(folder)
            print_message("the EMNIST digits are installed already; nothing was downloaded.")
            return status
        if not launch.is_launched(folder):  # an app that launched it has done so, and may have written a request since
            control.write_control(folder.control, control.Control())
        return _download(folder, url)


def _download(folder: DownloadFolder, url: str) -> "DataStatus":
    from emnist_tui.learning.data.emnist import download, remote_zip

    observers = Observers([DownloadBar() if sys.stderr.isatty() else DownloadLines()])
    interruption = _Interruption()
    with EventLog(folder.events) as log, signals.handled(interruption.handle), interruption.on_stop(folder.control):

        def report(event: Event) -> None:
            interruption.check()
            log.write(event)
            observers.observe(event)

        try:
            report(DownloadStarted(url=remote_zip.check_url(url), root=str(folder.root)))
            return download.download(url, folder, report)
        except BaseException as error:
            with suppress(OSError):  # the error may be a full disk
                log.write(RunFailed(error=_describe_failure(error)))
            raise
        finally:
            observers.close()


def _describe_failure(error: BaseException) -> str:
    match error:
        case InterruptedDownloadError():
            return error.reached
        case EmnistTuiError():
            return str(error)
        case KeyboardInterrupt():
            return "Interrupted before anything was downloaded."
    return f"Unexpected {type(error).__name__}: {error}"


class _Interruption:
    """Interruption of the download, whatever it waits for.

    A signal or a stop in its control file interrupts it. Raises `KeyboardInterrupt` once: cleaning up takes no time and
    is not interrupted again.
    """

    def __init__(self) -> None:
        self._is_requested = False

    def handle(self, _number: int, _frame: FrameType | None) -> None:
        """Handle a signal."""
        if not self._is_requested:
            self._is_requested = True
            raise signals.Interrupted

    def check(self) -> None:
        """Raise `KeyboardInterrupt` again if the first one was lost in a destructor."""
        if self._is_requested:
            raise signals.Interrupted

    @contextmanager
    def on_stop(self, file: Path) -> Iterator[None]:
        """Poll a control file from a timer's signal.

        The signal also wakes a wait for the network.
        """

        def poll(number: int, frame: FrameType | None) -> None:
            if control.read_control(file).desired is control.Desired.STOP:
                self.handle(number, frame)

        handler = signal.signal(signal.SIGALRM, poll)
        timer = signal.setitimer(signal.ITIMER_REAL, _POLL_INTERVAL, _POLL_INTERVAL)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, *timer)
            signal.signal(signal.SIGALRM, handler)
