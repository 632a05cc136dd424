"""The guard of the terminal; tests/e2e/test_lost_terminal.py cuts real ones."""

import os
import pty
import signal
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from textual.app import App

from emnist_tui.tui.terminal.guard import TerminalGuard, is_backed_up
from emnist_tui.tui.terminal.textual_private import WriterThread
from tests.support.terminal import PATIENCE


class StubApp:
    """An app that records how it is asked to exit."""

    def __init__(self) -> None:
        self.codes: list[int] = []

    def call_from_thread(self, exit: Any, *, return_code: int) -> None:
        exit(return_code=return_code)

    def exit(self, *, return_code: int) -> None:
        self.codes.append(return_code)


def wait_for(app: StubApp) -> None:
    end = time.monotonic() + PATIENCE
    while not app.codes:
        assert time.monotonic() < end, "the app was not asked to exit"
        time.sleep(0.01)


@pytest.fixture
def terminal_side(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Return the other end of a pseudo-terminal that the guard watches."""
    outer, inner = pty.openpty()
    monkeypatch.setattr("sys.__stdin__", SimpleNamespace(fileno=lambda: inner))
    yield outer
    os.close(inner)


def test_a_signal_exits_the_app_with_its_number(terminal_side: int) -> None:
    app = StubApp()
    before = signal.getsignal(signal.SIGTERM)
    with TerminalGuard(cast(App[Any], app)):
        os.kill(os.getpid(), signal.SIGTERM)
        wait_for(app)
    os.close(terminal_side)
    assert app.codes == [128 + signal.SIGTERM]
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_hang_up_exits_the_app(terminal_side: int) -> None:
    app = StubApp()
    with TerminalGuard(cast(App[Any], app)):
        os.close(terminal_side)
        wait_for(app)
    assert app.codes == [128 + signal.SIGHUP]


def test_an_app_is_backed_up_while_frames_wait() -> None:
    writer = WriterThread(cast(Any, None))
    app = cast(App[Any], SimpleNamespace(_driver=SimpleNamespace(_writer_thread=writer)))
    for _ in range(2):
        writer.write("frame")
        assert not is_backed_up(app)
    writer.write("frame")
    assert is_backed_up(app)
    assert not is_backed_up(cast(App[Any], SimpleNamespace(_driver=object())))
