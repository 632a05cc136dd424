"""The summary printed after the app has exited."""

from pathlib import Path

import pytest

from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import RunEnded, StoppedEarly
from emnist_tui.runs.folder import RunFolder
from emnist_tui.tui.exit_summary import summary
from emnist_tui.tui.keymap import Keymap
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.notice import notice_of
from tests.support.scripted_runs import batches, started, write_run
from tests.support.terminal import live_run, opened_checkpoint


def test_a_finished_run_names_its_result_and_checkpoint(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "mine")
    (folder.path / "last.pt").touch()
    first, *rest = summary(RunSession(folder)).split("\n")
    assert first.startswith("mine finished: step 300 of 300, 36 s of training, test ")
    assert rest == [f"  checkpoint  {folder.path}/last.pt", f"  reopen      emnist-tui {folder.path}"]


def test_a_run_that_stopped_early_says_so(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "mine", ended=False)
    with EventLog(folder.events) as log:
        log.write(StoppedEarly(epoch=9, step=300, best_epoch=6))
        log.write(RunEnded(reason="finished", step=300, seconds=36.0, images_per_second=1.0))
    first = summary(RunSession(folder)).split("\n")[0]
    assert first.startswith("mine finished early, after epoch 9 (best 6): step 300 of 300, 36 s of training")


def test_the_training_time_is_that_of_the_whole_run(tmp_path: Path) -> None:
    folder = write_run(tmp_path, epochs=3)
    with EventLog(folder.events) as log:
        log.write(started(resumed_at_step=300))
        log.write(RunEnded(reason="stopped", step=340, seconds=4.0, images_per_second=1.0))
    assert "step 340 of 300, 40 s of training" in summary(RunSession(folder)).split("\n")[0]


def test_the_best_checkpoint_is_named_before_the_last(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    for name in ("last.pt", "best.pt"):
        (folder.path / name).touch()
    assert f"{folder.path}/best.pt" in summary(RunSession(folder))


def test_an_interrupted_run_says_how_to_resume_it(tmp_path: Path) -> None:
    folder = write_run(tmp_path, epochs=1, ended=False)
    assert "--resume" not in summary(RunSession(folder))
    (folder.path / "last.pt").touch()
    assert summary(RunSession(folder)).startswith("scripted interrupted: step 100 of 300, test ")
    assert f"  resume      emnist-tui train --resume {folder.path}" in summary(RunSession(folder))


def test_an_evaluation_before_the_last_step_says_its_epoch(tmp_path: Path) -> None:
    folder = write_run(tmp_path, epochs=1, ended=False)
    assert "after epoch" not in summary(RunSession(folder))
    with EventLog(folder.events) as log:
        log.write(batches(2, 101, 140))
    assert " % after epoch 1." in summary(RunSession(folder))


def test_a_training_run_says_how_to_reopen_and_stop_it(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, _):
        assert summary(RunSession(folder)).split("\n") == [
            "scripted is still training, step 100 of 300.",
            f"  reopen      emnist-tui {folder.path}",
            f"  stop        emnist-tui stop {folder.path}",
        ]


def test_a_run_whose_lock_cannot_be_read_may_be_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_run(tmp_path, epochs=1, ended=False)
    monkeypatch.setattr(RunFolder, "is_training", lambda _: None)
    session = RunSession(folder)
    assert summary(session).startswith("scripted may still be training, step 100 of 300.")
    expected = f"You may not read {folder.lock}, so perhaps there is no trainer."
    assert notice_of(session, Keymap({})) == ("warning", expected)


def test_a_starting_run_counts_as_training(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "new")
    folder.path.mkdir()
    with folder.held():
        assert summary(RunSession(folder)).split("\n")[0] == "new is still training."


def test_a_path_is_quoted_for_a_shell_and_harmless_to_a_terminal(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "my runs\x1b[2J")
    text = summary(RunSession(folder))
    assert "\x1b" not in text
    assert "'" in text


def test_a_checkpoint_has_no_summary(tmp_path: Path) -> None:
    (tmp_path / "mine.pt").touch()
    assert summary(opened_checkpoint(tmp_path, tmp_path / "mine.pt")) == ""
