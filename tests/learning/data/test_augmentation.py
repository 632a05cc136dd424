"""Random distortion of train images."""

import math

import pytest
import torch

from emnist_tui.learning.data.augmentation import distort, draw_distortions


def blot(row: int, column: int) -> torch.Tensor:
    """Draw ink around one pixel of an image [1, 1, 28, 28]."""
    image = torch.zeros(1, 1, 28, 28)
    image[0, 0, row - 1 : row + 2, column - 1 : column + 2] = 1
    return image


def center(image: torch.Tensor) -> tuple[float, float]:
    """Return row and column of the center of ink."""
    ink = image[0, 0] / image.sum()
    places = torch.arange(28.0)
    return float((ink.sum(1) * places).sum()), float((ink.sum(0) * places).sum())


def test_no_distortion_leaves_images_as_they_are() -> None:
    images = torch.rand(5, 1, 28, 28)
    torch.testing.assert_close(distort(images, draw_distortions(5, 0.0, seed=0, epoch=1)), images)


def test_distortions_depend_on_seed_and_epoch_alone() -> None:
    first = draw_distortions(1000, 0.5, seed=3, epoch=2)
    torch.manual_seed(123)
    assert torch.equal(first, draw_distortions(1000, 0.5, seed=3, epoch=2))
    assert not torch.equal(first, draw_distortions(1000, 0.5, seed=3, epoch=3))
    assert not torch.equal(first, draw_distortions(1000, 0.5, seed=4, epoch=2))


def test_every_image_gets_its_own() -> None:
    assert len(set(draw_distortions(1000, 0.5, seed=0, epoch=1)[:, 0, 0].tolist())) == 1000


@pytest.mark.parametrize("strength", [0.25, 1.0])
def test_distortions_are_as_wide_as_documented(strength: float) -> None:
    maps = draw_distortions(50_000, strength, seed=0, epoch=1)
    rotation = torch.atan2(maps[:, 1, 0], maps[:, 0, 0])
    area = (maps[:, 0, 0] * maps[:, 1, 1] - maps[:, 0, 1] * maps[:, 1, 0]).log()
    assert float(rotation.std()) == pytest.approx(0.12 * strength, rel=0.05)
    assert float(area.std()) == pytest.approx(0.08 * strength * math.sqrt(2), rel=0.05)
    assert float(maps[:, 0, 2].std()) == pytest.approx(0.05 * strength, rel=0.05)
    assert float(rotation.abs().max()) == pytest.approx(2.5 * 0.12 * strength, rel=1e-4)
    assert abs(float(rotation.mean())) < 0.005


def test_a_shift_moves_the_ink() -> None:
    shifted = distort(blot(14, 14), torch.tensor([[[1.0, 0.0, 0.25], [0.0, 1.0, -0.5]]]))
    assert center(shifted) == pytest.approx((14 + 7, 14 - 3.5), abs=0.01)


def test_a_rotation_turns_about_the_middle() -> None:
    angle = math.pi / 2
    turn = torch.tensor([[[math.cos(angle), -math.sin(angle), 0.0], [math.sin(angle), math.cos(angle), 0.0]]])
    assert center(distort(blot(5, 13), turn)) == pytest.approx((14, 5), abs=0.01)


def test_what_comes_from_outside_is_paper() -> None:
    shifted = distort(torch.ones(1, 1, 28, 28), torch.tensor([[[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]]))
    assert float(shifted[..., :13].min()) == pytest.approx(1)
    assert float(shifted[..., 15:].max()) == 0
