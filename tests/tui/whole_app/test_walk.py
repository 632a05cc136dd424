"""A walk: every key of every screen and dialog, for every kind of thing that can be opened.

The keys are those that are active where the walk is, so keys added later are walked too.
"""

import asyncio
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from textual import events
from textual.app import App

from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import Paused, PhaseStarted, RunEnded, RunFailed
from emnist_tui.runs.folder import RunFolder
from emnist_tui.tui.app import EmnistApp
from emnist_tui.tui.screens.sweep import SweepScreen
from emnist_tui.tui.session.run_session import RunSession
from tests.support.recorded_runs import record, recorded_run, write_newest
from tests.support.scripted_runs import batches, write_run
from tests.support.sweep_folders import make_spec, make_sweep, seeds_spec
from tests.support.terminal import SCREENS, live_run, opened_checkpoint, terminal

PATIENCE = 20  # seconds for a key
DEEPEST = 3  # screens and dialogs on top of each other

Opening = Callable[[Path, ExitStack], RunSession | None]


def started_only(root: Path, stack: ExitStack) -> RunSession:
    return RunSession(write_run(root, epochs=0, ended=False))


def without_evaluation(root: Path, stack: ExitStack) -> RunSession:
    folder = write_run(root, epochs=0, ended=False)
    with EventLog(folder.events) as log:
        log.write(batches(1, 1, 10))
        log.write(RunEnded(reason="stopped", step=10, seconds=1.0, images_per_second=1.0))
    return RunSession(folder)


def failed(root: Path, stack: ExitStack) -> RunSession:
    folder = write_run(root, epochs=1, ended=False)
    with EventLog(folder.events) as log:
        log.write(RunFailed(error="The disk is full.", hint="Free some space."))
    return RunSession(folder)


def training(root: Path, stack: ExitStack) -> RunSession:
    write_run(root, "other")
    folder, _ = stack.enter_context(live_run(root))
    return RunSession(folder)


def training_with_weights(root: Path, stack: ExitStack) -> RunSession:
    folder, _ = stack.enter_context(live_run(root))
    record(folder, 100)
    write_newest(folder, 120)
    return RunSession(folder)


def paused(root: Path, stack: ExitStack) -> RunSession:
    folder, log = stack.enter_context(live_run(root))
    log.write(Paused(step=100))
    return RunSession(folder)


def starting(root: Path, stack: ExitStack) -> RunSession:
    folder, log = stack.enter_context(live_run(root, epochs=0))
    log.write(PhaseStarted(phase="reading the data"))
    return RunSession(folder)


def being_evaluated(root: Path, stack: ExitStack) -> RunSession:
    output = RunFolder(root.parent / "evaluation")
    output.path.mkdir(parents=True)
    with EventLog(output.events) as log:
        log.write(PhaseStarted(phase="evaluating on the test split"))
    (root / "mine.pt").touch()
    return RunSession(output, checkpoint=root / "mine.pt")


def foreign(root: Path, stack: ExitStack) -> RunSession:
    """Open weights of another program, whose last step is 0."""
    (root / "mine.pt").touch()
    return opened_checkpoint(root.parent, root / "mine.pt", step=None)


def wrapped(root: Path, stack: ExitStack) -> RunSession:
    (root / "mine.pt").touch()
    return opened_checkpoint(root.parent, root / "mine.pt", step=None, warning="The weights are those of `model`.")


def deleted(root: Path, stack: ExitStack) -> RunSession:
    session = RunSession(write_run(root))
    shutil.rmtree(session.follower.folder.path)
    return session


def unreadable(root: Path, stack: ExitStack) -> RunSession:
    """Open a run whose evaluations and notes cannot be read, beside one without readable events."""
    folder = write_run(root)
    for path in folder.path.glob("evaluation-*"):
        path.unlink()
        path.mkdir()
    events_file = write_run(root, "closed").events
    events_file.unlink()
    events_file.mkdir()
    return RunSession(folder)


