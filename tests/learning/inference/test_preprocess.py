"""Pictures of digits of any size, polarity, margin, light and noise: the network sees what EMNIST would hold."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from emnist_tui.learning.data.synthetic.generator import draw_digits
from emnist_tui.learning.inference.classify import load_network, recognize
from emnist_tui.learning.inference.preprocess import Gray, find_digit
from emnist_tui.runs.errors import EmnistTuiError
from tests.support.project import SHIPPED_CHECKPOINT

DIGITS, LABELS = draw_digits(30, seed=9)
FEW = 10
"""Of the digits, one a class or so, for tests of many pictures each."""

Image8 = npt.NDArray[np.uint8]


def enlarged(digit: Image8, factor: int) -> Image8:
    side = 28 * factor
    return np.asarray(Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC))


def on_page(digit: Image8, factor: int, left: int, top: int, right: int = 5, bottom: int = 9) -> Image8:
    """Dark ink on white paper, with so many pixels around it."""
    return 255 - np.pad(enlarged(digit, factor), ((top, bottom), (left, right)))


def photographed(digit: Image8, seed: int) -> bytes:
    """A JPEG of dark ink on paper that is lit from one side, with noise."""
    random = np.random.default_rng(seed)
    ink = np.pad(enlarged(digit, 7) / 255, ((110, 60), (40, 140)))
    y, x = np.mgrid[-1 : 1 : ink.shape[0] * 1j, -1 : 1 : ink.shape[1] * 1j]
    paper = 185 + 30 * x - 15 * y - 25 * (x * x + y * y) / 2
    light = paper * (1 - 0.75 * ink) + random.normal(0, 8, ink.shape)
    packed = io.BytesIO()
    Image.fromarray(light.clip(0, 255).astype(np.uint8)).save(packed, "JPEG", quality=60)
    return packed.getvalue()


def png(pixels: Image8) -> bytes:
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, "PNG")
    return packed.getvalue()


def found_in(pixels: npt.NDArray[np.generic]) -> npt.NDArray[np.int64]:
    return find_digit(pixels.astype(np.float32)).astype(np.int64)


def difference(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> float:
    """The mean over the pixels, in levels of 255."""
    return float(np.abs(one - other).mean())


# As many answers are right as of the digits themselves


@pytest.mark.skipif(not SHIPPED_CHECKPOINT.exists(), reason="needs the shipped checkpoint")
@pytest.mark.parametrize(
    "made",
    [
        lambda digit: png(digit),
        lambda digit: png(255 - digit),
        lambda digit: png(on_page(digit, 4, 170, 30, 40, 110)),
        lambda digit: photographed(digit, 1),
    ],
    ids=["as it is", "inverted", "enlarged on a page", "a noisy JPEG, unevenly lit"],
)
def test_pictures_of_digits_are_recognized(made: Callable[[Image8], bytes], tmp_path: Path) -> None:
    network = load_network(SHIPPED_CHECKPOINT, lambda _: None)
    with torch.inference_mode():
        answers = network(torch.from_numpy(DIGITS).unsqueeze(1).float() / 255).argmax(1).numpy()
    direct = int((answers == LABELS).sum())
    right = 0
    for digit, label in zip(DIGITS, LABELS, strict=True):
        file = tmp_path / "picture"
        file.write_bytes(made(digit))
        right += recognize(network, file).predicted == label
    assert direct >= 27  # or there is nothing to lose
    assert right >= direct - 2


def test_the_shipped_network_would_not_do_without_the_processing() -> None:
    """So that the test above can fail: the same pictures merely scaled to 28×28."""
    if not SHIPPED_CHECKPOINT.exists():
        pytest.skip("the tests run without the project's checkpoints beside them")
    network = load_network(SHIPPED_CHECKPOINT, lambda _: None)
    pages = [Image.fromarray(on_page(digit, 4, 170, 30, 40, 110)).resize((28, 28)) for digit in DIGITS]
    squeezed = torch.from_numpy(np.stack([255 - np.asarray(page) for page in pages]))
    with torch.inference_mode():
        answers = network(squeezed.unsqueeze(1).float() / 255).argmax(1).numpy()
    assert (answers == LABELS).sum() < 15


# What does not change what is seen


def test_a_digit_of_emnists_own_framing_is_hardly_changed() -> None:
    assert np.mean([difference(found_in(digit), digit.astype(np.int64)) for digit in DIGITS]) < 8


@pytest.mark.parametrize("digit", DIGITS[:FEW])
def test_the_polarity_changes_nothing(digit: Image8) -> None:
    assert difference(found_in(255 - digit), found_in(digit)) < 0.1


@settings(max_examples=40)
@given(
    digit=st.sampled_from(list(DIGITS[:FEW])),
    factor=st.integers(2, 8),
    left=st.integers(0, 300),
    top=st.integers(0, 300),
    paper=st.integers(120, 255),
    contrast=st.integers(40, 120),
    light=st.booleans(),
)
def test_size_place_paper_and_contrast_change_little(
    digit: Image8, factor: int, left: int, top: int, paper: int, contrast: int, light: bool
) -> None:
    ink = np.pad(enlarged(digit, factor) / 255, ((top, 40), (left, 20)))
    page = np.round(paper - contrast * ink)
    assert difference(found_in(255 - page if light else page), found_in(digit)) < 14


@pytest.mark.parametrize("digit", DIGITS[:FEW])
def test_dust_and_a_hair_at_the_edge_are_left_out(digit: Image8) -> None:
    page = on_page(digit, 6, 60, 60, 60, 60)
    expected = found_in(page)
    page[10:13, 200:203] = 60
    page[270:274, 20:23] = 0
    assert difference(found_in(page), expected) < 2


def test_a_detached_stroke_belongs_to_the_digit() -> None:
    page = np.full((200, 200), 255, np.uint8)
    page[60:140, 95:105] = 0
    page[40:48, 80:120] = 0  # a bar above it
    found = found_in(page)
    assert (found.max(axis=1) > 127).sum() >= 20
    assert found[2:5, 10:18].max() > 127


@pytest.mark.parametrize("width", [1, 3, 7, 20])
def test_a_thin_pen_is_seen_as_emnists_writers_pens_are(width: int) -> None:
    """The same bar: about 2 to 3 pixels wide where ink is at least half as dark as can be."""
    page = np.full((300, 200), 255)
    page[50:250, 90 : 90 + width] = 20
    assert 2 <= (found_in(page)[8:20] > 127).sum(axis=1).mean() <= 3


def test_the_result_is_framed_as_emnists_digits_are() -> None:
    page = np.full((300, 200), 230.0)
    page[50:250, 90:110] = 30
    found = found_in(page)
    assert (found.shape, found.max()) == ((28, 28), 255)
    inked = np.argwhere(found >= 26)
    assert inked[:, 0].min() in (1, 2, 3)
    assert inked[:, 0].max() in (24, 25, 26)
    assert abs(inked[:, 1].mean() - 13.5) < 0.6


# No digit


def _blank(random: np.random.Generator) -> list[npt.NDArray[np.float64]]:
    y, x = np.mgrid[-1:1:200j, -1:1:300j]
    return [
        np.full((200, 300), 255.0),
        np.zeros((200, 300)),
        np.full((9, 9), 128.0),
        200 + random.normal(0, 10, (200, 300)),
        150 + 80 * x + 20 * y,
        150 + 60 * x * x - 30 * y + random.normal(0, 5, x.shape),
    ]


@pytest.mark.parametrize("page", _blank(np.random.default_rng(0)))
def test_blank_paper_is_one_sentence(page: npt.NDArray[np.float64]) -> None:
    with pytest.raises(EmnistTuiError, match="nothing stands out from the paper"):
        found_in(page)


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 7)])
def test_a_picture_too_small_for_a_digit_is_one_sentence(shape: tuple[int, int]) -> None:
    with pytest.raises(EmnistTuiError, match="less than 8 pixels"):
        found_in(np.zeros(shape))


@settings(max_examples=60)
@given(
    height=st.integers(8, 60),
    width=st.one_of(st.integers(8, 60), st.integers(400, 1200)),
    seed=st.integers(0, 1 << 16),
    ink=st.sampled_from([0.001, 0.02, 0.3, 0.5, 0.98]),
)
def test_whatever_is_in_it_there_is_a_digit_or_a_sentence(height: int, width: int, seed: int, ink: float) -> None:
    pixels: Gray = np.where(np.random.default_rng(seed).random((height, width)) < ink, 0, 255).astype(np.float32)
    try:
        found = find_digit(pixels)
    except EmnistTuiError:
        return
    assert (found.shape, str(found.dtype), int(found.max())) == ((28, 28), "uint8", 255)
