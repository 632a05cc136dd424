"""Every screen and dialog at four sizes, dark and light, drawn by `python -m tests.pictures.gallery` for a look.

Needs Chromium. Each picture is a PNG in `--output`, and the eight of a scene are together in `sheets`. Two runs are
trained in a temporary folder, unless `--runs` names a folder that holds some.
"""

import argparse
import asyncio
import atexit
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from PIL import Image
from textual import constants

from emnist_tui.analysis.neighbors import neighbors_path
from emnist_tui.runs.events import PhaseStarted, StuckAtChance
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.lookup import run_folders
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.tui.screens.compare import CompareScreen
from emnist_tui.tui.screens.compare_seeds import CompareSeedsScreen
from emnist_tui.tui.screens.overlay import OverlayScreen
from emnist_tui.tui.screens.sweep import SweepScreen
from emnist_tui.tui.session.comparison_side import ComparisonSide
from emnist_tui.tui.session.run_session import RunSession
from tests.pictures.draw import train
from tests.support.scripted_runs import neighbors
from tests.support.seed_groups import write_events, write_group
from tests.support.sweep_folders import make_spec, make_sweep, seeds_spec
from tests.support.terminal import Terminal, live_run, terminal

SIZES = ((60, 20), (80, 24), (120, 40), (200, 60))
THEMES = ("emnist-dark", "emnist-light")
STARTED = 150  # steps of the run that trains; an epoch has 100

_CELL = (12.2, 24.4)  # pixels per cell of an exported picture
_EDGE = (18, 58)  # pixels around the cells
_LONG = "The checkpoint at step 1,200 could not be saved: No space left on device. The trainer tries again. " * 2

Scene = Callable[[Terminal], Awaitable[None]]


def keys(*names: str) -> Scene:
    """Press keys one after the other."""

    async def show(shown: Terminal) -> None:
        await shown.press(*names)

    return show