def report_folder(root: Path, stack: ExitStack) -> None:
    """List a folder that is no run beside two that are."""
    write_run(root, "one")
    write_run(root, "two", epochs=1, ended=False)
    report = root / "report"
    report.mkdir()
    (report / "index.html").write_text("<html></html>")
    (root / "damaged.pt").write_bytes(b"damaged")


def sweeps(root: Path, stack: ExitStack) -> None:
    """List a search, of which some trials are whole runs, beside seeds and a sweep without trials."""
    make_sweep(root / "search", make_spec(30), trials=20, workers=2, runs=20)
    make_sweep(root / "seeds", seeds_spec(3), trials=3, runs=3)
    make_sweep(root / "empty", make_spec(5))


THINGS: dict[str, Opening] = {
    "an empty root": lambda root, stack: None,
    "a run without steps": started_only,
    "a run without evaluation": without_evaluation,
    "a finished run": lambda root, stack: RunSession(write_run(root)),
    "an interrupted run": lambda root, stack: RunSession(write_run(root, epochs=2, ended=False)),
    "a failed run": failed,
    "a starting run": starting,
    "a training run": training,
    "a paused run": paused,
    "a run with recorded weights": lambda root, stack: RunSession(recorded_run(root)),
    "a training run with its weights": training_with_weights,
    "a foreign checkpoint": foreign,
    "foreign weights in a dictionary": wrapped,
    "a checkpoint of a run": lambda root, stack: opened_checkpoint(root.parent, root / "epoch-002.pt"),
    "a checkpoint being evaluated": being_evaluated,
    "a deleted folder": deleted,
    "an unreadable folder": unreadable,
    "a list with a report folder": report_folder,
    "a list with sweeps": sweeps,
}
BY_DEFAULT = {"a foreign checkpoint"}
SIZES = [(80, 24), (60, 20), (120, 40), (200, 60)]
RICH = {
    (60, 20): ("a finished run", "a run with recorded weights"),
    (120, 40): ("a training run", "a training run with its weights"),
    (200, 60): ("a list with a report folder", "a run with recorded weights"),
}
"""At each other size, the things that are walked without `--thorough`."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Walk every thing at 80×24 and, with `--thorough`, at the other sizes too."""
    if "thing" not in metafunc.fixturenames:
        return
    is_thorough = metafunc.config.getoption("--thorough")
    walks = [
        pytest.param(
            thing,
            size,
            marks=[] if thing in BY_DEFAULT and size == SIZES[0] else pytest.mark.slow,
            id=f"{thing} at {size[0]}×{size[1]}",
        )
        for size in SIZES
        for thing in THINGS
        if is_thorough or size == SIZES[0] or thing in RICH[size]
    ]
    metafunc.parametrize(("thing", "size"), walks)


