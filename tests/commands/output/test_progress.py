"""Progress of training on stderr: lines, the bar, and callbacks."""

import io
import os
import time

import pytest
from rich.console import Console

from emnist_tui.commands.output import progress
from emnist_tui.runs.events import PhaseStarted, RunEnded
from tests.support.scripted_runs import batches, started


def test_line_timer_allows_one_line_an_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    at_once, later = progress.LineTimer(starts_due=True), progress.LineTimer(starts_due=False)
    assert (at_once.is_due(), later.is_due()) == (True, False)
    assert not at_once.is_due()
    now += progress.LINE_INTERVAL
    assert (at_once.is_due(), later.is_due()) == (True, True)
    assert (at_once.is_due(), later.is_due()) == (False, False)


def test_lines_print_sentences_and_seldom_batches(capsys: pytest.CaptureFixture[str]) -> None:
    lines = progress.Lines()
    lines.observe(PhaseStarted(phase="reading \x1b[2J.zip"))
    lines.observe(started())
    for last in (10, 20, 30):
        lines.observe(batches(1, last - 9, last))
    lines.close()
    printed = capsys.readouterr()
    assert printed.out == ""
    first, second, third = printed.err.splitlines()
    assert first == r"reading \x1b[2J.zip …"
    assert second.startswith("training baseline")
    assert third.startswith("epoch 1/3  step 10/300")


def test_bar_shows_progress_and_keeps_sentences_above(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(
        progress, "Console", lambda stderr: Console(file=shown, force_terminal=True, width=100, _environ={})
    )
    bar = progress.Bar()
    for event in (
        started(),
        batches(1, 1, 150),
        RunEnded(reason="finished", step=300, seconds=1.0, images_per_second=1.0),
    ):
        bar.observe(event)
    bar.close()
    text = shown.getvalue()
    assert "training baseline (1,138 parameters)" in text
    assert "finished at step 300" in text
    assert "epoch 1/3" in text
    assert " 50 %" in text


def test_phase_is_printed_with_an_ellipsis(capsys: pytest.CaptureFixture[str]) -> None:
    progress.print_phase("loading torch")
    assert capsys.readouterr().err == "loading torch …\n"


def test_progress_printer_prints_counts_when_due(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    progress.progress_printer("images read")(10, 2000)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "LINE_INTERVAL", 0.0)
    progress.progress_printer("images read")(1000, 2000)
    assert capsys.readouterr().err == "images read: 1,000 of 2,000\n"


def test_bar_is_as_wide_as_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "99999999")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("os.get_terminal_size", lambda *_: os.terminal_size((70, 24)))
    assert progress.progress().console.width == 70
