"""One app process for one open page."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from textual_serve.app_service import AppService

from emnist_tui.tui.terminal.web_driver import DRIVER

_PATIENCE = 5.0  # seconds for the app to exit; its guard ends it after two


class AppSession(AppService):
    """Process that runs the app for one page.

    It forwards keys and frames, and ends with the page.
    """

    def __init__(self, arguments: Sequence[str], **connection: Any) -> None:
        """Start the app by `arguments`; `connection` holds the arguments of `AppService`."""
        super().__init__("", **connection)
        self._arguments = arguments

    async def _open_app_process(self, width: int = 80, height: int = 24) -> asyncio.subprocess.Process:
        # Without a shell, and in a session that the server's ctrl+c does not reach.
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
        """Forward keys and frames until the app has ended."""
        try:
            await super().run()
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) and task.cancelling():
                raise
            # Otherwise only its reader of stderr was canceled, before it began: the app had ended by then.
        with suppress(Exception):  # the page may be gone
            await self.remote_close()
        # Output must be read without a page too: an app that waits to write does not exit.
        process = self._process
        assert process is not None
        assert process.stdout is not None
        assert process.stderr is not None
        await asyncio.gather(_discard(process.stdout), _discard(process.stderr), process.wait())

    async def stop(self) -> None:
        """End the app and return once its process has ended."""
        task, self._task = self._task, None
        if task is None or self._process is None:
            return
        await self._download_manager.cancel_app_downloads(self.app_service_id)
        with suppress(Exception):  # it may have ended
            self.stdin.write(self.encode_packet(b"M", b'{"type": "quit"}'))
            self.stdin.close()  # to the app: its terminal hung up
        try:
            await asyncio.wait_for(asyncio.shield(task), _PATIENCE)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await task


async def _discard(stream: asyncio.StreamReader) -> None:
    while await stream.read(1 << 16):
        pass
