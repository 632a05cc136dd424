"""Readings for the preview, kept until the files change."""

import os
from pathlib import Path

from emnist_tui.runs.trash import size_of
from emnist_tui.tui.session import run_previews
from emnist_tui.tui.session.run_previews import RunPreviews
from tests.support.scripted_runs import write_run


def test_a_reading_is_kept_until_the_events_change(tmp_path: Path) -> None:
    run = write_run(tmp_path)
    previews = RunPreviews()
    assert previews.reading(run.path) is None
    assert not previews.is_current(run.path)
    previews.read(run.path)
    reading = previews.reading(run.path)
    assert reading
    assert reading.size == size_of(run.path)
    assert reading.curve[-1].step == 300
    assert previews.is_current(run.path)
    os.utime(run.events, (2e9, 2e9))
    assert not previews.is_current(run.path)


def test_a_checkpoint_and_what_is_gone_have_no_curve(tmp_path: Path) -> None:
    previews = RunPreviews()
    (tmp_path / "a.pt").write_bytes(b"12345")
    for path, size in ((tmp_path / "a.pt", 5), (tmp_path / "gone", 0)):
        previews.read(path)
        reading = previews.reading(path)
        assert reading
        assert (reading.size, reading.curve) == (size, [])


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "events.jsonl")
    RunPreviews().read(tmp_path)


def test_only_so_many_are_kept(tmp_path: Path) -> None:
    previews = RunPreviews()
    for number in range(run_previews._KEPT + 10):
        previews.read(tmp_path / str(number))
    assert len(previews._readings) == run_previews._KEPT
