"""Fetching the EMNIST digits from a real web server on loopback, which sends them well, badly or not at all."""

import gzip
import hashlib
import io
import shutil
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from emnist_tui.learning.data.emnist import install
from emnist_tui.learning.data.emnist.archive import OFFICIAL, OfficialFile
from emnist_tui.learning.data.emnist.download import Patience, download, held, source_url
from emnist_tui.learning.data.emnist.install import DataStatus, data_status
from emnist_tui.runs.data_paths import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, has_digits, raw_folder
from emnist_tui.runs.download_state import DownloadFolder
from emnist_tui.runs.errors import EmnistTuiError, InterruptedDownloadError, UsageError
from emnist_tui.runs.events import DataInstalled, DownloadAdvanced, Event, PhaseStarted
from tests.support.data_server import PAGE, DataServer, Proxy
from tests.support.emnist_files import draw_arrows, encode_files

TRAIN, TEST = 3000, 400
QUICK = Patience(attempts=3, first_wait=0.01, longest_wait=0.02, timeout=0.5)
PATIENT = Patience(attempts=3, first_wait=0.01, longest_wait=0.02, timeout=30)
FILES = encode_files(*draw_arrows(TRAIN, 0), *draw_arrows(TEST, 1))
MEMBERS = {name: gzip.compress(content, 1, mtime=0) for name, content in FILES.items()}
LARGEST = len(MEMBERS[TRAIN_IMAGES])


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


def write_zip(path: Path, method: int = zipfile.ZIP_DEFLATED, other: int = 0) -> bytes:
    """The official archive's shape, with `other` bytes of another split before the digits."""
    with zipfile.ZipFile(path, "w", method) as file:
        file.writestr("gzip/emnist-letters-train-images-idx3-ubyte.gz", np.random.default_rng(0).bytes(other))
        for name, content in MEMBERS.items():
            file.writestr(f"gzip/{name}.gz", content)
    return path.read_bytes()


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_zip(tmp_path_factory.mktemp("zip") / "gzip.zip")


