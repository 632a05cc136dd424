"""Contact sheet of misclassified digits: images and captions."""

import base64
import io

import numpy as np
from PIL import Image

from emnist_tui.report.figures.contact_sheet import draw_contact_sheet
from tests.support.scripted_runs import evaluation
from tests.support.svg import elements, texts


def test_every_mistake_is_drawn_in_order() -> None:
    mistakes = evaluation().mistakes()[:30]
    assert len(mistakes) == 30
    svg = draw_contact_sheet(mistakes, "Misclassified")
    images = list(elements(svg, "image"))
    for image, mistake in zip(images, mistakes, strict=True):
        encoded = (image.get("href") or "").removeprefix("data:image/png;base64,")
        pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))))
        np.testing.assert_array_equal(255 - pixels[::4, ::4], mistake.image)
    assert [text for text in texts(svg) if text.startswith("#")] == [f"#{mistake.index}" for mistake in mistakes]


def test_a_caption_has_classes_confidence_and_loss() -> None:
    mistake = evaluation().mistakes()[0]
    title, *caption = texts(draw_contact_sheet([mistake], "Worst"))
    assert title == "Worst"
    assert caption == [
        f"{mistake.true} →",
        str(mistake.predicted),
        f"{mistake.confidence * 100:.1f} %",
        f"#{mistake.index}",
        f"loss {mistake.loss:.3f}",
    ]


def test_digits_do_not_overlap() -> None:
    svg = draw_contact_sheet(evaluation().mistakes()[:16], "Misclassified")
    corners = [(float(image.get("x") or 0), float(image.get("y") or 0)) for image in elements(svg, "image")]
    side = float(next(elements(svg, "image")).get("width") or 0)
    for position, (x, y) in enumerate(corners):
        assert all(abs(x - other_x) >= side or abs(y - other_y) >= side for other_x, other_y in corners[:position])


def test_an_empty_sheet_says_so() -> None:
    svg = draw_contact_sheet([], "Misclassified")
    assert "No image was misclassified." in texts(svg)
    assert not list(elements(svg, "image"))
