"""One app for one open page, as long as the page is open."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from textual_serve.app_service import AppService

from emnist_tui.tui.terminal.web_driver import DRIVER

_PATIENCE = 5.0  # seconds for the app to leave; its guard ends it after two


class Session(AppService):
    """Starts the app for a page, passes keys and frames on, and ends the one with the other."""

    def __init__(self, arguments: Sequence[str], **connection: Any) -> None:
        """`arguments` start the app; `connection` is what `AppService` takes."""
        super().__init__("", **connection)
        self._arguments = arguments

    async def _open_app_process(self, width: int = 80, height: int = 24) -> asyncio.subprocess.Process:
        # Without a shell between, and out of reach of the ctrl+c that is meant for the server.
        self._process = await asyncio.create_subprocess_exec(
            *self._arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._build_environment(width, height) | {"TEXTUAL_DRIVER": DRIVER},
            start_new_session=True,
        )
        self._stdin = self._process.stdin
        return self._process

    async def run(self) -> None:
        """Until the app has ended."""
        await super().run()
        with suppress(Exception):  # the page may be gone
            await self.remote_close()
        # What nobody shows any more must be read all the same: an app that waits to write does not leave.
        process = self._process
        assert process is not None
        assert process.stdout is not None
        assert process.stderr is not None
        await asyncio.gather(_discard(process.stdout), _discard(process.stderr), process.wait())

    async def stop(self) -> None:
        """Ends the app and returns when it is gone."""
        task, self._task = self._task, None
        if task is None or self._process is None:
            return
        await self._download_manager.cancel_app_downloads(self.app_service_id)
        with suppress(Exception):  # it may be gone already
            self.stdin.write(self.encode_packet(b"M", b'{"type": "quit"}'))
            self.stdin.close()  # to the app this is a terminal that hung up
        try:
            await asyncio.wait_for(asyncio.shield(task), _PATIENCE)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await task


async def _discard(stream: asyncio.StreamReader) -> None:
    while await stream.read(1 << 16):
        pass
