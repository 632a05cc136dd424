"""Progress of a download on stderr. A bar on a real terminal is tested with the command."""

import io

import pytest
from rich.console import Console

from emnist_tui.commands.output import progress
from emnist_tui.commands.output.download_progress import DownloadBar, DownloadLines
from emnist_tui.runs.events import DownloadAdvanced, DownloadStarted, Event

STARTED = DownloadStarted(url="http://mirror/gzip.zip", root="/data", time=0.0)
HALF = DownloadAdvanced(received=35_000_000, total=70_000_000, bytes_per_second=1_000_000.0, time=35.0)
UNKNOWN_TOTAL = DownloadAdvanced(received=35_000_000, total=0, bytes_per_second=1_000_000.0, time=35.0)


def test_lines_print_sizes_speed_and_time_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "LINE_INTERVAL", 0.0)
    lines = DownloadLines()
    for event in (STARTED, HALF, UNKNOWN_TOTAL):
        lines.observe(event)
    lines.close()
    sentence, half, unknown = capsys.readouterr().err.splitlines()
    assert sentence == "downloading the EMNIST digits from http://mirror/gzip.zip into /data"
    assert half == "35 MB of 70 MB  1.0 MB/s, 35 s left"
    assert unknown == "35 MB  1.0 MB/s"


def test_lines_are_limited_by_time(capsys: pytest.CaptureFixture[str]) -> None:
    lines = DownloadLines()
    lines.observe(HALF)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("event", "percent"), [(HALF, "50 %"), (UNKNOWN_TOTAL, "")])
def test_bar_shows_the_share_if_the_total_is_known(event: Event, percent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(
        progress, "Console", lambda stderr: Console(file=shown, force_terminal=True, width=100, _environ={})
    )
    bar = DownloadBar()
    bar.observe(STARTED)
    bar.observe(event)
    bar.close()
    assert "downloading the EMNIST digits" in shown.getvalue()
    assert "35 MB" in shown.getvalue()
    assert ("%" in shown.getvalue()) == bool(percent)
    assert percent in shown.getvalue()
