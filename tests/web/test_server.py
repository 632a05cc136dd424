"""The real server with real apps behind it, and a client in place of the browser."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pyte
import pytest
from aiohttp import ClientWebSocketResponse, WSCloseCode, WSMsgType, WSServerHandshakeError, web
from aiohttp.test_utils import TestClient, TestServer

from emnist_tui.web import session
from emnist_tui.web.server import AppServer
from tests.support.scripted_runs import write_run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc, to look for apps"),
]

PROGRAM = [sys.executable, "-m", "emnist_tui"]

Client = TestClient[web.Request, web.Application]


@asynccontextmanager
async def serving(*arguments: str) -> AsyncIterator[Client]:
    app = await AppServer(arguments, {"localhost"})._make_app()
    async with TestClient(TestServer(app)) as client:
        yield client


class Page:
    """Terminal of a page, which plays the received bytes."""

    def __init__(self, websocket: ClientWebSocketResponse, columns: int = 100, rows: int = 30) -> None:
        self._websocket = websocket
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)

    async def wait_for(self, words: str, row: int | None = None) -> None:
        """Wait until the words are shown, in row `row` if given."""
        while words not in (shown := self._screen.display[row] if row is not None else "\n".join(self._screen.display)):
            message = await asyncio.wait_for(self._websocket.receive(), 30)
            assert message.type == WSMsgType.BINARY, f"{words!r} was not seen:\n{shown}"
            self._stream.feed(message.data)

    async def press(self, keys: str) -> None:
        await self._websocket.send_json(["stdin", keys])

    async def resize(self, columns: int, rows: int) -> None:
        self._screen = pyte.Screen(columns, rows)  # empty: everything must be painted
        self._stream = pyte.ByteStream(self._screen)
        await self._websocket.send_json(["resize", {"width": columns, "height": rows}])

    async def wait_until_closed(self) -> None:
        while (await asyncio.wait_for(self._websocket.receive(), 30)).type == WSMsgType.BINARY:
            pass
        assert self._websocket.closed


def _apps(root: Path) -> list[int]:
    """Return the processes of apps that show the runs in `root`."""
    return [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if str(root) in (_read(path).split("\0")) and "emnist_tui" in _read(path)
    ]


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:  # it has ended
        return ""


async def wait_until(happened: Callable[[], bool], timeout: float = 30) -> None:
    async with asyncio.timeout(timeout):
        while not happened():
            await asyncio.sleep(0.05)


async def test_keys_and_sizes_reach_the_app_and_each_page_has_its_own(tmp_path: Path) -> None:
    write_run(tmp_path)
    async with serving(*PROGRAM, "--checkpoints", str(tmp_path), str(tmp_path / "scripted")) as client:
        async with client.ws_connect("/ws?width=100&height=30") as websocket:
            page = Page(websocket)
            await page.wait_for("● finished")
            await page.press("2")
            await page.wait_for("Confusion · epoch 3 of 3")
            await page.resize(120, 40)
            await page.wait_for("2 Confusion", row=0)
            await page.wait_for("q Quit", row=39)
            async with client.ws_connect("/ws?width=80&height=24") as second:
                await Page(second, 80, 24).wait_for("Epochs")
                assert len(_apps(tmp_path)) == 2
            await wait_until(lambda: len(_apps(tmp_path)) == 1)
        await wait_until(lambda: not _apps(tmp_path))


async def test_the_page_closes_when_its_app_exits(tmp_path: Path) -> None:
    async with (
        serving(*PROGRAM, "--checkpoints", str(tmp_path)) as client,
        client.ws_connect("/ws?width=100&height=30") as websocket,
    ):
        page = Page(websocket)
        await page.wait_for("no run open")
        await page.press("q")
        await page.wait_until_closed()
        await wait_until(lambda: not _apps(tmp_path))


async def test_the_page_closes_when_its_app_cannot_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with (
        serving(*PROGRAM, "--checkpoints", str(tmp_path), str(tmp_path / "absent")) as client,
        client.ws_connect("/ws") as websocket,
    ):
        await Page(websocket).wait_until_closed()
    assert "There is no checkpoint or run" in capsys.readouterr().out


async def test_an_unresponsive_app_ends_with_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_PATIENCE", 0.3)
    code = "import os, sys; os.write(1, b'__GANGLION__\\n')\nwhile True: os.write(1, b'D\\0\\0\\4\\0' + bytes(1024))"
    async with (
        serving(sys.executable, "-c", code, "emnist_tui", str(tmp_path)) as client,
        client.ws_connect("/ws") as websocket,
    ):
        assert (await websocket.receive()).type == WSMsgType.BINARY
        assert len(_apps(tmp_path)) == 1
        await websocket.close()
        await wait_until(lambda: not _apps(tmp_path))


async def test_every_app_ends_with_the_server(tmp_path: Path) -> None:
    async with serving(*PROGRAM, "--checkpoints", str(tmp_path)) as client:
        websocket = await client.ws_connect("/ws?width=100&height=30")
        await Page(websocket).wait_for("no run open")
    assert not _apps(tmp_path)


async def test_other_pages_and_other_names_are_refused_before_an_app_starts(tmp_path: Path) -> None:
    async with serving(*PROGRAM, "--checkpoints", str(tmp_path)) as client:
        own = f"127.0.0.1:{client.port}"
        for headers in (
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {"Origin": f"http://127.0.0.1:{(client.port or 0) + 1}"},
            {"Host": "evil.example", "Origin": "http://evil.example"},  # its name resolves to this machine
            {"Host": f"evil.example:{client.port}"},
        ):
            for path in ("/", "/static/js/textual.js", "/download/key"):
                assert (await client.get(path, headers=headers)).status == 403
            with pytest.raises(WSServerHandshakeError, match="403"):
                await client.ws_connect("/ws", headers=headers)
        assert not _apps(tmp_path)
        async with client.ws_connect("/ws", headers={"Origin": f"http://{own}"}) as websocket:
            assert (await websocket.receive()).type == WSMsgType.BINARY


async def test_the_page_loads_nothing_from_elsewhere_and_is_shown_in_no_frame() -> None:
    async with serving(*PROGRAM) as client:
        response = await client.get("/")
        page = await response.text()
        assert "http:" not in page
        assert "https://" not in page
        assert response.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
        for path in ("css/xterm.css", "js/textual.js", "fonts/RobotoMono-VariableFont_wght.ttf"):
            assert f"static/{path}" in page
            assert (await client.get(f"/static/{path}")).status == 200


async def test_an_invalid_message_closes_that_page_only(tmp_path: Path) -> None:
    async with serving(*PROGRAM, "--checkpoints", str(tmp_path)) as client:
        for nonsense in ("no JSON", "{}", '["resize", {}]'):
            async with client.ws_connect("/ws") as websocket:
                await websocket.send_str(nonsense)
                await Page(websocket).wait_until_closed()
                assert websocket.close_code == WSCloseCode.UNSUPPORTED_DATA
        assert (await client.get("/")).status == 200