def replayed(name: str) -> Scene:
    """Show a screen at an early step of the recorded training."""

    async def show(shown: Terminal) -> None:
        await shown.press(name)
        session = shown.app.session
        assert session is not None
        session.replay.go(len(session.replay.steps) // 5)
        await shown.shows("step ")

    return show


async def compare(shown: Terminal) -> None:
    await shown.app.push_screen(CompareScreen(*map(ComparisonSide, _runs(shown))))


async def differences(shown: Terminal) -> None:
    await compare(shown)
    await shown.settle()
    await shown.press("enter")


async def overlay(shown: Terminal) -> None:
    await shown.app.push_screen(OverlayScreen([RunFolder(path) for path in _runs(shown)]))


def on_sweep(name: str, *names: str) -> Scene:
    """Press keys on the screen of a sweep."""

    async def show(shown: Terminal) -> None:
        screen = SweepScreen(SweepFolder(shown.app.root / name))
        await shown.app.push_screen(screen)
        await shown.until(lambda: screen.board, "the sweep is read")
        await shown.press(*names)

    return show


async def compare_seeds(shown: Terminal) -> None:
    await shown.app.push_screen(CompareSeedsScreen([folder.path for folder in groups()]))
    await shown.shows("Paired t test")


async def overlay_seeds(shown: Terminal) -> None:
    await shown.app.push_screen(OverlayScreen(groups()))
    await shown.shows("±")


async def message(shown: Terminal) -> None:
    await shown.press("1")
    shown.app.notify("Copied #1,234 as text, if your terminal supports OSC 52.", markup=False, timeout=60)


async def long_message(shown: Terminal) -> None:
    await shown.press("1")
    shown.app.notify(_LONG, severity="error", markup=False, timeout=60)


async def message_in_a_dialog(shown: Terminal) -> None:
    await shown.press("n")
    shown.app.notify(_LONG, severity="error", markup=False, timeout=60)


TRAINED: dict[str, Scene] = {
    "train": keys("1"),
    "confusion": keys("2"),
    "train-replay": replayed("1"),
    "confusion-replay": replayed("2"),
    "errors": keys("3"),
    "errors-half-blocks": keys("3", "g"),
    "errors-filter": keys("3", "slash"),
    "runs": keys("4"),
    "inside": keys("5"),
    "inside-occlusion": keys("5", "o"),
    "inside-answer": keys("5", "shift+tab", "shift+tab"),
    "inside-terms": keys("5", "enter"),
    "inside-digit": keys("5", "slash"),
    "inside-replay": replayed("5"),
    "compare": compare,
    "differences": differences,
    "overlay": overlay,
    "compare-seeds": compare_seeds,
    "overlay-seeds": overlay_seeds,
    "new-run": keys("n"),
    "help": keys("1", "question_mark"),
    "help-errors": keys("3", "question_mark"),
    "palette": keys("ctrl+p"),
    "message": message,
    "message-long": long_message,
    "message-in-a-dialog": message_in_a_dialog,
}
TRAINING: dict[str, Scene] = {
    "training": keys("1"),
    "training-confusion": keys("2"),
    "training-runs": keys("4"),
    "training-inside": keys("5"),
    "training-quit": keys("q"),
}
EMPTY: dict[str, Scene] = {
    "empty-train": keys("1"),
    "empty-confusion": keys("2"),
    "empty-errors": keys("3"),
    "empty-runs": keys("4"),
    "empty-inside": keys("5"),
    "empty-download": keys("d"),
}


SWEEPS: dict[str, Scene] = {
    "sweep-runs": keys("4"),
    "sweep": on_sweep("search"),
    "sweep-curves": on_sweep("search", "v", "v"),
    "sweep-parameter": on_sweep("search", "p", "p"),
    "sweep-failed": on_sweep("search", "o", "o", "G"),
    "sweep-add": on_sweep("search", "a"),
    "sweep-extend": on_sweep("search", "E"),
    "sweep-stop": on_sweep("search", "X"),
    "sweep-help": on_sweep("search", "question_mark"),
    "sweep-seeds": on_sweep("seeds"),
    "sweep-empty": on_sweep("empty"),
    "sweep-new": keys("n", "ctrl+s"),
}


def _runs(shown: Terminal) -> list[Path]:
    return [folder.path for folder in run_folders(shown.app.root)]


@cache
def groups() -> list[SweepFolder]:
    """Write two groups of seeds into a folder that lasts as long as this process."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    plain = {0: 0.951, 1: 0.953, 2: 0.948, 3: 0.955, 4: 0.951}
    augmented = {0: 0.954, 1: 0.958, 2: 0.952, 3: 0.954, 4: 0.958}
    named = {"plain": plain, "augmented": augmented}
    return [write_events(write_group(folder, name, accuracies)) for name, accuracies in named.items()]


@contextmanager
def training(root: Path) -> Iterator[RunFolder]:
    """Hold a run in its second epoch, stuck and waiting."""
    with live_run(root, epochs=1) as (folder, log):
        log.write(StuckAtChance(epoch=2, step=STARTED, loss=2.326, seed=7))
        log.write(PhaseStarted(phase="evaluating on test", time=0.0))
        yield folder


def sweeps(root: Path) -> Path:
    """Write a search with living workers, a group of seeds, and a sweep without trials."""
    make_sweep(root / "search", make_spec(60), trials=40, workers=3, runs=3)
    make_sweep(root / "seeds", seeds_spec(5), trials=5)
    make_sweep(root / "empty", make_spec(20))
    return root


def find_neighbors(folder: RunFolder) -> None:
    """Write neighbors of the newest evaluation, so that no process searches for them."""
    session = RunSession(folder)
    if session.evaluation and session.evaluated:
        neighbors(session.evaluation).save(neighbors_path(session.evaluations.path(session.evaluated)))


async def draw(root: Path, opened: RunSession | None, scenes: dict[str, Scene], output: Path) -> None:
    """Write an SVG of each scene at each size in each theme."""
    for size in SIZES:
        for theme in THEMES:
            async with terminal(root, opened, size) as shown:
                shown.app.theme = theme
                for name, show in scenes.items():
                    await show(shown)
                    await shown.settle()
                    await asyncio.sleep(0.3)  # charts and counts of a new screen
                    await shown.settle()
                    drawn = output / f"{name}-{size[0]}x{size[1]}-{theme.removeprefix('emnist-')}.svg"
                    drawn.write_text(shown.app.export_screenshot(title=drawn.stem))
                    await _leave(shown)


async def _leave(shown: Terminal) -> None:
    while shown.app.messages.current():
        shown.app.messages.skip()
    while len(shown.app.screen_stack) > 1:
        await shown.app.pop_screen()
    await shown.press("escape")


def photograph(output: Path, name: str, browser: str) -> None:
    """Photograph all drawings of a scene at once, and cut the sheet into pictures."""
    places, row, width = [], 0, 0
    for size in SIZES:
        across, down = (int(cells * cell + edge) for cells, cell, edge in zip(size, _CELL, _EDGE, strict=True))
        for column, theme in enumerate(THEMES):
            picture = output / f"{name}-{size[0]}x{size[1]}-{theme.removeprefix('emnist-')}"
            places.append((picture, (column * across, row, across, down)))
        row, width = row + down, max(width, across * len(THEMES))
    images = "".join(
        f'<img src="{picture.name}.svg" style="position:absolute;left:{x}px;top:{y}px;width:{wide}px;height:{high}px">'
        for picture, (x, y, wide, high) in places
    )
    page, sheet = output / f"{name}.html", output / "sheets" / f"{name}.png"
    page.write_text(f"<body style='margin:0;background:#808080'>{images}</body>")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]
    command = [browser, *options, f"--window-size={width},{row}", f"--screenshot={sheet}", str(page)]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    with Image.open(sheet) as photo:
        for picture, (x, y, wide, high) in places:
            photo.crop((x, y, x + wide, y + high)).save(picture.with_suffix(".png"))
            picture.with_suffix(".svg").unlink()
    page.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.pictures.gallery", description=__doc__)
    parser.add_argument("--data", default="auto")
    parser.add_argument("--runs", type=Path, help="a folder with two runs or more, in place of new ones")
    parser.add_argument("--only", default="", help="names of scenes begin with this")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    browser = shutil.which("chromium")
    if browser is None:
        sys.exit("Chromium is not installed.")
    (options.output / "sheets").mkdir(parents=True, exist_ok=True)
    vars(constants)["COLOR_SYSTEM"] = "truecolor"  # regardless of the terminal that runs this

    def chosen(scenes: dict[str, Scene]) -> dict[str, Scene]:
        return {name: scene for name, scene in scenes.items() if name.startswith(options.only)}

    with tempfile.TemporaryDirectory() as folder:
        root = options.runs or Path(folder) / "trained"
        if options.runs is None:
            train(root, options.data)
        opened = run_folders(root)[-1]
        find_neighbors(opened)
        asyncio.run(draw(root, RunSession(opened), chosen(TRAINED), options.output))
        with training(Path(folder) / "training") as live:
            asyncio.run(draw(live.path.parent, RunSession(live), chosen(TRAINING), options.output))
        asyncio.run(draw(Path(folder) / "empty", None, chosen(EMPTY), options.output))
        asyncio.run(draw(sweeps(Path(folder) / "sweeps"), None, chosen(SWEEPS), options.output))
    for name in (*chosen(TRAINED), *chosen(TRAINING), *chosen(EMPTY), *chosen(SWEEPS)):
        photograph(options.output, name, browser)


if __name__ == "__main__":
    main()
