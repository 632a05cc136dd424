"""Notice: the most urgent message about a run, or none."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import (
    CheckpointFailed,
    CheckpointSaved,
    EvaluationAdvanced,
    Event,
    PhaseStarted,
    RunFailed,
    StuckAtChance,
)
from emnist_tui.runs.folder import RunFolder
from emnist_tui.tui.keymap import Keymap
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.notice import Notice, notice_of
from tests.support.scripted_runs import write_run
from tests.support.terminal import live_run, opened_checkpoint
from tests.support.widget_app import WidgetApp

FAILED = CheckpointFailed(error="No space left on device.", step=1200)
STUCK = StuckAtChance(epoch=2, step=1500, loss=2.326, seed=7)


def notice(root: Path, *events: Event, live: bool = True) -> tuple[str, str]:
    """Return the notice after one finished epoch and these events."""
    with live_run(root) as (folder, log):
        for event in events:
            log.write(event)
        if live:
            return notice_of(RunSession(folder), Keymap())
    return notice_of(RunSession(folder), Keymap())


def test_a_run_that_trains_has_no_notice(tmp_path: Path) -> None:
    assert notice(tmp_path) == ("", "")


def test_a_finished_run_has_no_notice(tmp_path: Path) -> None:
    assert notice_of(RunSession(write_run(tmp_path)), Keymap()) == ("", "")


def test_a_wait_names_its_phase_and_duration(tmp_path: Path) -> None:
    phase = PhaseStarted(phase="drawing synthetic digits", time=time.time() - 75)
    assert notice(tmp_path, phase) == ("waiting", "Drawing synthetic digits …  1 m 15 s")


def test_a_clock_set_back_never_gives_a_negative_wait(tmp_path: Path) -> None:
    assert notice(tmp_path, PhaseStarted(phase="loading torch", time=time.time() + 900))[1] == "Loading torch …  0 s"


@pytest.mark.parametrize(("images", "filled"), [(0, 0), (5_000, 12), (10_000, 24)])
def test_an_evaluation_reports_its_progress(tmp_path: Path, images: int, filled: int) -> None:
    kind, text = notice(
        tmp_path, PhaseStarted(phase="evaluating on test"), EvaluationAdvanced(images=images, total=10_000)
    )
    bar = "━" * filled + "─" * (24 - filled)
    assert (kind, text) == ("waiting", f"Evaluating on test  {bar}  {images:,} of 10,000 images")


def test_progress_beyond_the_total_fills_the_bar(tmp_path: Path) -> None:
    text = notice(tmp_path, PhaseStarted(phase="evaluating"), EvaluationAdvanced(images=900, total=10))[1]
    assert text.count("━") == 24


def test_a_failed_checkpoint_is_reported(tmp_path: Path) -> None:
    expected = "The checkpoint at step 1,200 could not be saved: No space left on device. The trainer tries again."
    assert notice(tmp_path, FAILED) == ("warning", expected)


def test_the_next_saved_checkpoint_ends_the_warning(tmp_path: Path) -> None:
    assert notice(tmp_path, FAILED, CheckpointSaved(file="last.pt", step=1300)) == ("", "")


def test_a_stuck_run_names_the_key_and_the_next_seed(tmp_path: Path) -> None:
    kind, text = notice(tmp_path, STUCK)
    assert kind == "warning"
    assert "no better than guessing (2.326; ln 10 = 2.303). This seed's filters have died." in text
    assert "Press r to train with another seed." in text


def test_the_most_urgent_message_wins(tmp_path: Path) -> None:
    phase = PhaseStarted(phase="evaluating")
    assert "no better than guessing" in notice(tmp_path / "a", phase, FAILED, STUCK)[1]
    assert "could not be saved" in notice(tmp_path / "b", phase, FAILED)[1]
    failure = RunFailed(error="The loss is not finite.", hint="Lower the learning rate.")
    failed = notice(tmp_path / "c", phase, FAILED, STUCK, failure, live=False)
    assert failed == ("error", "The loss is not finite. Lower the learning rate.")


def test_an_interrupted_run_names_its_checkpoint_and_the_key_to_resume(tmp_path: Path) -> None:
    expected = "The trainer died; last checkpoint at step 100. Press space to resume."
    assert notice(tmp_path, live=False) == ("error", expected)


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        ("", "The process ended without a message."),
        ("loading\n\nemnist-tui: No \x1b[1mdata.\n", "No \\x1b[1mdata."),
    ],
)
def test_a_trainer_that_failed_before_its_first_event_is_quoted(tmp_path: Path, printed: str, text: str) -> None:
    folder = RunFolder(tmp_path / "new")
    folder.path.mkdir()
    folder.log.write_text(printed)
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        assert notice_of(RunSession(folder, process), Keymap()) == ("error", text)


def test_a_launched_trainer_is_waited_for(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "new")
    folder.path.mkdir()
    with folder.held():
        assert notice_of(RunSession(folder), Keymap()) == ("waiting", "Starting the trainer …")


def test_a_run_without_events_suggests_a_new_run(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    folder.events.unlink()
    kind, text = notice_of(RunSession(folder), Keymap())
    assert kind == "error"
    assert text.endswith("Press n to start a new run.")


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_the_longest_notice_fits(tmp_path: Path, size: tuple[int, int]) -> None:
    with live_run(tmp_path) as (folder, log):
        log.write(STUCK)
        widget = Notice()
        app = WidgetApp(widget)
        async with app.run_test(size=size) as pilot:
            widget.show(RunSession(folder))
            await pilot.pause()
            assert " ".join(app.text.split()).endswith("Press r to train with another seed.")
            assert widget.has_class("-warning")
            widget.show(None)
            await pilot.pause()
            assert not app.text.strip()
            assert not widget.display


def test_a_doubt_about_the_input_of_a_checkpoint_stays(tmp_path: Path) -> None:
    warning = "mine.pt classifies only 9.8 % of 64 train images correctly."
    opened = opened_checkpoint(tmp_path, tmp_path / "mine.pt", warning=warning)
    assert notice_of(opened, Keymap()) == ("warning", warning)


async def test_a_long_sentence_is_shown_in_full_in_the_narrowest_window(tmp_path: Path) -> None:
    words = [f"word{number:02}" for number in range(50)]
    folder = RunFolder(tmp_path / "failed")
    folder.path.mkdir()
    with EventLog(folder.events) as log:
        log.write(RunFailed(error=" ".join(words)))
    shown = Notice()
    app = WidgetApp(shown)
    async with app.run_test(size=(60, 12)) as pilot:
        shown.show(RunSession(folder, checkpoint=tmp_path / "mine.pt"))
        await pilot.pause()
        assert " ".join(app.lines).split() == words