@pytest.fixture(autouse=True)
def official(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small members are the official ones, and no proxy is between."""
    for name, member in MEMBERS.items():
        monkeypatch.setitem(OFFICIAL, name, OfficialFile(len(member), hashlib.sha256(member).hexdigest()))
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server(content: bytes) -> Iterator[DataServer]:
    with DataServer(content) as serving:
        yield serving


@pytest.fixture
def folder(root: Path) -> DownloadFolder:
    return DownloadFolder(root)


def fetch(url: str, folder: DownloadFolder, patience: Patience = QUICK) -> list[Event]:
    """What was told of a download that went well; the digits are installed then, and nothing else is left."""
    told: list[Event] = []
    with held(folder):
        status = download(url, folder, told.append, patience)
    assert status == DataStatus(folder.root, True, TRAIN, TEST, verified=True) == data_status(folder.root)
    assert {name: (raw_folder(folder.root) / name).read_bytes() for name in FILES} == FILES
    assert not folder.path.exists()
    assert isinstance(told[-1], DataInstalled)
    return told


def problem(url: str, folder: DownloadFolder, patience: Patience = QUICK) -> str:
    """The one sentence that a download fails with; nothing is installed then."""
    with pytest.raises(EmnistTuiError) as caught, held(folder):
        download(url, folder, lambda _: None, patience)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert not has_digits(folder.root)
    assert not data_status(folder.root).present
    return message


def part(folder: DownloadFolder, name: str = TRAIN_IMAGES) -> Path:
    return folder.members / f"{name}.gz.part"


def interrupt(server: DataServer, folder: DownloadFolder, after: int = 40_960) -> int:
    """Breaks a download off within the first of the large members; how much there is of it."""
    server.breaks, server.breaks_after = 1, after
    with pytest.raises(EmnistTuiError, match="broke off"), held(folder):
        download(server.url, folder, lambda _: None, Patience(attempts=0))
    assert 0 < part(folder).stat().st_size <= after
    return part(folder).stat().st_size


def ranges(server: DataServer) -> list[tuple[int, int]]:
    """First byte and count of each part that was asked for."""
    pairs = [asked.removeprefix("bytes=").split("-") for asked in server.asked]
    return [(int(first), int(last) - int(first) + 1) for first, last in pairs]


def stored_size(server: DataServer) -> int:
    """Bytes of the largest member, as the archive stores it."""
    with zipfile.ZipFile(io.BytesIO(server.content)) as whole:
        return whole.getinfo(f"gzip/{TRAIN_IMAGES}.gz").compress_size


class TestWell:
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
            # Beside the members: the start, the directory with the archive's last 64 kB, and four headers.
            assert server.sent < needed + 2 * (1 << 16)
            assert "all" not in server.asked

    @pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    @pytest.mark.parametrize("has_ranges", [True, False])
    def test_members_stored_or_deflated(
        self, tmp_path: Path, folder: DownloadFolder, method: int, has_ranges: bool
    ) -> None:
        with DataServer(write_zip(tmp_path / "other.zip", method), has_ranges=has_ranges) as server:
            fetch(server.url, folder)

    def test_without_ranges_and_length_the_whole_is_fetched_once(
        self, server: DataServer, folder: DownloadFolder
    ) -> None:
        server.has_ranges = server.says_length = False
        fetch(server.url, folder)
        assert len(server.asked) == 1

    def test_a_redirect(self, server: DataServer, folder: DownloadFolder) -> None:
        server.redirects = True
        fetch(f"http://{server.address}/old/gzip.zip", folder)

    def test_no_tag(self, server: DataServer, folder: DownloadFolder) -> None:
        server.tag = ""
        fetch(server.url, folder)

    def test_torchvision_loads_it(self, server: DataServer, folder: DownloadFolder) -> None:
        fetch(server.url, folder)
        test = install.torchvision_emnist()(folder.root, split="digits", train=False)
        images, labels = draw_arrows(TEST, 1)
        np.testing.assert_array_equal(test.data.numpy().transpose(0, 2, 1), images)
        np.testing.assert_array_equal(test.targets.numpy(), labels)

    def test_the_address_is_torchvisions_unless_one_is_given(self) -> None:
        assert source_url("http://mirror/gzip.zip") == "http://mirror/gzip.zip"
        assert source_url(None) == install.torchvision_emnist().url

    def test_an_unverified_copy_is_replaced(self, server: DataServer, folder: DownloadFolder) -> None:
        raw_folder(folder.root).mkdir(parents=True)
        for name, plain in FILES.items():
            (raw_folder(folder.root) / name).write_bytes(plain)
        assert not data_status(folder.root).verified
        fetch(server.url, folder)


class TestGoingOn:
    def test_only_missing_bytes_are_asked_for(self, server: DataServer, folder: DownloadFolder) -> None:
        there = interrupt(server, folder)
        server.asked.clear()
        server.sent = 0
        fetch(server.url, folder)
        assert max(count for _, count in ranges(server)) == stored_size(server) - there

    def test_breaking_off_again_and_again(self, server: DataServer, folder: DownloadFolder) -> None:
        """As long as each attempt brings something, there is no end of attempts."""
        server.breaks, server.breaks_after = 5, 28_672
        told = fetch(server.url, folder)
        tries = [event for event in told if isinstance(event, PhaseStarted) and "again" in event.phase]
        assert server.breaks == 0
        assert len(tries) == 5 > QUICK.attempts

    def test_breaking_off_without_progress_ends(self, server: DataServer, folder: DownloadFolder) -> None:
        server.has_ranges = False
        server.breaks, server.breaks_after = float("inf"), 20_480
        assert "broke off" in problem(server.url, folder)
        # One that brought something, then as many as patience has.
        assert len(server.asked) == 1 + QUICK.attempts

    def test_a_stall_is_broken_off(self, server: DataServer, folder: DownloadFolder) -> None:
        server.stalls, server.stalls_after = 1, 20_480
        told = fetch(server.url, folder)
        (again,) = [event.phase for event in told if isinstance(event, PhaseStarted) and "again" in event.phase]
        assert "sent nothing for 0.5 s" in again

    @pytest.mark.parametrize("has_ranges", [True, False])
    def test_an_error_that_passes(self, server: DataServer, folder: DownloadFolder, has_ranges: bool) -> None:
        server.has_ranges = has_ranges
        server.statuses = [500, 503]
        fetch(server.url, folder)

    def test_a_server_that_stops_sending_parts(self, server: DataServer, folder: DownloadFolder) -> None:
        interrupt(server, folder)
        server.has_ranges = False
        fetch(server.url, folder)

    @pytest.mark.parametrize("change", ["tag", "content", "url"])
    def test_a_changed_source_starts_anew(
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

    def test_a_change_while_it_is_fetched(self, server: DataServer, folder: DownloadFolder) -> None:
        def change(event: Event) -> None:
            if isinstance(event, DownloadAdvanced) and event.received:
                server.tag = '"second"'

        with held(folder):
            assert download(server.url, folder, change, QUICK).verified

    def test_verified_members_stay_when_the_source_changes(self, server: DataServer, folder: DownloadFolder) -> None:
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

    def test_ctrl_c(self, server: DataServer, folder: DownloadFolder) -> None:
        server.seconds_a_chunk = 0.01

        def press(event: Event) -> None:
            if isinstance(event, DownloadAdvanced) and event.received:
                raise KeyboardInterrupt

        words = r"^Interrupted at .* of .*; the same command goes on from there\.$"
        with pytest.raises(InterruptedDownloadError, match=words), held(folder):
            download(server.url, folder, press, QUICK)
        assert not has_digits(folder.root)
        assert part(folder).stat().st_size > 0
        fetch(server.url, folder)

    def test_ctrl_c_without_ranges(self, server: DataServer, folder: DownloadFolder) -> None:
        server.seconds_a_chunk = 0.01
        server.has_ranges = False

        def press(event: Event) -> None:
            if isinstance(event, DownloadAdvanced) and event.received:
                raise KeyboardInterrupt

        with pytest.raises(InterruptedDownloadError, match="as a whole, so the same command begins anew"), held(folder):
            download(server.url, folder, press, QUICK)
        assert not (folder.path / "gzip.zip").exists()

    def test_killed_in_the_middle(self, server: DataServer, folder: DownloadFolder, tmp_path: Path) -> None:
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
        there = part(folder).stat().st_size
        server.asked.clear()
        fetch(server.url, folder)
        assert max(count for _, count in ranges(server)) == stored_size(server) - there


class TestRefused:
    """One sentence each, and nothing installed."""

    def test_no_network(self, folder: DownloadFolder) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{closed.getsockname()[1]}/gzip.zip"
            assert problem(url, folder).startswith("No connection to 127.0.0.1 (Connection refused): check the network")

    def test_a_name_that_does_not_exist(self, folder: DownloadFolder) -> None:
        assert problem("http://nowhere.invalid/gzip.zip", folder).startswith("No connection to nowhere.invalid (")

    @pytest.mark.parametrize("status", [404, 410])
    def test_not_there(self, server: DataServer, folder: DownloadFolder, status: int) -> None:
        server.statuses = [status]
        assert f"{server.url} is not there ({status} " in problem(server.url, folder)
        assert len(server.asked) == 1

    def test_forbidden(self, server: DataServer, folder: DownloadFolder) -> None:
        server.statuses = [403]
        assert "403 Forbidden" in problem(server.url, folder)

    def test_an_error_that_stays(self, server: DataServer, folder: DownloadFolder) -> None:
        server.statuses = [503] * 10
        assert "503 Service Unavailable" in problem(server.url, folder)
        assert len(server.asked) == QUICK.attempts

    @pytest.mark.parametrize("has_ranges", [True, False])
    def test_a_web_page(self, server: DataServer, folder: DownloadFolder, has_ranges: bool) -> None:
        server.content, server.has_ranges = b"\r\n" + PAGE, has_ranges
        assert "is a web page, not the archive" in problem(server.url, folder)

    @pytest.mark.parametrize("content", [b"", b"PK", b"x" * 5000])
    @pytest.mark.parametrize("has_ranges", [True, False])
    def test_no_archive(self, server: DataServer, folder: DownloadFolder, content: bytes, has_ranges: bool) -> None:
        server.content, server.has_ranges = content, has_ranges
        assert server.url in problem(server.url, folder)

    @pytest.mark.parametrize("has_ranges", [True, False])
    def test_an_archive_cut_short(self, server: DataServer, folder: DownloadFolder, has_ranges: bool) -> None:
        server.content, server.has_ranges = server.content[:-5000], has_ranges
        assert "damaged" in problem(server.url, folder)

    @pytest.mark.parametrize("has_ranges", [True, False])
    def test_a_wrong_hash(self, server: DataServer, folder: DownloadFolder, has_ranges: bool) -> None:
        server.has_ranges = has_ranges
        changed = bytearray(server.content)
        changed[200] ^= 255
        right, server.content = server.content, bytes(changed)
        message = problem(server.url, folder)
        assert f"{TRAIN_IMAGES}.gz from {server.url}" in message
        assert not part(folder).exists()
        server.content = right
        fetch(server.url, folder)

    @pytest.mark.parametrize("has_ranges", [True, False])
    def test_other_content_of_the_same_size(
        self, server: DataServer, folder: DownloadFolder, monkeypatch: pytest.MonkeyPatch, has_ranges: bool
    ) -> None:
        server.has_ranges = has_ranges
        monkeypatch.setitem(OFFICIAL, TEST_LABELS, OfficialFile(len(MEMBERS[TEST_LABELS]), "0" * 64))
        message = problem(server.url, folder)
        assert f"{TEST_LABELS}.gz from {server.url} is not the official file" in message
        assert not part(folder, TEST_LABELS).exists()

    def test_another_size_is_refused_before_anything_is_fetched(
        self, server: DataServer, folder: DownloadFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(OFFICIAL, TEST_LABELS, OfficialFile(7, "0" * 64))
        assert "not the official file" in problem(server.url, folder)
        assert len(server.asked) == 2

    def test_an_archive_without_the_digits(self, server: DataServer, folder: DownloadFolder, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "other.zip", "w") as file:
            file.writestr("letters", b"letters")
        server.content = (tmp_path / "other.zip").read_bytes()
        assert f"has no {TRAIN_IMAGES}" in problem(server.url, folder)

    def test_a_directory_that_claims_gigabytes(self, server: DataServer, folder: DownloadFolder) -> None:
        content = bytearray(server.content)
        content[-22 + 12 : -22 + 16] = (3 << 30).to_bytes(4, "little")
        server.content = bytes(content)
        assert "damaged" in problem(server.url, folder)

    @pytest.mark.parametrize("lies_by", [-10, 10])
    def test_a_length_that_is_a_lie(self, server: DataServer, folder: DownloadFolder, lies_by: int) -> None:
        server.lies_by = lies_by
        assert "broke off" in problem(server.url, folder)

    @pytest.mark.parametrize("lies_by", [-3000, 3000])
    def test_a_length_of_the_whole_that_is_a_lie(
        self, server: DataServer, folder: DownloadFolder, lies_by: int
    ) -> None:
        server.has_ranges, server.lies_by = False, lies_by
        assert ("broke off" if lies_by > 0 else "damaged") in problem(server.url, folder)

    def test_other_parts_than_asked_for(self, server: DataServer, folder: DownloadFolder) -> None:
        server.shifts = 1
        assert "sends other parts" in problem(server.url, folder)

    def test_no_room(self, server: DataServer, folder: DownloadFolder, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1_000_000))
        message = problem(server.url, folder)
        assert message.startswith("The download needs 220 MB in ")
        assert "where 1.0 MB are free" in message
        assert not part(folder).exists()

    def test_a_root_that_is_a_file(self, server: DataServer, root: Path) -> None:
        root.write_text("")
        with pytest.raises(EmnistTuiError, match="cannot be written"), held(DownloadFolder(root)):
            pass
        assert not server.asked

    @pytest.mark.parametrize("url", ["ftp://host/gzip.zip", "gzip.zip", "file:///etc/passwd", "http://", "http://[::1"])
    def test_no_address(self, folder: DownloadFolder, url: str) -> None:
        with pytest.raises(UsageError, match="is not an address to fetch from: give one of http or https"):
            download(url, folder, lambda _: None)

    def test_a_redirect_to_nowhere(self, server: DataServer, folder: DownloadFolder) -> None:
        server.statuses = [302]
        assert "302" in problem(server.url, folder)


class TestProxy:
    def test_the_environments_is_used(
        self, server: DataServer, folder: DownloadFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Proxy("user:secret") as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            fetch(server.url, folder)
            assert set(proxy.asked) == {server.url}
        assert server.asked

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_a_password_is_wanted(
        self, server: DataServer, folder: DownloadFolder, monkeypatch: pytest.MonkeyPatch, scheme: str
    ) -> None:
        with Proxy("user:secret") as proxy:
            monkeypatch.setenv(f"{scheme}_proxy", f"http://user:wrong@{proxy.address}")
            message = problem(f"{scheme}://{server.address}/gzip.zip", folder)
        assert message.startswith(f"The proxy {proxy.address} wants a password (407")
        assert "wrong" not in message
        assert not server.asked

    def test_one_that_is_not_there(
        self, server: DataServer, folder: DownloadFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{closed.getsockname()[1]}"
            monkeypatch.setenv("http_proxy", f"http://{address}")
            assert problem(server.url, folder).startswith(f"The proxy {address} cannot be reached (Connection refused)")


def test_a_password_in_the_address_is_not_told(server: DataServer, folder: DownloadFolder) -> None:
    server.statuses = [404]
    assert "secret" not in problem(server.url.replace("//", "//user:secret@"), folder)


def test_one_download_at_a_time(folder: DownloadFolder) -> None:
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
