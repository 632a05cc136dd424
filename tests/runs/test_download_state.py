"""The state of a download, computed from its events and its folder."""

from pathlib import Path

import pytest
from filelock import FileLock

from emnist_tui.runs.data_paths import FILES, raw_folder
from emnist_tui.runs.download_state import DownloadFolder, DownloadFollower, DownloadRecord, format_size
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import DataInstalled, DownloadAdvanced, DownloadStarted, PhaseStarted, RunFailed

STARTED = DownloadStarted(url="http://x/gzip.zip", root="/data")


@pytest.mark.parametrize(
    ("size", "text"),
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
def test_sizes_have_decimal_units(size: float, text: str) -> None:
    assert format_size(size) == text


def advanced(received: int, total: int = 100, speed: float = 10.0) -> DownloadAdvanced:
    return DownloadAdvanced(received=received, total=total, bytes_per_second=speed)


def fold(*events: DownloadStarted | DownloadAdvanced | PhaseStarted | RunFailed | DataInstalled) -> DownloadRecord:
    record = DownloadRecord()
    for event in events:
        record.apply(event)
    return record


@pytest.mark.parametrize(
    ("progress", "seconds_left"), [(advanced(40), 6.0), (advanced(40, speed=0.0), None), (advanced(40, total=0), None)]
)
def test_seconds_left_needs_a_speed_and_a_size(progress: DownloadAdvanced, seconds_left: float | None) -> None:
    assert fold(STARTED, progress).seconds_left == seconds_left


def test_progress_ends_a_wait() -> None:
    assert fold(STARTED, PhaseStarted(phase="connecting"), advanced(1)).phase is None


@pytest.mark.parametrize("next_event", [PhaseStarted(phase="connecting"), STARTED])
def test_another_download_resets_the_state(next_event: PhaseStarted | DownloadStarted) -> None:
    record = fold(STARTED, advanced(40), RunFailed(error="no."), next_event)
    assert not record.has_ended
    assert record.progress is None


class TestDownloadFollower:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> DownloadFolder:
        folder = DownloadFolder(tmp_path)
        folder.path.mkdir(parents=True)
        return folder

    def test_new_events_and_the_lock_are_followed(self, folder: DownloadFolder) -> None:
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

    def test_events_of_an_earlier_download_are_ignored(self, folder: DownloadFolder) -> None:
        with EventLog(folder.events) as log:
            log.write(RunFailed(error="old.", time=1000.0))
            log.write(PhaseStarted(phase="connecting", time=2000.0))
        follower = DownloadFollower(folder, since=1500.0)
        follower.poll()
        assert follower.record.failed is None
        assert follower.record.phase is not None

    def test_installation_is_known_by_its_event_or_by_the_files(self, folder: DownloadFolder) -> None:
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
