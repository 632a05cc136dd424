"""Notices: the most urgent message about a run or a download, or none."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.learning.models.device_errors import explain, training_failed
from emnist_tui.runs.download_state import DownloadRecord
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import (
    CheckpointFailed,
    CheckpointSaved,
    Evaluated,
    EvaluationAdvanced,
    Event,
    PhaseStarted,
    RunEnded,
    RunFailed,
    StoppedEarly,
    StuckAtChance,
)
from emnist_tui.runs.folder import RunFolder
from emnist_tui.tui.keymap import Keymap
from emnist_tui.tui.session.download_session import DownloadSession
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.notice import download_notice, notice_of
from tests.support.scripted_runs import started, units_changed, with_checkpoint, write_run
from tests.support.terminal import live_run, opened_checkpoint

FAILED = CheckpointFailed(error="No space left on device.", step=1200)
STUCK = StuckAtChance(epoch=2, step=1500, loss=2.326, seed=7)


def notice(root: Path, *events: Event, live: bool = True) -> tuple[str, str]:
    """Return the notice after one finished epoch and these events."""
    with live_run(root) as (folder, log):
        with_checkpoint(folder)
        for event in events:
            log.write(event)
        if live:
            return notice_of(RunSession(folder), Keymap())
    return notice_of(RunSession(folder), Keymap())


def test_a_run_that_trains_has_no_notice(tmp_path: Path) -> None:
    assert notice(tmp_path) == ("", "")


def test_a_finished_run_has_no_notice(tmp_path: Path) -> None:
    assert notice_of(RunSession(write_run(tmp_path)), Keymap()) == ("", "")


def test_an_open_run_that_somebody_else_moved_is_missed(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "mine")
    session = RunSession(folder)
    folder.path.rename(tmp_path / "theirs")
    expected = "mine is no longer there; somebody else moved or deleted it. 4 lists the runs."
    assert notice_of(session, Keymap()) == ("error", expected)


def test_a_dead_filter_is_named_with_what_helps(tmp_path: Path) -> None:
    advice = "A lower learning rate or another seed helps: r reseeds."
    one = units_changed(90, [1])
    assert notice(tmp_path / "one", one) == ("warning", f"Filter 1 of layers.1 (ReLU) died by step 90. {advice}")
    two = (one, units_changed(91, [3], layer="other", of=4))
    expected = f"Filter 1 of layers.1 (ReLU) died by step 90, as did some in 1 more layer. {advice}"
    assert notice(tmp_path / "two", *two) == ("warning", expected)


def test_a_loss_that_is_small_or_over_has_no_notice(tmp_path: Path) -> None:
    assert notice(tmp_path / "small", units_changed(90, [1], of=64)) == ("", "")
    assert notice(tmp_path / "over", units_changed(90, [1]), units_changed(95, [], [1])) == ("", "")


def test_a_run_at_chance_is_called_that_though_its_filters_are_known_dead(tmp_path: Path) -> None:
    assert "no better than guessing" in notice(tmp_path, units_changed(90, [0, 1]), STUCK)[1]


def test_a_doubt_about_the_device_stays_while_the_run_trains(tmp_path: Path) -> None:
    doubt = "CUDA is not available, so the CPU is used: the NVIDIA driver is too old."
    begun = replace(started(), notice=doubt)
    assert notice(tmp_path / "live", begun) == ("warning", doubt)
    ended = RunEnded(reason="finished", step=300, seconds=1, images_per_second=1)
    assert notice(tmp_path / "ended", begun, ended) == ("", "")


def test_a_failed_gpu_names_the_key_that_resumes_on_the_cpu(tmp_path: Path) -> None:
    fault = explain(RuntimeError("CUDA error: out of memory"))
    assert fault is not None
    error, hint = training_failed(fault, "mine")
    words = "Press space to resume the run from its last checkpoint on the CPU, or train with smaller batches."
    failed = RunFailed(error=error, hint=hint, device="cpu")
    assert notice(tmp_path, failed) == ("error", f"The GPU is out of memory. {words}")


def test_a_wait_that_is_a_sentence_is_left_as_it_is(tmp_path: Path) -> None:
    assert notice(tmp_path, PhaseStarted(phase="evaluating on the CPU.", time=0)) == (
        "waiting",
        "Evaluating on the CPU.",
    )


def test_a_wait_names_its_phase_and_duration(tmp_path: Path) -> None:
    phase = PhaseStarted(phase="drawing synthetic digits", time=time.time() - 75)
    assert notice(tmp_path, phase) == ("waiting", "Drawing synthetic digits …  1 m 15 s")


def test_a_clock_set_back_never_gives_a_negative_wait(tmp_path: Path) -> None:
    assert notice(tmp_path, PhaseStarted(phase="loading torch", time=time.time() + 900))[1] == "Loading torch …  0 s"


@pytest.mark.parametrize(("images", "filled"), [(0, 0), (5_000, 5), (10_000, 10)])
def test_an_evaluation_reports_its_progress(tmp_path: Path, images: int, filled: int) -> None:
    kind, text = notice(
        tmp_path, PhaseStarted(phase="evaluating on test", time=0.0), EvaluationAdvanced(images=images, total=10_000)
    )
    bar = "━" * filled + "─" * (10 - filled)
    assert (kind, text) == ("waiting", f"Evaluating on test  {bar}  {images:,} of 10,000 images")


def test_progress_beyond_the_total_fills_the_bar(tmp_path: Path) -> None:
    text = notice(tmp_path, PhaseStarted(phase="evaluating", time=0.0), EvaluationAdvanced(images=900, total=10))[1]
    assert text.count("━") == 10


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


def test_a_run_without_a_checkpoint_names_the_key_of_a_new_one(tmp_path: Path) -> None:
    folder = write_run(tmp_path, epochs=1, ended=False)
    new_run = "Press n to start a new run."
    expected = f"The trainer died before it saved a checkpoint. {new_run}"
    assert notice_of(RunSession(folder), Keymap()) == ("error", expected)
    for error, text in (
        ("The file is gone.", f"The file is gone. {new_run}"),
        ("Start a new run with a --learning-rate below 3.", "Press n to train with a learning rate below 3."),
    ):
        with EventLog(folder.events) as log:
            log.write(RunFailed(error=error))
        assert notice_of(RunSession(folder), Keymap()) == ("error", text)


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        ("", "The process ended without a message. Press n to start a new run."),
        ("loading\n\nemnist-tui: No \x1b[1mdata.\n", "No \\x1b[1mdata. Press n to start a new run."),
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


def test_a_doubt_about_the_input_of_a_checkpoint_stays(tmp_path: Path) -> None:
    warning = "mine.pt classifies only 9.8 % of 64 train images correctly."
    opened = opened_checkpoint(tmp_path, tmp_path / "mine.pt", warning=warning)
    assert notice_of(opened, Keymap()) == ("warning", warning)


@pytest.mark.parametrize(("seconds", "text"), [(1.0, ""), (3.0, "Evaluating on test …  3 s")])
def test_a_brief_evaluation_during_training_has_no_notice(tmp_path: Path, seconds: float, text: str) -> None:
    assert notice(tmp_path, PhaseStarted(phase="evaluating on test", time=time.time() - seconds))[1] == text


class ScriptedDownload(DownloadSession):
    """A download session whose state the test sets."""

    def __init__(self, record: DownloadRecord | None = None, *, is_installed: bool = False) -> None:
        super().__init__()
        self._record = record
        self._has_digits = is_installed

    @property
    def is_installed(self) -> bool:
        return self._has_digits

    @property
    def record(self) -> DownloadRecord | None:
        return self._record


def hint(download: DownloadSession, width: int = 118, *, is_anything_opened: bool = False) -> str:
    return download_notice(download, Keymap(), width, is_anything_opened=is_anything_opened)[1]


@pytest.mark.parametrize("width", [58, 78, 118])
def test_the_hint_about_missing_digits_fits_its_line(width: int) -> None:
    assert "d downloads" in hint(ScriptedDownload(), width)
    assert len(hint(ScriptedDownload(), width)) <= width


def test_missing_digits_need_no_hint_beside_an_open_run() -> None:
    assert not hint(ScriptedDownload(), is_anything_opened=True)
    assert not hint(ScriptedDownload(is_installed=True))


def test_a_download_is_reported_beside_an_open_run() -> None:
    assert hint(ScriptedDownload(DownloadRecord()), is_anything_opened=True).startswith("Fetching EMNIST digits")


def validated(root: Path, name: str, *events: Event) -> tuple[str, str]:
    """Return the notice of a run with a validation split, which ended with these events."""
    folder = write_run(root, name, epochs=1, ended=False)
    (folder.path / "evaluation-epoch-001.npz").rename(folder.path / "v.npz")
    lines = [line for line in folder.events.read_text().splitlines(keepends=True) if '"evaluated"' not in line]
    folder.events.write_text("".join(lines))
    ended = RunEnded(reason="finished", step=100, seconds=1.0, images_per_second=1.0)
    found = [
        Evaluated(split="validation", epoch=epoch, step=100, loss=1.0, accuracy=share, images=500, file="v.npz")
        for epoch, share in ((1, 0.9), (2, 0.9712), (3, 0.97))
    ]
    with EventLog(folder.events) as log:
        for event in (*found, *events, ended):
            log.write(event)
    return notice_of(RunSession(folder), Keymap())


def test_a_finished_run_with_validation_names_its_best_epoch(tmp_path: Path) -> None:
    best = "Best epoch on validation: 2 (97.12 %), kept in best.pt."
    assert validated(tmp_path, "whole") == ("hint", best)
    early = validated(tmp_path, "early", StoppedEarly(epoch=3, step=100, best_epoch=2))
    assert early == ("hint", "Stopped early. Best epoch: 2 (val 97.12 %). t trains on.")
    assert max(len(best), len(early[1])) <= 58  # of a window of 60
