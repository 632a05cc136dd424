"""The download of the EMNIST digits: started, followed, hidden, stopped, ended."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from emnist_tui.runs.control import Desired, read_control
from emnist_tui.runs.data_paths import FILES, raw_folder
from emnist_tui.runs.download_state import DownloadFolder, DownloadRecord
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import DataInstalled, DownloadAdvanced, DownloadStarted, PhaseStarted, RunFailed
from emnist_tui.tui.screens.download import DownloadDialog
from emnist_tui.tui.screens.fetch_question import FetchQuestion
from emnist_tui.tui.session.download_session import describe_line
from tests.support.scripted_runs import write_run
from tests.support.terminal import SCREENS, Terminal, terminal

INSTALLED = "The EMNIST digits are installed. Press n to train on them."
IMPORT = "Without a network, get the archive elsewhere and run `emnist-tui data import PATH`."
URL = "https://mirror.example/EMNIST/gzip.zip"
# From the future, so that the download never counts as silent.
HALF = DownloadAdvanced(received=30_000_000, total=70_000_000, bytes_per_second=3_200_000, time=time.time() + 1_000_000)


@contextmanager
def downloading(root: Path) -> Iterator[EventLog]:
    """Hold a download that this test controls; it ends with the block."""
    folder = DownloadFolder(root)
    folder.path.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.lock), EventLog(folder.events) as log:
        log.write(PhaseStarted(phase="connecting"))
        log.write(DownloadStarted(url=URL, root=str(root)))
        yield log


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Launch idle processes in place of downloads; the test kills them."""
    processes: list[subprocess.Popen[bytes]] = []

    def launch(folder: DownloadFolder) -> "subprocess.Popen[bytes]":
        folder.path.mkdir(parents=True, exist_ok=True)
        processes.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]))
        return processes[-1]

    monkeypatch.setattr("emnist_tui.tui.session.download_session.launch_download", launch)
    yield processes
    for process in processes:
        end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()


def install(root: Path) -> None:
    raw_folder(root).mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (raw_folder(root) / name).touch()


async def open_dialog(shown: Terminal) -> None:
    await shown.press("d")
    await shown.until(lambda: isinstance(shown.app.screen, DownloadDialog | FetchQuestion), "a dialog is open")
    if isinstance(shown.app.screen, FetchQuestion):
        await shown.press("enter")
    await shown.until(lambda: isinstance(shown.app.screen, DownloadDialog), "the dialog is open")


async def test_the_data_key_starts_a_download_and_shows_it(
    tmp_path: Path, no_data: Path, launched: list["subprocess.Popen[bytes]"]
) -> None:
    async with terminal(tmp_path) as shown:
        await open_dialog(shown)
        assert len(launched) == 1
        await shown.shows("╭─ EMNIST digits ─", "starting …")
        with downloading(no_data) as log:
            log.write(HALF)
            for width, height in ((60, 20), (80, 24), (200, 30)):
                await shown.resize(width, height)
                await shown.shows(
                    URL,
                    "30 MB of 70 MB   3.2 MB/s   12 s left",
                    " 43 % ",
                    "━─",
                    "x cancel · esc continue in background",
                )
                assert str(no_data) in "".join(shown.text.replace("│", " ").split())
            log.write(PhaseStarted(phase="putting the EMNIST digits in place"))
            await shown.shows("putting the EMNIST digits in place …")
            log.write(DataInstalled(root=str(no_data), train_images=240_000, test_images=40_000))
            await shown.until(lambda: not isinstance(shown.app.screen, DownloadDialog), "the dialog has gone")
        await shown.until(lambda: shown.notices == [INSTALLED], "a message")
        assert len(launched) == 1


async def test_a_hidden_download_continues_and_every_screen_shows_it(
    tmp_path: Path, no_data: Path, launched: list["subprocess.Popen[bytes]"]
) -> None:
    async with terminal(tmp_path) as shown:
        with downloading(no_data) as log:
            log.write(HALF)
            await open_dialog(shown)
            await shown.press("escape")
            await shown.until(lambda: not isinstance(shown.app.screen, DownloadDialog), "the dialog has gone")
            for key in SCREENS:
                await shown.press(key)
                await shown.shows("Fetching EMNIST digits  ━━━━━━━━━━──────────────  43 %, 3.2 MB/s, 12 s left")
            await open_dialog(shown)
            await shown.shows("30 MB of 70 MB")
        assert not launched  # another process downloads


async def test_the_download_of_another_process_is_shown(tmp_path: Path, no_data: Path) -> None:
    async with terminal(tmp_path) as shown:
        assert "Fetching" not in shown.text
        with downloading(no_data) as log:
            log.write(HALF)
            await shown.shows("Fetching EMNIST digits")
            log.write(RunFailed(error="No connection to mirror.example."))
        await shown.hides("Fetching EMNIST digits")
        await shown.until(
            lambda: shown.notices == [f"No connection to mirror.example. {IMPORT} Press d to try again."], "a message"
        )


