"""A download seen from outside: sizes for people, the fold of its events, and following its folder."""

from pathlib import Path

import pytest
from filelock import FileLock

from emnist_tui.runs.data_paths import FILES, has_digits, raw_folder
from emnist_tui.runs.download_state import DownloadFolder, DownloadFollower, DownloadRecord, format_size
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import DataInstalled, DownloadAdvanced, DownloadStarted, PhaseStarted, RunFailed

STARTED = DownloadStarted(url="http://x/gzip.zip", root="/data")


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (9_949, "9.9 kB"),
        (9_950, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (3_210_000, "3.2 MB"),
        (59_515_779, "60 MB"),
        (561_753_746, "562 MB"),
        (1_234_000_000, "1.2 GB"),
    ],
)
def test_sizes(size: float, words: str) -> None:
    assert format_size(size) == words


def advanced(received: int, total: int = 100, speed: float = 10.0) -> DownloadAdvanced:
    return DownloadAdvanced(received=received, total=total, bytes_per_second=speed)


def fold(*events: DownloadStarted | DownloadAdvanced | PhaseStarted | RunFailed | DataInstalled) -> DownloadRecord:
    record = DownloadRecord()
    for event in events:
        record.apply(event)
    return record


@pytest.mark.parametrize(
    ("progress", "left"), [(advanced(40), 6.0), (advanced(40, speed=0.0), None), (advanced(40, total=0), None)]
)
def test_time_left(progress: DownloadAdvanced, left: float | None) -> None:
    assert fold(STARTED, progress).seconds_left == left


def test_bytes_end_a_wait() -> None:
    assert fold(STARTED, PhaseStarted(phase="connecting"), advanced(1)).phase is None


@pytest.mark.parametrize("next_event", [PhaseStarted(phase="connecting"), STARTED])
def test_another_download_knows_nothing_of_the_one_before(next_event: PhaseStarted | DownloadStarted) -> None:
    record = fold(STARTED, advanced(40), RunFailed(error="no."), next_event)
    assert not record.has_ended
    assert record.progress is None


def test_has_digits_needs_all_four(tmp_path: Path) -> None:
    raw_folder(tmp_path).mkdir(parents=True)
    for name in FILES:
        assert not has_digits(tmp_path)
        (raw_folder(tmp_path) / name).touch()
    assert has_digits(tmp_path)


class TestFollower:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> DownloadFolder:
        folder = DownloadFolder(tmp_path)
        folder.path.mkdir(parents=True)
        return folder

    def test_it_reads_what_comes(self, folder: DownloadFolder) -> None:
        with FileLock(folder.lock), EventLog(folder.events) as log:
            log.write(STARTED)
            follower = DownloadFollower(folder)
            follower.poll()
            assert follower.is_downloading
            log.write(advanced(40))
            follower.poll()
            assert follower.record.progress is not None
            assert follower.record.progress.received == 40
            log.write(RunFailed(error="no."))
            follower.poll()
        follower.poll()
        assert follower.record.failed is not None
        assert not follower.is_downloading

    def test_what_is_older_is_not_its_own(self, folder: DownloadFolder) -> None:
        with EventLog(folder.events) as log:
            log.write(RunFailed(error="old.", time=1000.0))
            log.write(PhaseStarted(phase="connecting", time=2000.0))
        follower = DownloadFollower(folder, since=1500.0)
        follower.poll()
        assert follower.record.failed is None
        assert follower.record.phase is not None

    def test_installed_by_event_or_by_what_is_there(self, folder: DownloadFolder) -> None:
        follower = DownloadFollower(folder)
        follower.poll()
        assert not follower.is_installed
        for name in FILES:
            (raw_folder(folder.root) / name).touch()
        assert follower.is_installed
        folder.events.touch()
        assert not follower.is_installed
        with EventLog(folder.events) as log:
            log.write(DataInstalled(root=str(folder.root), train_images=1, test_images=1))
        follower.poll()
        assert follower.is_installed
