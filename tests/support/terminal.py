"""The app in a virtual terminal: press keys, read the screen."""

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from textual import events
from textual.pilot import Pilot

from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import CheckpointLoaded, Evaluated
from emnist_tui.runs.folder import RunFolder
from emnist_tui.tui.app import EmnistApp
from emnist_tui.tui.messages import Message, MessageQueue
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.settings import SettingsFile
from emnist_tui.tui.terminal.textual_private import key_name
from tests.support.scripted_runs import evaluation, write_run

PATIENCE = 30.0  # seconds; a busy machine may take them
SCREENS = {"1": "train", "2": "confusion", "3": "errors", "4": "runs", "5": "inside"}


class RecordingQueue(MessageQueue):
    """A queue that remembers its messages."""

    def __init__(self) -> None:
        super().__init__()
        self.added: list[str] = []

    def add(self, message: Message) -> None:
        self.added.append(message.text)
        super().add(message)


class Terminal:
    """A running app: press keys, wait for their effect, read the screen."""

    def __init__(self, app: EmnistApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def text(self) -> str:
        """Painted screen, a line per row."""
        return "\n".join(strip.text for strip in self.app.screen._compositor.render_strips())

    @property
    def header(self) -> str:
        return "\n".join(self.text.split("\n")[:2])

    @property
    def foot(self) -> str:
        """Last line, which holds the keys."""
        return self.text.split("\n")[-1].rstrip()

    @property
    def keys(self) -> dict[str, tuple[str, bool]]:
        """Action of each key and whether it is available."""
        return {key: (found.binding.action, found.enabled) for key, found in self.app.screen.active_bindings.items()}

    @property
    def notices(self) -> list[str]:
        """Messages of the app so far."""
        queue = self.app.messages
        return queue.added if isinstance(queue, RecordingQueue) else []

    async def press(self, *keys: str) -> None:
        """Press keys one after the other.

        `Pilot.press` waits for an idle processor, on a busy machine up to a second per key.
        """
        for name in keys:
            await self.press_at_once(name)

    async def press_at_once(self, *keys: str) -> None:
        """Press keys that all arrive before the first of them is handled."""
        driver = self.app._driver
        assert driver is not None
        for name in keys:
            key = key_name(name) if len(name) == 1 else name
            event = events.Key(key, name if len(name) == 1 else None)
            event.set_sender(self.app)
            driver.send_message(event)
        await self.settle()

    async def write(self, text: str) -> None:
        await self.press(*text)

    async def resize(self, width: int, height: int) -> None:
        """Resize the terminal and wait until the screen is painted in its new size."""
        await self.pilot.resize_terminal(width, height)
        await self.until(lambda: len(self.text.split("\n")) == height, f"the screen has {height} rows")
        await self.settle()

    async def settle(self) -> None:
        """Wait until pending messages and their effects are handled and painted."""
        for _ in range(3):
            await self.pilot.pause(0)
            while not self.app.type_ahead.is_settled and self.app.is_running:
                await self.pilot.pause(0.001)

    async def until(self, condition: Callable[[], object], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"not so after {PATIENCE:.0f} s: {what}\n{self.text}"
            await self.pilot.pause(0.01)

    async def shows(self, *words: str) -> None:
        for word in words:
            await self.until(partial(self._has, word), f"{word!r} is on the screen")

    def _has(self, word: str) -> bool:
        return word in self.text

    async def says(self, sentence: str) -> None:
        """Wait for a sentence, whose lines may break anywhere.

        The length of a temporary folder's name decides where.
        """
        await self.until(lambda: sentence in " ".join(self.text.split()), f"it says {sentence!r}")

    async def hides(self, word: str) -> None:
        await self.until(lambda: word not in self.text, f"{word!r} is no longer on the screen")

    async def click_on(self, word: str) -> None:
        """Click into the first such word on the screen."""
        rows = self.text.split("\n")
        y = next(row for row, line in enumerate(rows) if word in line)
        await self.pilot.click(offset=(rows[y].index(word) + 1, y))

    async def left(self) -> None:
        await self.until(lambda: not self.app.is_running, "the app has ended")


@asynccontextmanager
async def terminal(
    root: Path,
    session: RunSession | None = None,
    size: tuple[int, int] = (80, 24),
    preferences: SettingsFile | None = None,
) -> AsyncIterator[Terminal]:
    app = EmnistApp(root, session, preferences=preferences)
    app.messages = RecordingQueue()
    async with app.run_test(size=size, notifications=True) as pilot:
        shown = Terminal(app, pilot)
        await shown.until(lambda: app.current_mode in SCREENS.values(), "a screen is shown")
        await shown.settle()
        yield shown


@contextmanager
def live_run(root: Path, name: str = "scripted", epochs: int = 1) -> Iterator[tuple[RunFolder, EventLog]]:
    """Hold a run of three epochs, `epochs` of them finished, as its trainer would."""
    folder = write_run(root, name, epochs=epochs, ended=False)
    with folder.held(), EventLog(folder.events) as log:
        yield folder, log


def opened_checkpoint(root: Path, path: Path, step: int | None = 200, **facts: Any) -> RunSession:
    """Return the session of a checkpoint whose evaluation is done.

    `step` is None for foreign weights, which the `facts` are about.
    """
    epoch = None if step is None else 2
    output = RunFolder(root / "evaluation")
    output.path.mkdir(parents=True)
    found = evaluation()
    found.save(output.path / "evaluation.npz")
    with EventLog(output.events) as log:
        log.write(
            CheckpointLoaded(
                file=path.name,
                model="baseline",
                parameters=1138,
                data=found.data,
                device="cpu",
                epoch=epoch,
                step=step,
                **facts,
            )
        )
        log.write(
            Evaluated(
                split="test",
                epoch=epoch or 0,
                step=step or 0,
                loss=found.loss,
                accuracy=found.accuracy,
                images=found.images,
                file="evaluation.npz",
            )
        )
    return RunSession(output, checkpoint=path)


def control(folder: RunFolder) -> dict[str, Any]:
    """Return the requests to the trainer; empty without any."""
    if not folder.control.exists():
        return {}
    values: dict[str, Any] = json.loads(folder.control.read_text())
    return values
