"""A misclassified digit to hand on: as text, or as a picture in a file."""

from pathlib import Path

from emnist_tui.analysis.predictions import Mistake
from emnist_tui.runs.atomic_files import replacing
from emnist_tui.runs.folder import unwritable
from emnist_tui.text.ascii_art import ascii_art
from emnist_tui.text.formats import count, loss, percent

PICTURE_SCALE = 10
_TEXT_COLUMNS = 56  # two characters a pixel, so that no pixel is lost


def as_text(mistake: Mistake) -> str:
    """A line that says what it is, then the digit in ASCII."""
    caption = f"#{count(mistake.index)}  true {mistake.true}  predicted {mistake.predicted} "
    caption += f"({percent(mistake.confidence)})  loss {loss(mistake.loss)}"
    return "\n".join([caption, *(line.rstrip() for line in ascii_art(mistake.image, _TEXT_COLUMNS))]) + "\n"


def save_picture(folder: Path, mistake: Mistake) -> Path:
    """Dark ink on white paper, in `digits/` there; the file. Raises `EmnistTuiError` when it cannot be written."""
    from PIL import Image  # here, so that the app's first frame need not wait for it

    name = f"true-{mistake.true}-predicted-{mistake.predicted}-index-{mistake.index}.png"
    path = folder / "digits" / name
    height, width = mistake.image.shape
    picture = Image.fromarray(255 - mistake.image)
    enlarged = picture.resize((width * PICTURE_SCALE, height * PICTURE_SCALE), Image.Resampling.NEAREST)
    try:
        path.parent.mkdir(exist_ok=True)
        with replacing(path) as file:
            enlarged.save(file, "png")
    except OSError as error:
        raise unwritable(path.parent, error) from None
    return path
