"""Contact sheet of misclassified digits."""

import base64
import io
from collections.abc import Sequence

from PIL import Image

from emnist_tui.analysis.predictions import Mistake
from emnist_tui.report.figures.svg import FAINT, ORANGE, Picture
from emnist_tui.runs.task import SIDE
from emnist_tui.text.formats import count, loss, percent

_SCALE = 4  # pixels of the figure per pixel of a digit
_SIDE = SIDE * _SCALE
_WIDTH, _HEIGHT = 136, 170  # pixels of a digit and its caption
_COLUMNS = 7
_MARGIN = 16


def draw_contact_sheet(mistakes: Sequence[Mistake], title: str) -> str:
    """Draw digits with their captions as SVG.

    A caption has true and predicted class, confidence, index in the split and loss.
    """
    rows = max(1, -(-len(mistakes) // _COLUMNS))
    picture = Picture(2 * _MARGIN + _COLUMNS * _WIDTH, 40 + rows * _HEIGHT + _MARGIN, title)
    picture.text(_MARGIN + 8, 26, title, 15, bold=True)
    if not mistakes:
        picture.text(_MARGIN + 8, 70, "No image was misclassified.", 13, FAINT)
    for place, mistake in enumerate(mistakes):
        _draw_digit(picture, mistake, _MARGIN + place % _COLUMNS * _WIDTH + 8, 40 + place // _COLUMNS * _HEIGHT)
    return picture.render()


def _draw_digit(picture: Picture, mistake: Mistake, x: float, y: float) -> None:
    picture.rectangle(x - 1, y - 1, _SIDE + 2, _SIDE + 2, "#cbd2d9")
    png = io.BytesIO()
    Image.fromarray(255 - mistake.image).resize((_SIDE, _SIDE), Image.Resampling.NEAREST).save(png, "png")
    picture.image(x, y, _SIDE, base64.b64encode(png.getvalue()).decode())
    picture.text(x, y + _SIDE + 17, f"{mistake.true} →", 14, bold=True)
    picture.text(x + 33, y + _SIDE + 17, str(mistake.predicted), 14, ORANGE, bold=True)
    picture.text(x + _SIDE, y + _SIDE + 17, percent(mistake.confidence), 11, anchor="end")
    picture.text(x, y + _SIDE + 33, f"#{count(mistake.index)}", 10.5, FAINT)
    picture.text(x + _SIDE, y + _SIDE + 33, f"loss {loss(mistake.loss)}", 10.5, FAINT, anchor="end")
