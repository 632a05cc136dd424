"""The README's pictures, drawn by `python -m tests.pictures.draw`; PNG files need Chromium.

Trains two runs in a temporary folder, on the EMNIST digits where they are installed, and draws every screen.
`--output DIR` writes the pictures elsewhere.
"""

import argparse
import asyncio
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from textual import constants
from textual.screen import Screen

from emnist_tui.tui.screens.compare import CompareScreen
from emnist_tui.tui.screens.errors import ErrorsScreen
from emnist_tui.tui.screens.inside import InsideScreen
from emnist_tui.tui.session.open import open_path
from tests.e2e.program import PROGRAM
from tests.support.terminal import Terminal, terminal

SIZE = (120, 40)
RUNS = {"seed-0": "0", "seed-2": "2"}
"""Names and seeds of the runs; the last one is opened."""

_CELL = (12.2, 24.4)  # pixels per cell of an exported picture
_COLORS = 96  # palette of a PNG; more make no visible difference


def train(root: Path, data: str) -> None:
    for name, seed in RUNS.items():
        options = ["--data", data, "--seed", seed, "--name", name]
        subprocess.run([*PROGRAM, "--checkpoints", str(root), "train", *options], check=True)


async def draw(root: Path, output: Path) -> None:
    async with terminal(root, open_path(root, next(reversed(RUNS))), SIZE) as shown:
        await shown.shows("mean of")
        await photograph(shown, output / "train.png")
        await shown.press("2")
        await shown.shows("Most confused")
        await photograph(shown, output / "confusion.png")
        await shown.press("3")
        await shown.until(lambda: isinstance(shown.app.screen, ErrorsScreen), "the errors are shown")
        await shown.shows("distance")
        await photograph(shown, output / "errors.png")
        await shown.press("4")
        await shown.shows(*RUNS)
        await shown.press("m", "down", "m")
        await shown.shows("A ", "loss 0.")  # the curves of the preview too
        await photograph(shown, output / "runs.png")
        await shown.press("c")
        await shown.until(lambda: isinstance(shown.app.screen, CompareScreen), "the comparison is shown")
        await shown.shows("p = ")
        await photograph(shown, output / "compare.png")
        await shown.press("escape", "5")
        await shown.shows("5×5 paper")
        await shown.until(lambda: _knows_course(shown.app.screen), "its course is known")
        await shown.settle()
        await photograph(shown, output / "inside.png")
        await shown.press("1", "n")
        await shown.shows("New run")
        await photograph(shown, output / "new-run.png")


def _knows_course(screen: Screen[Any]) -> bool:
    inside = screen.inside if isinstance(screen, InsideScreen) else None
    timeline = inside.view.timeline if inside and inside.view else None
    return timeline is not None and len(timeline.predicted) == len(timeline.steps)


async def photograph(shown: Terminal, picture: Path) -> None:
    """Save the screen as a PNG.

    The braille of an SVG would depend on the viewer's fonts.
    """
    await shown.until(lambda: "q Quit" in shown.foot or "New run" in shown.text, "the keys are shown")
    drawn = picture.with_suffix(".svg")
    drawn.write_text(shown.app.export_screenshot(title="emnist-tui"))
    browser = shutil.which("chromium")
    if browser is None:
        print(f"{drawn} stays an SVG: Chromium is not installed", file=sys.stderr)
        return
    width, height = int(SIZE[0] * _CELL[0] + 20), int(SIZE[1] * _CELL[1] + 60)
    subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--hide-scrollbars",
            f"--window-size={width},{height}",
            f"--screenshot={picture}",
            str(drawn),
        ],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    drawn.unlink()
    with Image.open(picture) as photo:
        smaller = photo.convert("RGB").quantize(_COLORS)
    smaller.save(picture, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.pictures.draw", description=__doc__)
    parser.add_argument("--data", default="auto")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    vars(constants)["COLOR_SYSTEM"] = "truecolor"  # regardless of the terminal that runs this
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "checkpoints"
        train(root, options.data)
        asyncio.run(draw(root, options.output))


if __name__ == "__main__":
    main()
