"""The web server: a page that shows a terminal, and a web socket for each open page, with an app behind it."""

import asyncio
import logging
import socket
from collections.abc import Collection, Sequence
from pathlib import Path

from aiohttp import WSCloseCode, web
from textual_serve.server import Server, to_int

from emnist_tui.text.formats import printable
from emnist_tui.web.origins import only_own_page
from emnist_tui.web.session import Session

_PAGE = Path(__file__).with_name("page.html")
_HEARTBEAT = 30.0  # seconds between two questions whether the page is still there; half of it for the answer
_CLOSING_PATIENCE = 2.0  # seconds for a page to say that it heard the server close
_NONSENSE = (ValueError, TypeError, LookupError, AttributeError, AssertionError)
"""What comes of a message that the page does not send."""
_SHUTDOWN_PATIENCE = 10.0  # seconds for every app to leave


class AppServer(Server):
    """textual-serve's server, but that only its own page may use it and that no app outlives its page."""

    def __init__(self, arguments: Sequence[str], names: Collection[str]) -> None:
        """`arguments` start the app; `names` are the host names that the server answers to, besides plain addresses."""
        super().__init__("emnist-tui")
        self._arguments = arguments
        self._names = names
        self._websockets: set[web.WebSocketResponse] = set()
        self._ending: set[asyncio.Task[None]] = set()

    def run(self, listener: socket.socket) -> None:
        """Serves until SIGINT or SIGTERM, and ends every app."""
        self.initialize_logging()
        web.run_app(self._make_app(), sock=listener, shutdown_timeout=_SHUTDOWN_PATIENCE, print=None, access_log=None)

    def initialize_logging(self) -> None:
        """What goes wrong with a request is one line on stderr."""
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
        """Says nothing: the command has said it."""

    async def on_shutdown(self, app: web.Application) -> None:  # noqa: ARG002
        closing = [websocket.close(code=WSCloseCode.GOING_AWAY) for websocket in self._websockets]
        await asyncio.gather(*closing, return_exceptions=True)

    async def _await_apps(self, app: web.Application) -> None:  # noqa: ARG002
        await asyncio.gather(*self._ending, return_exceptions=True)

    async def handle_index(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002
        return web.FileResponse(_PAGE, headers={"Cache-Control": "no-cache"})

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """One page: its keys go to an app of its own, which ends with it."""
        websocket = web.WebSocketResponse(heartbeat=_HEARTBEAT, timeout=_CLOSING_PATIENCE)
        await websocket.prepare(request)
        session = Session(
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
        except _NONSENSE:
            await websocket.close(code=WSCloseCode.UNSUPPORTED_DATA)
        finally:
            self._websockets.discard(websocket)
            # A task of its own: where the page hangs up, this one may be cancelled.
            ending = asyncio.create_task(session.stop())
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
            await asyncio.shield(ending)
        return websocket


async def _forbid_frames(_request: web.Request, response: web.StreamResponse) -> None:
    """Another page that shows this one in a frame could have its clicks and keys fall there."""
    response.headers["Content-Security-Policy"] = "frame-ancestors 'none'"
    response.headers["X-Frame-Options"] = "DENY"


class _OneLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        words = record.getMessage()
        if record.exc_info and record.exc_info[0]:
            words += f" ({record.exc_info[0].__name__}: {record.exc_info[1]})"
        return f"emnist-tui: {printable(' '.join(words.split()))}"
