"""What the app writes to when a web server shows it: packets on a pipe, taken by a thread as a terminal's bytes are."""

import os
from typing import IO, Any, cast

from textual.drivers.web_driver import WebDriver

from emnist_tui.tui.terminal.textual_private import write_through

DRIVER = f"{__name__}:QueuedWebDriver"
"""What TEXTUAL_DRIVER names it by."""


class QueuedWebDriver(WebDriver):
    """Textual's own writes from the event loop: a browser that takes no bytes would stop the app, and keys with it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._writer = write_through(self, cast(IO[str], _Pipe(self.fileno)))

    def start_application_mode(self) -> None:
        self._writer.start()
        super().start_application_mode()

    def stop_application_mode(self) -> None:
        super().stop_application_mode()
        self._writer.stop()


class _Pipe:
    """Writes all of it; or nothing, where the server has gone: then the guard of the terminal ends the app."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self._descriptor, data) :]
            except OSError:
                return

    def flush(self) -> None:
        pass