class Walk:
    """A user who presses every key."""

    def __init__(self, app: EmnistApp) -> None:
        self._app = app
        self._seen: set[tuple[object, ...]] = set()
        self._painted: object = None
        self.pressed: list[str] = []

    async def everywhere(self) -> None:
        for key in SCREENS:
            await self._press(key)
            await self._here(1)
            await self._back_to(1)

    async def _here(self, depth: int) -> None:
        """Press every key of the screen on top, and those of what opens on it."""
        app = self._app
        kind = (type(app.screen).__name__, app.current_mode)
        for key in self._keys():
            place = (kind if depth == 1 else kind[:1], type(app.focused).__name__, key)
            if place in self._seen:
                continue
            self._seen.add(place)
            screen = app.screen
            await self._press(key)
            if app.screen is not screen and len(app.screen_stack) > depth and depth < DEEPEST:
                await self._here(depth + 1)
            await self._back_to(depth)
            if (type(app.screen).__name__, app.current_mode) != kind:
                if depth > 1:
                    return  # the dialog is closed, and its keys are walked when it is next opened
                await self._press(next(key for key, mode in SCREENS.items() if mode == kind[1]))

    def _keys(self) -> list[str]:
        """Return active keys, those that close a dialog last."""
        active = self._app.screen.active_bindings
        keys = sorted(active, key=lambda key: key in ("escape", "enter", "q"))
        return [key for key in keys if key not in ("ctrl+z", "ctrl+c")]

    async def _back_to(self, depth: int) -> None:
        for _ in range(4):
            if len(self._app.screen_stack) <= depth:
                return
            await self._press("escape")
        assert len(self._app.screen_stack) <= depth, f"{self._app.screen} is not closed by escape: {self.pressed[-9:]}"

    async def _press(self, key: str) -> None:
        app = self._app
        self.pressed.append(f"{type(app.screen).__name__}:{key}")
        app.post_message(events.Key(key, key if len(key) == 1 else None))
        end = time.monotonic() + PATIENCE
        await asyncio.sleep(0)
        while not app.type_ahead.is_settled or app._message_queue.qsize():
            assert time.monotonic() < end, f"it hangs after {self.pressed[-9:]}"
            await asyncio.sleep(0.001)
        assert app._exception is None, f"{app._exception!r} after {self.pressed[-9:]}"
        assert app.is_running, f"it has ended after {self.pressed[-9:]}"
        if app.screen is self._painted:
            return
        self._painted = app.screen
        rows = app.screen._compositor.render_strips()
        assert len(rows) == app.size.height
        assert any(strip.text.strip() for strip in rows), f"nothing is painted after {self.pressed[-9:]}"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a runs directory. No trainer starts, the app does not end, and pictures are not written elsewhere."""
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho '[]'\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(App, "exit", lambda *_, **__: None)
    monkeypatch.setattr(App, "deliver_screenshot", lambda *_, **__: None)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "runs"
    path.mkdir()
    yield path
    monkeypatch.undo()


@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for the trainer is a shell script")
async def test_every_key_works_or_does_nothing(root: Path, thing: str, size: tuple[int, int]) -> None:
    with ExitStack() as stack:
        session = THINGS[thing](root, stack)
        async with terminal(root, session, size) as shown:
            walk = Walk(shown.app)
            await walk.everywhere()
            walked = {entry.partition(":")[0] for entry in walk.pressed}
            assert {"NewRunDialog", "HelpDialog", "RunsScreen", "RobustPalette"} <= walked
            assert not [line for line in shown.notices if "Traceback" in line or "Unexpected" in line]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("trials", [0, 20])
async def test_every_key_of_a_sweep_works_or_does_nothing(root: Path, size: tuple[int, int], trials: int) -> None:
    folder = make_sweep(root / "search", make_spec(30), trials=trials, workers=2, runs=trials)
    async with terminal(root, size=size) as shown:
        await shown.app.push_screen(SweepScreen(folder))
        await shown.shows("30 waiting" if not trials else "20 of 30 trials")
        walk = Walk(shown.app)
        while True:
            pressed = len(walk.pressed)
            await walk._here(2)
            if len(walk.pressed) == pressed:
                break
            if not isinstance(shown.app.screen, SweepScreen):  # a key showed another screen
                await shown.press("4")
                if not isinstance(shown.app.screen, SweepScreen):
                    await shown.app.push_screen(screen := SweepScreen(folder))
                    await shown.until(lambda screen=screen: screen.board, "the sweep is read")  # type: ignore[misc]
        walked = {entry.partition(":")[0] for entry in walk.pressed}
        assert {"SweepScreen", "NewRunDialog", "AddTrialDialog", "AskNumberDialog", "ConfirmDialog"} <= walked
        assert ("CompareScreen" in walked) == bool(trials)
        assert not [line for line in shown.notices if "Traceback" in line or "Unexpected" in line]


@pytest.mark.slow
async def test_a_folder_is_deleted_while_it_is_open(root: Path) -> None:
    folder = write_run(root)
    write_run(root, "other")
    async with terminal(root, RunSession(folder)) as shown:
        for key in SCREENS:
            await shown.press(key)
        shutil.rmtree(folder.path)
        await Walk(shown.app).everywhere()
