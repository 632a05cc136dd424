"""Web server with a terminal page and an app per page."""

import asyncio
import logging
import socket
from collections.abc import Collection, Sequence
from pathlib import Path

from aiohttp import WSCloseCode, web
from textual_serve.server import Server, to_int

from emnist_tui.text.formats import printable
from emnist_tui.web.origins import only_own_page
from emnist_tui.web.session import AppSession

_PAGE = Path(__file__).with_name("page.html")
_HEARTBEAT = 30.0  # seconds between two pings of the page; half of it is the time for its answer
_CLOSING_PATIENCE = 2.0  # seconds for a page to acknowledge the closing of its web socket
_INVALID_MESSAGE = (ValueError, TypeError, LookupError, AttributeError, AssertionError)
"""Errors that messages raise which the server's own page never sends."""
_SHUTDOWN_PATIENCE = 10.0  # seconds for all apps to exit


class AppServer(Server):
    """textual-serve's server, restricted to its own page.

    Every app ends with its page.
    """

    def __init__(self, arguments: Sequence[str], names: Collection[str]) -> None:
        """Start each app by `arguments`.

        The server answers to the host names `names` and to plain addresses.
        """
        super().__init__("emnist-tui")
        self._arguments = arguments
        self._names = names
        self._websockets: set[web.WebSocketResponse] = set()
        self._ending: set[asyncio.Task[None]] = set()

    def run(self, listener: socket.socket) -> None:
        """Serve until SIGINT or SIGTERM, then end every app."""
        self.initialize_logging()
        web.run_app(self._make_app(), sock=listener, shutdown_timeout=_SHUTDOWN_PATIENCE, print=None, access_log=None)

    def initialize_logging(self) -> None:
        """Log each failed request as one line on stderr."""
        handler = logging.StreamHandler()
        handler.setFormatter(_OneLine("emnist-tui: %(message)s"))
        logging.basicConfig(level=logging.WARNING, handlers=[handler])

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(only_own_page(self._names))
        app.on_response_prepare.append(_forbid_frames)
        app.on_cleanup.append(self._await_apps)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Print nothing: the command has printed the address."""

    async def on_shutdown(self, app: web.Application) -> None:  # noqa: ARG002
        closing = [websocket.close(code=WSCloseCode.GOING_AWAY) for websocket in self._websockets]
        await asyncio.gather(*closing, return_exceptions=True)

    async def _await_apps(self, app: web.Application) -> None:  # noqa: ARG002
        await asyncio.gather(*self._ending, return_exceptions=True)

    async def handle_index(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002
        return web.FileResponse(_PAGE, headers={"Cache-Control": "no-cache"})

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one page by its own app, which ends with it."""
        websocket = web.WebSocketResponse(heartbeat=_HEARTBEAT, timeout=_CLOSING_PATIENCE)
        await websocket.prepare(request)
        session = AppSession(
            self._arguments,
            write_bytes=websocket.send_bytes,
            write_str=websocket.send_str,
            close=websocket.close,
            download_manager=self.download_manager,
        )
        self._websockets.add(websocket)
        try:
            await session.start(to_int(request.query.get("width", ""), 80), to_int(request.query.get("height", ""), 24))
            await self._process_messages(websocket, session)
        except _INVALID_MESSAGE:
            await websocket.close(code=WSCloseCode.UNSUPPORTED_DATA)
        finally:
            self._websockets.discard(websocket)
            # In a task of its own, since this one may be cancelled when the page disconnects.
            ending = asyncio.create_task(session.stop())
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
            await asyncio.shield(ending)
        return websocket


async def _forbid_frames(_request: web.Request, response: web.StreamResponse) -> None:
    """Keep other pages from showing this one in a frame.

    They could divert clicks and keys into it.
    """
    response.headers["Content-Security-Policy"] = "frame-ancestors 'none'"
    response.headers["X-Frame-Options"] = "DENY"


class _OneLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info and record.exc_info[0]:
            text += f" ({record.exc_info[0].__name__}: {record.exc_info[1]})"
        return f"emnist-tui: {printable(' '.join(text.split()))}"
