"""Draws the README's pictures anew: `python -m tests.pictures.draw RUN_FOLDER`, as PNG where Chromium is installed.

The run folder is one that `emnist-tui train` has written; the pictures show its screens as they are. Open its errors
once before, so that their neighbours are there.
"""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

from emnist_tui.runs.folder import RunFolder
from emnist_tui.tui.app import EmnistApp
from emnist_tui.tui.opened import Opened

HERE = Path(__file__).parent
COLUMNS, ROWS = 120, 40
SCREENS = {"train": "1", "confusion": "2", "errors": "3"}
_CELL = (12.2, 24.4)  # pixels of a cell in an exported picture


async def draw(run: RunFolder) -> None:
    app = EmnistApp(run.path.parent, Opened(run))
    async with app.run_test(size=(COLUMNS, ROWS)) as pilot:
        for name, key in SCREENS.items():
            await pilot.press(key)
            await pilot.pause(0.5)
            picture = HERE / f"{name}.svg"
            picture.write_text(app.export_screenshot(title="emnist-tui"))
            photograph(picture)


def photograph(picture: Path) -> None:
    """An SVG's braille depends on the viewer's fonts, a PNG's does not."""
    browser = shutil.which("chromium")
    if browser is None:
        print(f"{picture} stays an SVG: Chromium is not installed", file=sys.stderr)
        return
    width, height = int(COLUMNS * _CELL[0] + 20), int(ROWS * _CELL[1] + 60)
    subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--hide-scrollbars",
            f"--window-size={width},{height}",
            f"--screenshot={picture.with_suffix('.png')}",
            str(picture),
        ],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    picture.unlink()


if __name__ == "__main__":
    asyncio.run(draw(RunFolder(Path(sys.argv[1]))))
