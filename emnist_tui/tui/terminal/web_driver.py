"""Driver of an app behind the web server, with threaded writes."""

import os
from typing import IO, Any, cast

from textual.drivers.web_driver import WebDriver

from emnist_tui.tui.terminal.textual_private import write_through

DRIVER = f"{__name__}:QueuedWebDriver"
"""Value of TEXTUAL_DRIVER that selects this driver."""


class QueuedWebDriver(WebDriver):
    """Web driver that writes from a queue.

    A browser that reads nothing must not block the event loop, and the keys with it.
    """

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
    """Pipe to the server.

    After the server has gone, writes are dropped and the terminal guard ends the app.
    """

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
