"""A misclassified digit to share: as text, or as a PNG file."""

from pathlib import Path

import numpy as np

from emnist_tui.analysis.predictions import Mistake
from emnist_tui.runs.atomic_files import replacing
from emnist_tui.runs.folder import unwritable
from emnist_tui.text.ascii_art import ascii_art
from emnist_tui.text.formats import count, loss, percent

PICTURE_SCALE = 10
_TEXT_COLUMNS = 56  # two characters a pixel: no pixel is lost


def as_text(mistake: Mistake) -> str:
    """Return a caption line, then the digit in ASCII.

    The caption holds index, classes, confidence and loss.
    """
    caption = f"#{count(mistake.index)}  true {mistake.true}  predicted {mistake.predicted} "
    caption += f"({percent(mistake.confidence)})  loss {loss(mistake.loss)}"
    return "\n".join([caption, *(line.rstrip() for line in ascii_art(mistake.image, _TEXT_COLUMNS))]) + "\n"


def save_picture(folder: Path, mistake: Mistake) -> Path:
    """Save a digit below `folder`/digits and return the file.

    It is dark ink on white paper.

    A pixel becomes a square of `PICTURE_SCALE` pixels. Raises `EmnistTuiError` when it cannot be written.
    """
    from PIL import Image  # here, so that the app starts without it

    name = f"true-{mistake.true}-predicted-{mistake.predicted}-index-{mistake.index}.png"
    path = folder / "digits" / name
    pixels = np.asarray(255 - mistake.image, np.uint8)
    picture = Image.fromarray(pixels.repeat(PICTURE_SCALE, axis=0).repeat(PICTURE_SCALE, axis=1))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            picture.save(file, format="PNG", optimize=True)
    except OSError as error:
        raise unwritable(path.parent, error) from None
    return path
