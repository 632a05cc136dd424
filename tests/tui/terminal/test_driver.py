"""The driver's end on a terminal that answers; tests/e2e/test_shell.py suspends the whole app."""

import asyncio
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, cast

import pytest
from textual.events import Resize
from textual.geometry import Size

if sys.platform == "win32":
    pytest.skip("there are no pseudo-terminals", allow_module_level=True)

from emnist_tui.tui.terminal.driver import TerminalDriver

REQUEST = b"\x1b[c"


class FarTerminal(threading.Thread):
    """The other end of a pseudo-terminal: collects what is written, and sends an answer to the last request."""

    def __init__(self, descriptor: int, answer: bytes) -> None:
        super().__init__(daemon=True)
        self.written = b""
        self._descriptor, self._answer = os.dup(descriptor), answer  # its own, which no later test is given
        self.start()

    def run(self) -> None:
        is_answered = False
        with suppress(OSError):  # the inner end is closed
            while select.select([self._descriptor], [], [], 10)[0]:
                self.written += os.read(self._descriptor, 4096)
                if REQUEST in self.written and not is_answered:
                    is_answered = True
                    os.write(self._descriptor, self._answer)
        os.close(self._descriptor)


@pytest.fixture
def sides(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, int]]:
    """Return both ends of a pseudo-terminal whose inner one Textual takes for stdin and stderr."""
    outer, inner = os.openpty()
    with open(inner, "w", closefd=False) as stream:
        monkeypatch.setattr("sys.__stdin__", SimpleNamespace(fileno=lambda: inner, isatty=lambda: True))
        monkeypatch.setattr("sys.__stderr__", stream)
        before = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH)}
        yield outer, inner
        for number, handler in before.items():
            signal.signal(number, handler)
    os.close(inner)
    os.close(outer)


def start_and_stop() -> float:
    """Start a driver and stop it at once; return the seconds that the stop took."""

    async def receive(message: object) -> None:
        pass

    async def run() -> float:
        driver = TerminalDriver(cast(Any, SimpleNamespace(_post_message=receive)))
        driver.start_application_mode()
        before = time.monotonic()
        driver.stop_application_mode()
        driver.close()
        return time.monotonic() - before

    return asyncio.run(run())


def test_the_last_size_is_that_of_the_terminal(sides: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal is resized again while its size is read."""
    sizes = [(80, 24), (200, 60)]
    received: list[Size] = []

    def read_size(_: TerminalDriver) -> tuple[int, int]:
        size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
        if size != sizes[0]:
            signal.raise_signal(signal.SIGWINCH)
        return size

    async def receive(message: object) -> None:
        if isinstance(message, Resize):
            received.append(message.size)

    async def run() -> None:
        driver = TerminalDriver(cast(Any, SimpleNamespace(_post_message=receive)))
        driver.start_application_mode()
        await asyncio.sleep(0.1)
        received.clear()
        monkeypatch.setattr(TerminalDriver, "_get_terminal_size", read_size)
        signal.raise_signal(signal.SIGWINCH)
        await asyncio.sleep(0.1)
        driver.stop_application_mode()
        driver.close()

    FarTerminal(sides[0], b"\x1b[?1;2c")
    asyncio.run(run())
    assert received[-1] == Size(200, 60)


def test_answers_are_discarded_and_later_keys_are_kept(sides: tuple[int, int]) -> None:
    outer, inner = sides
    FarTerminal(outer, b"\x1b[?2026;2$y\x1b[?2048;0$y\x1b[<35;10;5M\x1b[?62;22cls\n")
    start_and_stop()
    assert os.read(inner, 100) == b"ls\n"


def test_reports_end_before_the_request_whose_answer_is_awaited(sides: tuple[int, int]) -> None:
    far = FarTerminal(sides[0], b"\x1b[?1;2c")
    start_and_stop()
    end = time.monotonic() + 10
    while b"\x1b[?1049l" not in far.written:  # read by the other thread soon
        assert time.monotonic() < end
        time.sleep(0.01)
    before = far.written.rpartition(REQUEST)[0]
    for mode in (1000, 1003, 1006, 1016, 1004, 2004, 2048):
        assert before.rfind(b"\x1b[?%dl" % mode) > before.rfind(b"\x1b[?%dh" % mode)
    assert b"\x1b[?1049l" not in before


def test_a_terminal_that_never_answers_is_waited_for_briefly(sides: tuple[int, int]) -> None:
    FarTerminal(sides[0], b"")
    assert 0.9 < start_and_stop() < 10


def test_a_session_leader_is_not_suspended(sides: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    FarTerminal(sides[0], b"\x1b[?62c")
    monkeypatch.setattr("os.getsid", lambda _: os.getpid())

    async def run() -> bool:
        driver = TerminalDriver(cast(Any, SimpleNamespace(_post_message=asyncio.sleep)))
        driver.start_application_mode()
        try:
            return driver.suspend_process()
        finally:
            driver.stop_application_mode()
            driver.close()

    assert not asyncio.run(run())
