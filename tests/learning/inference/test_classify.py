"""Digits recognized in pictures."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from emnist_tui.learning.data.synthetic.generator import draw_digits
from emnist_tui.learning.inference.classify import Classification, load_network, recognize
from emnist_tui.learning.inference.predictor import scale
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.foreign_weights import RECOGNIZED
from tests.support.pictures import Bytes, on_page, photographed, png
from tests.support.project import SHIPPED_CHECKPOINT

DIGITS, LABELS = draw_digits(30, seed=9)

needs_checkpoint = pytest.mark.skipif(not SHIPPED_CHECKPOINT.exists(), reason="needs the shipped checkpoint")


@needs_checkpoint
@pytest.mark.parametrize(
    "encode",
    [
        png,
        lambda digit: png(255 - digit),
        pytest.param(lambda digit: png(on_page(digit, 4, 170, 30, 40, 110)), marks=pytest.mark.slow),
        pytest.param(lambda digit: photographed(digit, 1), marks=pytest.mark.slow),
    ],
    ids=["as it is", "inverted", "enlarged on a page", "a noisy JPEG, unevenly lit"],
)
def test_digits_in_pictures_are_recognized_as_the_digits_themselves(
    encode: Callable[[Bytes], bytes], tmp_path: Path
) -> None:
    network = load_network(SHIPPED_CHECKPOINT, RECOGNIZED, lambda _: None)[0]
    with torch.inference_mode():
        predicted = network(scale(torch.from_numpy(DIGITS))).argmax(1).numpy()
    expected = int((predicted == LABELS).sum())
    correct = 0
    for digit, label in zip(DIGITS, LABELS, strict=True):
        file = tmp_path / "picture"
        file.write_bytes(encode(digit))
        correct += recognize(network, file).predicted == label
    assert expected >= 27
    assert correct >= expected - 2


@needs_checkpoint
def test_digits_merely_scaled_to_28_pixels_are_not_recognized() -> None:
    """Show that the test above can fail."""
    network = load_network(SHIPPED_CHECKPOINT, RECOGNIZED, lambda _: None)[0]
    pages = [Image.fromarray(on_page(digit, 4, 170, 30, 40, 110)).resize((28, 28)) for digit in DIGITS]
    squeezed = torch.from_numpy(np.stack([255 - np.asarray(page) for page in pages]))
    with torch.inference_mode():
        predicted = network(scale(squeezed)).argmax(1).numpy()
    assert (predicted == LABELS).sum() < 15


def test_the_lowest_of_equally_probable_classes_is_predicted() -> None:
    probabilities = np.array([0.1, 0.3, 0.0, 0.3, 0.3, *[0.0] * 5])
    classification = Classification(DIGITS[0], probabilities)
    assert (classification.predicted, classification.confidence) == (1, 0.3)


def test_a_file_without_a_digit_is_named_in_the_error(tmp_path: Path) -> None:
    file = tmp_path / "blank.png"
    file.write_bytes(png(np.full((40, 40), 255, np.uint8)))
    with pytest.raises(EmnistTuiError, match=r"blank\.png shows no digit: nothing stands out"):
        recognize(Baseline(), file)


def test_non_finite_logits_are_refused(tmp_path: Path) -> None:
    class Broken(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return torch.full((len(images), 10), torch.nan)

    file = tmp_path / "digit.png"
    file.write_bytes(png(DIGITS[0]))
    with pytest.raises(EmnistTuiError, match="not finite"):
        recognize(Broken(), file)


@needs_checkpoint
def test_the_network_of_a_run_loads_without_test_digits() -> None:
    phases: list[str] = []
    network, loaded = load_network(SHIPPED_CHECKPOINT, RECOGNIZED, phases.append)
    assert not network.training
    assert (loaded.input_scaling, loaded.warning) == (None, None)
    assert phases == []


@needs_checkpoint
def test_digits_that_touch_are_refused_with_the_pictures_name(tmp_path: Path) -> None:
    network = load_network(SHIPPED_CHECKPOINT, RECOGNIZED, lambda _: None)[0]
    refused = 0
    for one, other in zip(DIGITS[:10], DIGITS[10:20], strict=True):
        pair = np.hstack([digit[:, (digit > 100).any(axis=0)] for digit in (one, other)])
        file = tmp_path / "pair.png"
        file.write_bytes(png(on_page(np.pad(pair, ((6, 6), (10, 10))), 1, 10, 10)))
        try:
            recognize(network, file)
        except EmnistTuiError as error:
            refused += bool(
                re.search(r"pair\.png shows (two digits that touch|a mark too wide|\d separate)", str(error))
            )
    assert refused >= 4
