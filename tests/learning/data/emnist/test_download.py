"""Downloads from a loopback server are complete, resumed or refused."""

import shutil
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from emnist_tui.learning.data.emnist.archive import OFFICIAL, OfficialFile
from emnist_tui.learning.data.emnist.download import download, held
from emnist_tui.learning.data.emnist.install import data_status
from emnist_tui.runs.data_paths import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, has_digits, raw_folder
from emnist_tui.runs.download_state import DownloadFolder
from emnist_tui.runs.errors import EmnistTuiError, InterruptedDownloadError
from emnist_tui.runs.events import DownloadAdvanced, Event, PhaseStarted
from tests.support.data_server import DataServer
from tests.support.downloads import (
    FILES,
    LARGEST,
    MEMBERS,
    QUICK,
    fetch,
    interrupt,
    part,
    problem,
    ranges,
    stored_size,
    write_zip,
)
from tests.support.emnist_files import write_folder, write_members

pytestmark = pytest.mark.usefixtures("official_members")

KILLED = """
import sys
from pathlib import Path
from emnist_tui.learning.data.emnist.archive import OFFICIAL, OfficialFile
from emnist_tui.learning.data.emnist.download import download, held
from emnist_tui.runs.download_state import DownloadFolder
OFFICIAL.update({official})
folder = DownloadFolder(Path(sys.argv[2]))
with held(folder):
    download(sys.argv[1], folder, lambda event: None)
"""


def interrupt_once_received(event: Event) -> None:
    if isinstance(event, DownloadAdvanced) and event.received:
        raise KeyboardInterrupt


class TestComplete:
    def test_progress_ends_with_all_bytes(self, server: DataServer, folder: DownloadFolder) -> None:
        advanced = [event for event in fetch(server.url, folder) if isinstance(event, DownloadAdvanced)]
        received = [event.received for event in advanced]
        assert received == sorted(received)
        assert received[0] == 0
        assert received[-1] == advanced[-1].total < len(server.content)

    def test_only_the_needed_bytes_are_fetched(self, tmp_path: Path, folder: DownloadFolder) -> None:
        with DataServer(write_zip(tmp_path / "large.zip", other=3_000_000)) as server:
            fetch(server.url, folder)
            needed = sum(map(len, MEMBERS.values()))
            # Besides the members: the start, the archive's last 64 kB with the directory, and four headers.
            assert server.sent < needed + 2 * (1 << 16)
            assert "all" not in server.asked

    @pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    @pytest.mark.parametrize("has_ranges", [True, False])
    def test_stored_and_deflated_members_are_installed(
        self, tmp_path: Path, folder: DownloadFolder, method: int, has_ranges: bool
    ) -> None:
        with DataServer(write_zip(tmp_path / "other.zip", method), has_ranges=has_ranges) as server:
            fetch(server.url, folder)

    def test_server_without_ranges_and_length_sends_the_whole_once(
        self, server: DataServer, folder: DownloadFolder
    ) -> None:
        server.has_ranges = server.says_length = False
        fetch(server.url, folder)
        assert len(server.asked) == 1

    def test_redirect_is_followed(self, server: DataServer, folder: DownloadFolder) -> None:
        server.redirects = True
        fetch(f"http://{server.address}/old/gzip.zip", folder)

    def test_server_without_etag_is_supported(self, server: DataServer, folder: DownloadFolder) -> None:
        server.tag = ""
        fetch(server.url, folder)

    def test_unverified_copy_is_replaced(self, server: DataServer, folder: DownloadFolder) -> None:
        write_folder(raw_folder(folder.root), FILES)
        assert not data_status(folder.root).verified
        fetch(server.url, folder)


