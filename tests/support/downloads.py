"""Downloads of small EMNIST digits from a loopback server, successful or failing."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from emnist_tui.learning.data.emnist.download import RetryPolicy, download, held
from emnist_tui.learning.data.emnist.install import DataStatus, data_status
from emnist_tui.runs.data_paths import TRAIN_IMAGES, has_digits, raw_folder
from emnist_tui.runs.download_state import DownloadFolder
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.events import DataInstalled, Event
from tests.support.data_server import DataServer
from tests.support.emnist_files import compress, draw_arrows, encode_files

TRAIN, TEST = 3000, 400
"""Images: enough that a member can break off in the middle."""
QUICK = RetryPolicy(attempts=3, first_wait=0.01, longest_wait=0.02, timeout=0.5)
FILES = encode_files(*draw_arrows(TRAIN, 0), *draw_arrows(TEST, 1))
MEMBERS = compress(FILES)
LARGEST = len(MEMBERS[TRAIN_IMAGES])


def write_zip(path: Path, method: int = zipfile.ZIP_DEFLATED, other: int = 0) -> bytes:
    """Write an archive in the official shape.

    Before the digits it has `other` bytes of another split.
    """
    with zipfile.ZipFile(path, "w", method) as file:
        file.writestr("gzip/emnist-letters-train-images-idx3-ubyte.gz", np.random.default_rng(0).bytes(other))
        for name, content in MEMBERS.items():
            file.writestr(f"gzip/{name}.gz", content)
    return path.read_bytes()


def fetch(url: str, folder: DownloadFolder, policy: RetryPolicy = QUICK) -> list[Event]:
    """Download successfully and return the events.

    Checks that the digits are installed and nothing else is left.
    """
    events: list[Event] = []
    with held(folder):
        status = download(url, folder, events.append, policy)
    assert status == DataStatus(folder.root, True, TRAIN, TEST, verified=True) == data_status(folder.root)
    assert {name: (raw_folder(folder.root) / name).read_bytes() for name in FILES} == FILES
    assert not folder.path.exists()
    assert isinstance(events[-1], DataInstalled)
    return events


def problem(url: str, folder: DownloadFolder, policy: RetryPolicy = QUICK) -> str:
    """Return the one sentence that a download fails with; nothing is installed."""
    with pytest.raises(EmnistTuiError) as caught, held(folder):
        download(url, folder, lambda _: None, policy)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert not has_digits(folder.root)
    assert not data_status(folder.root).present
    return message


def part(folder: DownloadFolder, name: str = TRAIN_IMAGES) -> Path:
    """Return the path of a member's partial file."""
    return folder.members / f"{name}.gz.part"


def interrupt(server: DataServer, folder: DownloadFolder, after: int = 40_960) -> int:
    """Interrupt a download within the first large member.

    Returns the size of its partial file in bytes.
    """
    server.breaks, server.breaks_after = 1, after
    with pytest.raises(EmnistTuiError, match="closed the connection early"), held(folder):
        download(server.url, folder, lambda _: None, RetryPolicy(attempts=0))
    assert 0 < part(folder).stat().st_size <= after
    return part(folder).stat().st_size


def ranges(server: DataServer) -> list[tuple[int, int]]:
    """Return the first byte and the count of each requested range."""
    pairs = [asked.removeprefix("bytes=").split("-") for asked in server.asked]
    return [(int(first), int(last) - int(first) + 1) for first, last in pairs]


def stored_size(server: DataServer) -> int:
    """Return the stored size of the largest member in bytes."""
    with zipfile.ZipFile(io.BytesIO(server.content)) as whole:
        return whole.getinfo(f"gzip/{TRAIN_IMAGES}.gz").compress_size
