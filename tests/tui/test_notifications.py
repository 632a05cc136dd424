"""Notifications of the app, on an app that only records them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.folder import RunFolder
from emnist_tui.tui.keymap import Keymap
from emnist_tui.tui.notifications import Notifications
from emnist_tui.tui.session.child_process import ChildProcess
from emnist_tui.tui.session.download_session import DownloadEnd, Outcome
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.settings import Settings
from tests.support.scripted_runs import started, write_run


class StubApp:
    """An app without a terminal."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.screen = None
        self.sent: list[tuple[str, str]] = []
        self.written: list[str] = []
        self.bells = 0
        self._driver = SimpleNamespace(write=self.written.append)

    def notify(self, message: str, *, severity: str = "information", markup: bool = True, **_: object) -> None:
        assert not markup
        self.sent.append((severity, message))

    def bell(self) -> None:
        self.bells += 1


@pytest.fixture
def app() -> StubApp:
    return StubApp()


def notifications_of(app: StubApp) -> Notifications:
    return Notifications(cast(Any, app), Keymap(), app.settings)


def test_foreign_text_is_made_printable(app: StubApp) -> None:
    notifications = notifications_of(app)
    for report in (notifications.inform, notifications.warn, notifications.complain):
        report("a\x1b[2J")
    assert app.sent == [("information", "a\\x1b[2J"), ("warning", "a\\x1b[2J"), ("error", "a\\x1b[2J")]


def fail(error: Exception) -> Callable[[], None]:
    def request() -> None:
        raise error

    return request


def test_a_failed_request_is_reported(app: StubApp) -> None:
    notifications = notifications_of(app)
    assert notifications.attempt(lambda: None)
    assert not app.sent
    assert not notifications.attempt(fail(EmnistTuiError("It is locked.")))
    assert not notifications.attempt(fail(PermissionError(13, "Permission denied")))
    assert [message for _, message in app.sent] == [
        "It is locked.",
        "The run's folder cannot be written (Permission denied).",
    ]


def test_many_invalid_settings_are_one_warning(app: StubApp) -> None:
    notifications_of(app).report_settings(["one", "two"])
    assert app.sent == [("warning", "one"), ("warning", "two")]
    notifications_of(app).report_settings(["one", "two", "three"])
    assert app.sent[2:] == [("warning", "3 settings are invalid and ignored; `emnist-tui settings` lists them.")]


def auto_run(root: Path, data: str = "synthetic digits") -> RunSession:
    folder = RunFolder(root / "auto")
    folder.path.mkdir(parents=True)
    with EventLog(folder.events) as log:
        log.write(replace(started(TrainConfig(data="auto")), data=data))
    session = RunSession(folder)
    session.process = cast(ChildProcess, SimpleNamespace(is_alive=True))
    return session


def test_synthetic_digits_in_place_of_the_official_ones_are_reported_once(tmp_path: Path, app: StubApp) -> None:
    session, notifications = auto_run(tmp_path), notifications_of(app)
    for _ in range(2):
        notifications.report_synthetic_data(session, is_installed=False)
    ((_, message),) = app.sent
    assert message == "Training on synthetic digits; d downloads EMNIST (70 MB)."


def test_chosen_or_installed_digits_are_not_reported(tmp_path: Path, app: StubApp) -> None:
    notifications = notifications_of(app)
    notifications.report_synthetic_data(auto_run(tmp_path / "a"), is_installed=True)
    notifications.report_synthetic_data(auto_run(tmp_path / "b", "EMNIST digits"), is_installed=False)
    notifications.report_synthetic_data(RunSession(write_run(tmp_path)), is_installed=False)
    assert not app.sent


def test_the_end_of_a_run_is_reported_as_the_settings_say(tmp_path: Path) -> None:
    session = RunSession(write_run(tmp_path, "a\x07"))
    quiet, loud = StubApp(), StubApp(Settings(bell=True, title=True))
    for app in (quiet, loud):
        notifications_of(app).report_end(session)
    assert (quiet.bells, quiet.written) == (0, [])
    assert (loud.bells, loud.written) == (1, ["\x1b]2;a\\x07 finished\x07"])


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.INSTALLED, ("information", "Done. Press n to train on them.")),
        (Outcome.FAILED, ("error", "Done. Press d to try again.")),
        (Outcome.STOPPED, ("information", "Done.")),
    ],
)
def test_the_end_of_a_download_says_what_to_press(app: StubApp, outcome: Outcome, expected: tuple[str, str]) -> None:
    notifications_of(app).report_download(DownloadEnd(outcome, "Done."))
    assert app.sent == [expected]
