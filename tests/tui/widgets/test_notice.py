"""What is said under the header: the most urgent thing, and nothing while there is none."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from emnist_tui.runs.events import (
    CheckpointFailed,
    CheckpointSaved,
    EvaluationAdvanced,
    Event,
    EventLog,
    PhaseStarted,
    RunFailed,
    StuckAtChance,
)
from emnist_tui.runs.folder import RunFolder
from emnist_tui.tui.keymap import Keymap
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.notice import notice_of
from tests.support.scripted_runs import write_run

FAILED = CheckpointFailed(error="No space left on device.", step=1200)
STUCK = StuckAtChance(epoch=2, step=1500, loss=2.326, seed=7)


def said(root: Path, *events: Event, live: bool = True) -> tuple[str, str]:
    """The notice of a run of one epoch to which this happened."""
    folder = write_run(root, epochs=1, ended=False)
    with EventLog(folder.events) as log:
        for event in events:
            log.write(event)
    if live:
        with folder.held():
            return notice_of(RunSession(folder), Keymap())
    return notice_of(RunSession(folder), Keymap())


def test_nothing_is_said_of_a_run_that_trains(tmp_path: Path) -> None:
    assert said(tmp_path) == ("", "")


def test_nothing_is_said_of_a_run_that_has_finished(tmp_path: Path) -> None:
    assert notice_of(RunSession(write_run(tmp_path)), Keymap()) == ("", "")


def test_a_wait_says_for_what_and_for_how_long(tmp_path: Path) -> None:
    phase = PhaseStarted(phase="drawing synthetic digits", time=time.time() - 75)
    assert said(tmp_path, phase) == ("waiting", "Drawing synthetic digits …  1 m 15 s")


def test_a_clock_that_went_back_is_no_negative_wait(tmp_path: Path) -> None:
    assert said(tmp_path, PhaseStarted(phase="loading torch", time=time.time() + 900))[1] == "Loading torch …  0 s"


@pytest.mark.parametrize(("images", "filled"), [(0, 0), (5_000, 12), (10_000, 24)])
def test_an_evaluation_says_how_far_it_is(tmp_path: Path, images: int, filled: int) -> None:
    kind, words = said(
        tmp_path, PhaseStarted(phase="evaluating on test"), EvaluationAdvanced(images=images, total=10_000)
    )
    bar = "━" * filled + "─" * (24 - filled)
    assert (kind, words) == ("waiting", f"Evaluating on test  {bar}  {images:,} of 10,000 images")


def test_an_evaluation_of_more_than_all_images_is_not_more_than_full(tmp_path: Path) -> None:
    words = said(tmp_path, PhaseStarted(phase="evaluating"), EvaluationAdvanced(images=900, total=10))[1]
    assert words.count("━") == 24


def test_a_checkpoint_that_could_not_be_saved(tmp_path: Path) -> None:
    expected = "The checkpoint at step 1,200 could not be saved: No space left on device. The trainer tries again."
    assert said(tmp_path, FAILED) == ("warning", expected)


def test_a_checkpoint_saved_since_ends_the_warning(tmp_path: Path) -> None:
    assert said(tmp_path, FAILED, CheckpointSaved(file="last.pt", step=1300)) == ("", "")


def test_a_stuck_run_names_the_key_and_the_seed(tmp_path: Path) -> None:
    kind, words = said(tmp_path, STUCK)
    assert kind == "warning"
    assert "no better than guessing (2.326; ln 10 = 2.303). This seed's filters have died." in words
    assert "Press r to train with seed 8." in words


def test_the_most_urgent_is_said(tmp_path: Path) -> None:
    phase = PhaseStarted(phase="evaluating")
    assert "no better than guessing" in said(tmp_path / "a", phase, FAILED, STUCK)[1]
    assert "could not be saved" in said(tmp_path / "b", phase, FAILED)[1]
    failure = RunFailed(error="The loss is not finite.", hint="Lower the learning rate.")
    found = said(tmp_path / "c", phase, FAILED, STUCK, failure, live=False)
    assert found == ("error", "The loss is not finite. Lower the learning rate.")


def test_an_interrupted_run_names_its_checkpoint_and_the_key(tmp_path: Path) -> None:
    expected = "The trainer died; last checkpoint at step 100. Press space to resume."
    assert said(tmp_path, live=False) == ("error", expected)


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        ("", "The process ended without a word."),
        ("loading\n\nemnist-tui: No \x1b[1mdata.\n", "emnist-tui: No \\x1b[1mdata."),
    ],
)
def test_a_trainer_that_never_began_has_the_last_word(tmp_path: Path, printed: str, words: str) -> None:
    folder = RunFolder(tmp_path / "new")
    folder.path.mkdir()
    folder.log.write_text(printed)
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        assert notice_of(RunSession(folder, process), Keymap()) == ("error", words)


def test_a_trainer_that_was_just_started(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "new")
    folder.path.mkdir()
    with folder.held():
        assert notice_of(RunSession(folder), Keymap()) == ("waiting", "Starting the trainer …")


def test_a_run_without_a_trainer_and_without_events_says_something(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    folder.events.unlink()
    kind, words = notice_of(RunSession(folder), Keymap())
    assert kind == "error"
    assert words
