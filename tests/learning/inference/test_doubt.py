"""Touching digits and turned ones refused by what the network sees."""

import numpy as np
import pytest
import torch
from PIL import Image

from emnist_tui.learning.data.synthetic.generator import draw_digits
from emnist_tui.learning.inference.classify import load_network
from emnist_tui.learning.inference.doubt import Classify, reject_doubtful
from emnist_tui.learning.inference.framing import frame
from emnist_tui.learning.inference.predictor import scale
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.foreign_weights import RECOGNIZED
from tests.support.pictures import Bytes
from tests.support.project import SHIPPED_CHECKPOINT

DIGITS, _ = draw_digits(300, seed=21)

needs_checkpoint = pytest.mark.skipif(not SHIPPED_CHECKPOINT.exists(), reason="needs the shipped checkpoint")


def classified_by(network: torch.nn.Module) -> Classify:
    def classify(images: Bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        with torch.inference_mode():
            return np.asarray(torch.softmax(network(scale(torch.from_numpy(images))).double(), 1).numpy())

    return classify


def refusals(images: list[Bytes], classify: Classify) -> list[str]:
    """Return the sentences with which images are refused."""
    sentences = []
    for image in images:
        try:
            reject_doubtful(image, float(classify(image[None]).max()), classify)
        except EmnistTuiError as error:
            sentences.append(str(error))
    return sentences


def framed(ink: Bytes) -> Bytes:
    large = np.asarray(Image.fromarray(ink).resize((4 * ink.shape[1], 4 * ink.shape[0])), np.float32)
    return frame(large, large > 100)


def touching(one: Bytes, other: Bytes) -> Bytes:
    left, right = (digit[:, (digit > 100).any(axis=0)] for digit in (one, other))
    return framed(np.pad(np.hstack([left, right]), 4))


def turned(digit: Bytes, degrees: float) -> Bytes:
    large = Image.fromarray(digit).resize((112, 112)).rotate(degrees, Image.Resampling.BICUBIC, expand=True)
    return frame(np.asarray(large, np.float32), np.asarray(large) > 100)


@needs_checkpoint
def test_hardly_a_digit_is_doubted() -> None:
    classify = classified_by(load_network(SHIPPED_CHECKPOINT, RECOGNIZED, lambda _: None)[0])
    assert len(refusals(list(DIGITS), classify)) <= 0.02 * len(DIGITS)


@needs_checkpoint
def test_touching_digits_are_refused() -> None:
    classify = classified_by(load_network(SHIPPED_CHECKPOINT, RECOGNIZED, lambda _: None)[0])
    pairs = [touching(one, other) for one, other in zip(DIGITS[:60], DIGITS[60:120], strict=True)]
    found = refusals(pairs, classify)
    assert sum("shows two digits that touch; crop it to one digit" in sentence for sentence in found) >= 25


@needs_checkpoint
def test_a_digit_that_is_clear_only_when_turned_is_refused() -> None:
    classify = classified_by(load_network(SHIPPED_CHECKPOINT, RECOGNIZED, lambda _: None)[0])
    found = refusals([turned(digit, 45) for digit in DIGITS[:60]], classify)
    assert sum("seems turned; turn the picture upright" in sentence for sentence in found) >= 5


def test_an_untrained_network_doubts_nothing() -> None:
    torch.manual_seed(0)
    pairs = [touching(one, other) for one, other in zip(DIGITS[:10], DIGITS[10:20], strict=True)]
    assert refusals([*DIGITS[:10], *pairs], classified_by(Baseline().eval())) == []