class TestResumed:
    def test_resume_requests_only_missing_bytes(self, server: DataServer, folder: DownloadFolder) -> None:
        size = interrupt(server, folder)
        server.asked.clear()
        server.sent = 0
        fetch(server.url, folder)
        assert max(count for _, count in ranges(server)) == stored_size(server) - size

    def test_retries_are_unlimited_while_bytes_arrive(self, server: DataServer, folder: DownloadFolder) -> None:
        """Attempts do not end as long as each of them makes progress."""
        server.breaks, server.breaks_after = 5, 28_672
        events = fetch(server.url, folder)
        retries = [event for event in events if isinstance(event, PhaseStarted) and "retrying" in event.phase]
        assert server.breaks == 0
        assert len(retries) == 5 > QUICK.attempts

    def test_retries_without_progress_are_limited(self, server: DataServer, folder: DownloadFolder) -> None:
        server.has_ranges = False
        server.breaks, server.breaks_after = float("inf"), 20_480
        assert "closed the connection early" in problem(server.url, folder)
        # One attempt made progress, then as many failed as the policy allows.
        assert len(server.asked) == 1 + QUICK.attempts

    def test_stalled_connection_is_retried(self, server: DataServer, folder: DownloadFolder) -> None:
        server.stalls, server.stalls_after = 1, 20_480
        events = fetch(server.url, folder)
        (retry,) = [event.phase for event in events if isinstance(event, PhaseStarted) and "retrying" in event.phase]
        assert "sent nothing for 0.5 s" in retry

    @pytest.mark.parametrize("has_ranges", [True, False])
    def test_transient_server_error_is_retried(
        self, server: DataServer, folder: DownloadFolder, has_ranges: bool
    ) -> None:
        server.has_ranges = has_ranges
        server.statuses = [500, 503]
        fetch(server.url, folder)

    def test_server_that_stops_supporting_ranges_is_followed(self, server: DataServer, folder: DownloadFolder) -> None:
        interrupt(server, folder)
        server.has_ranges = False
        fetch(server.url, folder)

    @pytest.mark.parametrize("change", ["tag", "content", "url"])
    def test_changed_source_starts_over(
        self, server: DataServer, folder: DownloadFolder, tmp_path: Path, change: str
    ) -> None:
        interrupt(server, folder)
        url = server.url
        if change == "tag":
            server.tag = '"second"'
        elif change == "url":
            url = f"http://{server.address}/mirror/gzip.zip"
        else:
            server.content = write_zip(tmp_path / "other.zip", zipfile.ZIP_STORED)
        server.asked.clear()
        fetch(url, folder)
        assert max(count for _, count in ranges(server)) >= LARGEST * 0.9

    def test_change_during_the_download_starts_over(self, server: DataServer, folder: DownloadFolder) -> None:
        def change(event: Event) -> None:
            if isinstance(event, DownloadAdvanced) and event.received:
                server.tag = '"second"'

        with held(folder):
            assert download(server.url, folder, change, QUICK).verified

    def test_verified_members_are_not_fetched_again(self, server: DataServer, folder: DownloadFolder) -> None:
        folder.members.mkdir(parents=True)
        (folder.members / f"{TRAIN_IMAGES}.gz").write_bytes(MEMBERS[TRAIN_IMAGES])
        fetch(server.url, folder)
        assert server.sent < LARGEST

    def test_damaged_leftovers_are_fetched_again(self, server: DataServer, folder: DownloadFolder) -> None:
        interrupt(server, folder)
        (folder.path / "source.json").write_text("[" * 100_000)
        (folder.members / f"{TEST_IMAGES}.gz").write_bytes(b"half")
        (folder.members / f".{TEST_LABELS}.gz.x.tmp").write_bytes(b"half")
        fetch(server.url, folder)

    def test_interrupt_keeps_the_bytes_for_a_resume(self, server: DataServer, folder: DownloadFolder) -> None:
        server.seconds_a_chunk = 0.01

        message = r"^Interrupted at .* of .*; run the same command to resume\.$"
        with pytest.raises(InterruptedDownloadError, match=message), held(folder):
            download(server.url, folder, interrupt_once_received, QUICK)
        assert not has_digits(folder.root)
        assert part(folder).stat().st_size > 0
        fetch(server.url, folder)

    def test_interrupt_without_ranges_keeps_nothing(self, server: DataServer, folder: DownloadFolder) -> None:
        server.seconds_a_chunk = 0.01
        server.has_ranges = False

        with (
            pytest.raises(InterruptedDownloadError, match="start over, as the server sends only the whole"),
            held(folder),
        ):
            download(server.url, folder, interrupt_once_received, QUICK)
        assert not (folder.path / "gzip.zip").exists()

    def test_killed_download_resumes(self, server: DataServer, folder: DownloadFolder, tmp_path: Path) -> None:
        script = tmp_path / "fetch.py"
        script.write_text(KILLED.format(official={name: OFFICIAL[name] for name in FILES}))
        server.stalls, server.stalls_after = 1, 40_960
        process = subprocess.Popen([sys.executable, str(script), server.url, str(folder.root)])
        try:
            end = time.monotonic() + 60
            while not (part(folder).exists() and part(folder).stat().st_size):
                assert time.monotonic() < end
                assert process.poll() is None
                time.sleep(0.01)
        finally:
            process.kill()
            process.wait()
        assert not has_digits(folder.root)
        size = part(folder).stat().st_size
        server.asked.clear()
        fetch(server.url, folder)
        assert max(count for _, count in ranges(server)) == stored_size(server) - size