async def test_a_stopped_download_can_be_continued(
    tmp_path: Path, no_data: Path, launched: list["subprocess.Popen[bytes]"]
) -> None:
    async with terminal(tmp_path) as shown:
        await open_dialog(shown)
        with downloading(no_data) as log:
            log.write(replace(HALF, time=time.time()))  # so that it does not count for the next download
            await shown.shows("30 MB")
            await shown.press("x")
            control = DownloadFolder(no_data).control
            await shown.until(lambda: read_control(control).desired is Desired.STOP, "it is asked to stop")
            log.write(RunFailed(error="Interrupted at 30 MB of 70 MB."))
        end(launched[0])
        await shown.shows("Interrupted at 30 MB of 70 MB.", "d resume · esc close")
        assert not shown.app.screen.query_one("#words").has_class("-failed")
        await shown.press("d")
        await shown.until(lambda: len(launched) == 2, "it is launched again")
        await shown.shows("starting …", "x cancel")


async def test_the_dialog_reports_a_failure(
    tmp_path: Path, no_data: Path, launched: list["subprocess.Popen[bytes]"]
) -> None:
    async with terminal(tmp_path) as shown:
        await open_dialog(shown)
        with downloading(no_data) as log:
            log.write(RunFailed(error="It is not there (404 Not Found)."))
        end(launched[0])
        await shown.shows("It is not there (404 Not Found).", "emnist-tui data import", "d retry · esc close")
        assert shown.app.screen.query_one("#words").has_class("-failed")
        assert shown.notices == []
        await shown.press("escape")
        await shown.until(lambda: not isinstance(shown.app.screen, DownloadDialog), "the dialog has gone")


@pytest.mark.parametrize(
    ("log", "words"),
    [("", "The download was killed."), ("warning\nemnist-tui: It cannot be written.\n", "It cannot be written.")],
)
async def test_a_download_without_a_last_event_is_explained_by_its_log(
    tmp_path: Path, no_data: Path, launched: list["subprocess.Popen[bytes]"], log: str, words: str
) -> None:
    async with terminal(tmp_path) as shown:
        await open_dialog(shown)
        DownloadFolder(no_data).log.write_text(log)
        end(launched[0])
        await shown.shows(words)
        assert "emnist-tui:" not in shown.text


async def test_a_deleted_folder_and_installed_files_are_a_success(
    tmp_path: Path, no_data: Path, launched: list["subprocess.Popen[bytes]"]
) -> None:
    async with terminal(tmp_path) as shown:
        await open_dialog(shown)
        install(no_data)
        end(launched[0])
        await shown.until(lambda: shown.notices == [INSTALLED], "a message")


async def test_an_earlier_failure_is_not_reported_again(
    tmp_path: Path, no_data: Path, launched: list["subprocess.Popen[bytes]"]
) -> None:
    with downloading(no_data) as log:
        log.write(RunFailed(error="An old failure."))
    async with terminal(tmp_path) as shown:
        await open_dialog(shown)
        await shown.shows("starting …")
        end(launched[0])
        await shown.shows("The download was killed.")


async def test_installed_digits_are_reported_with_their_folder(tmp_path: Path, no_data: Path) -> None:
    install(no_data)
    async with terminal(tmp_path) as shown:
        await shown.press("d")
        await shown.until(lambda: shown.notices, "a message")
        assert shown.notices == [f"The EMNIST digits are installed in {no_data}."]


async def test_an_unwritable_data_root_is_explained(
    tmp_path: Path, no_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("EMNIST_TUI_DATA", str(no_data))
    no_data.write_text("a file")
    async with terminal(tmp_path) as shown:
        await shown.press("d")
        await shown.until(lambda: isinstance(shown.app.screen, FetchQuestion), "the question is asked")
        await shown.press("enter")
        await shown.until(lambda: shown.notices, "a message")
        (message,) = shown.notices
        assert "cannot be written" in message
        assert "EMNIST_TUI_DATA" in message
        assert not isinstance(shown.app.screen, DownloadDialog)


async def test_foreign_escape_codes_are_shown_literally(tmp_path: Path, no_data: Path) -> None:
    async with terminal(tmp_path) as shown:
        with downloading(no_data) as log:
            log.write(DownloadStarted(url="http://x/\x1b[31m[bold]", root=""))
            log.write(HALF)
            await open_dialog(shown)
            await shown.shows("http://x/\\x1b[31m[bold]")


async def test_the_data_key_works_on_the_runs_screen(
    tmp_path: Path, no_data: Path, launched: list["subprocess.Popen[bytes]"]
) -> None:
    write_run(tmp_path)
    async with terminal(tmp_path) as shown:
        await shown.press("4")
        assert shown.keys["d"] == ("data", True)
        await open_dialog(shown)
        assert len(launched) == 1


@pytest.mark.parametrize("width", range(20, 210, 10))
@pytest.mark.parametrize(
    "event",
    [HALF, DownloadAdvanced(received=5, total=0, bytes_per_second=0.0), PhaseStarted(phase="trying again in 4 s: no")],
)
def test_the_line_fits_every_width(width: int, event: DownloadAdvanced | PhaseStarted) -> None:
    record = DownloadRecord()
    record.apply(DownloadStarted(url=URL, root=""))
    record.apply(event)
    line = describe_line(record, width)
    assert len(line) <= max(width, len("Fetching EMNIST digits"))
    assert line.startswith("Fetching EMNIST digits")


def test_a_silent_download_says_for_how_long() -> None:
    record = DownloadRecord()
    record.apply(DownloadAdvanced(received=7_000_000, total=70_000_000, bytes_per_second=1e6, time=time.time() - 12))
    assert describe_line(record, 78).endswith(" 10 %, no data for 12 s")
