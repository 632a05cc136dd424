"""The app process of one page; test_server.py drives it through a web socket."""

import asyncio
import sys

import pytest
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from emnist_tui.web.session import AppSession

GREETING = b"__GANGLION__\n"


async def ignore(*_: object) -> None:
    pass


async def started(code: str, received: bytearray, closed: asyncio.Event) -> AppSession:
    async def take(data: bytes) -> None:
        received.extend(data)

    async def close() -> None:
        closed.set()

    session = AppSession(
        [sys.executable, "-c", code],
        write_bytes=take,
        write_str=ignore,
        close=close,
        download_manager=DownloadManager(),
    )
    await session.start(80, 24)
    return session


async def test_frames_reach_the_page_and_the_end_of_the_app_closes_it() -> None:
    received, closed = bytearray(), asyncio.Event()
    session = await started(f"import os; os.write(1, {GREETING!r} + b'D\\0\\0\\0\\5frame')", received, closed)
    await asyncio.wait_for(closed.wait(), 90)
    assert received == b"frame"
    await session.stop()


async def test_an_app_that_ends_before_it_is_read_closes_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    received, closed = bytearray(), asyncio.Event()
    open_app = AppSession._open_app_process

    async def open_and_wait(session: AppSession, width: int, height: int) -> asyncio.subprocess.Process:
        process = await open_app(session, width, height)
        await process.wait()
        await asyncio.sleep(0.1)  # for the last of its output
        return process

    monkeypatch.setattr(AppSession, "_open_app_process", open_and_wait)
    session = await started(f"import os; os.write(1, {GREETING!r} + b'D\\0\\0\\0\\5frame')", received, closed)
    await asyncio.wait_for(closed.wait(), 5)
    assert received == b"frame"
    await session.stop()


async def test_the_app_is_started_by_its_driver_in_a_session_of_its_own() -> None:
    received, closed = bytearray(), asyncio.Event()
    code = (
        f"import os; os.write(1, {GREETING!r}); text = os.environ['TEXTUAL_DRIVER'] + str(os.getsid(0) == os.getpid());"
        "os.write(1, b'D' + len(text).to_bytes(4, 'big') + text.encode())"
    )
    session = await started(code, received, closed)
    await asyncio.wait_for(closed.wait(), 90)
    assert received.decode() == "emnist_tui.tui.terminal.web_driver:QueuedWebDriverTrue"
    await session.stop()


async def test_stop_closes_the_input_and_waits_for_the_app() -> None:
    received, closed = bytearray(), asyncio.Event()
    code = f"import os, sys; os.write(1, {GREETING!r}); sys.stdin.buffer.read(); os.write(1, b'D\\0\\0\\0\\3end')"
    session = await started(code, received, closed)
    await session.stop()
    assert received == b"end"
    assert session._process is not None
    assert session._process.returncode == 0


async def test_an_app_that_does_not_exit_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emnist_tui.web.session._PATIENCE", 0.1)
    code = f"import os, time; os.write(1, {GREETING!r}); time.sleep(600)"
    session = await started(code, bytearray(), asyncio.Event())
    await session.stop()
    assert session._process is not None
    assert session._process.returncode == -9


@pytest.mark.parametrize("name", ["_open_app_process", "_build_environment", "encode_packet", "run", "start", "stop"])
def test_textual_serve_still_has_the_methods_that_are_used(name: str) -> None:
    assert callable(getattr(AppService, name, None)), f"textual-serve has no AppService.{name} now"