class TestRefused:
    """Each ends in one sentence, and nothing is installed."""

    @pytest.mark.parametrize("has_ranges", [True, False])
    def test_wrong_hash_installs_nothing(self, server: DataServer, folder: DownloadFolder, has_ranges: bool) -> None:
        server.has_ranges = has_ranges
        changed = bytearray(server.content)
        changed[200] ^= 255
        original, server.content = server.content, bytes(changed)
        message = problem(server.url, folder)
        assert f"{TRAIN_IMAGES}.gz from {server.url}" in message
        assert not part(folder).exists()
        server.content = original
        fetch(server.url, folder)

    @pytest.mark.parametrize("has_ranges", [True, False])
    def test_other_content_of_the_official_size_is_refused(
        self, server: DataServer, folder: DownloadFolder, monkeypatch: pytest.MonkeyPatch, has_ranges: bool
    ) -> None:
        server.has_ranges = has_ranges
        monkeypatch.setitem(OFFICIAL, TEST_LABELS, OfficialFile(len(MEMBERS[TEST_LABELS]), "0" * 64))
        message = problem(server.url, folder)
        assert f"{TEST_LABELS}.gz from {server.url} is not the official file" in message
        assert not part(folder, TEST_LABELS).exists()

    def test_other_size_is_refused_before_fetching(
        self, server: DataServer, folder: DownloadFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(OFFICIAL, TEST_LABELS, OfficialFile(7, "0" * 64))
        assert "not the official file" in problem(server.url, folder)
        assert len(server.asked) == 2

    def test_archive_without_the_digits_is_refused(
        self, server: DataServer, folder: DownloadFolder, tmp_path: Path
    ) -> None:
        write_members(tmp_path / "other.zip", {"letters": b"letters"})
        server.content = (tmp_path / "other.zip").read_bytes()
        assert f"has no {TRAIN_IMAGES}" in problem(server.url, folder)

    def test_full_disk_is_reported_before_fetching(
        self, server: DataServer, folder: DownloadFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1_000_000))
        message = problem(server.url, folder)
        assert message.startswith("The download needs 220 MB in ")
        assert "where 1.0 MB are free" in message
        assert not part(folder).exists()

    def test_root_that_is_a_file_is_reported(self, server: DataServer, root: Path) -> None:
        root.write_text("")
        with pytest.raises(EmnistTuiError, match="cannot be written"), held(DownloadFolder(root)):
            pass
        assert not server.asked


def test_second_download_at_a_time_is_refused(folder: DownloadFolder) -> None:
    holds, ends = threading.Event(), threading.Event()

    def hold() -> None:
        with held(folder):
            holds.set()
            ends.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    assert holds.wait(60)
    assert folder.is_downloading()
    with pytest.raises(EmnistTuiError, match=r"Another download into .* is running"), held(folder):
        pass
    ends.set()
    thread.join()
    assert not folder.is_downloading()
