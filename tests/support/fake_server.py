"""A stand-in for the process with torch, whose answers a test gives."""

from pathlib import Path
from typing import Any

from emnist_tui.tui.session.network_server import NetworkServer, Request


class FakeServer(NetworkServer):
    """A server that notes what it is asked for, and starts no process."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        self.requests: list[Request[Any]] = []

    def _note(self, name: str, *about: Any) -> Request[Any]:
        request: Request[Any] = Request(f"doing {name}")
        self.asked.append((name, about))
        self.requests.append(request)
        return request

    def digit(self, data: Any, split: str, index: int) -> Request[Any]:
        return self._note("digit", data, split, index)

    def picture(self, path: Path) -> Request[Any]:
        return self._note("picture", path)

    def open(self, checkpoint: Path, foreign: Any = None) -> Request[Any]:
        return self._note("open", checkpoint, foreign)

    def examine(self, network: Any, image: Any, true: Any = None, **about: Any) -> Request[Any]:
        return self._note("examine", network, image, true, about)

    def update(self) -> bool:
        return False
