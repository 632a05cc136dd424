"""Quitting without a terminal; tests/tui/screens drives the dialog."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from emnist_tui.runs.events import RunEnded
from emnist_tui.tui.quitting import Quitting
from emnist_tui.tui.screens.quit import QuitAnswer, QuitDialog
from emnist_tui.tui.session.run_session import RunSession
from tests.support.scripted_runs import write_run
from tests.support.terminal import control, live_run


class StubApp:
    """An app that records dialogs, timers and its exit."""

    def __init__(self, root: Path, session: RunSession | None = None) -> None:
        self.root, self.session = root, session
        self.screen: object = None
        self.notifications = SimpleNamespace(attempt=self._attempt)
        self.messages: list[str] = []
        self.ticks: list[Callable[[], None]] = []
        self.answer: Callable[[QuitAnswer | None], None] | None = None
        self.has_exited = False

    def _attempt(self, request: Callable[[], None]) -> bool:
        request()
        return True

    def exit(self) -> None:
        self.has_exited = True

    def notify(self, message: str) -> None:
        self.messages.append(message)

    def push_screen(self, screen: QuitDialog, callback: Callable[[QuitAnswer | None], None]) -> None:
        assert self.answer is None, "the question is asked twice"
        self.screen, self.answer = screen, callback

    def set_interval(self, _: float, tick: Callable[[], None]) -> None:
        self.ticks.append(tick)


def request(app: StubApp) -> Callable[[QuitAnswer | None], None] | None:
    quitting = Quitting(cast(Any, app), app.root, cast(Any, app.notifications), poll_every=0.1)
    quitting.request(app.session)
    quitting.request(app.session)
    return app.answer


def test_without_a_run_that_trains_the_app_exits(tmp_path: Path) -> None:
    app = StubApp(tmp_path, RunSession(write_run(tmp_path)))
    assert request(app) is None
    assert app.has_exited


@pytest.mark.parametrize("is_open", [True, False])
def test_a_run_that_trains_is_asked_about_once(tmp_path: Path, is_open: bool) -> None:
    with live_run(tmp_path) as (folder, _):
        app = StubApp(tmp_path, RunSession(folder) if is_open else RunSession(write_run(tmp_path, "other")))
        answer = request(app)
        assert answer is not None
        answer(QuitAnswer.STAY)
        assert not app.has_exited
        answer(QuitAnswer.KEEP_RUNNING)
        assert app.has_exited
        assert control(folder) == {}


def test_stopping_waits_for_the_checkpoint(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, log):
        app = StubApp(tmp_path, RunSession(folder))
        answer = request(app)
        assert answer is not None
        answer(QuitAnswer.STOP)
        assert control(folder)["desired"] == "stop"
        assert app.messages == ["Saving a checkpoint …"]
        (tick,) = app.ticks
        tick()
        assert not app.has_exited
        log.write(RunEnded(reason="stopped", step=100, seconds=1.0, images_per_second=3200.0))
        tick()
        assert app.has_exited
