"""The forward pass of one image, compared with torch in double precision."""

import pytest
import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.nn.functional import conv2d, cross_entropy, linear, max_pool2d

from emnist_tui.learning.training.steps.cuda_fused.kernels.forward import (
    first_maps,
    judge,
    linear_weights,
    second_maps,
    softmax,
)
from tests.support.fused_kernels import SHAPES, SIZES, mixed_images, saturating_values, some_values


@triton.jit
def first_kernel(image, values, maps, places):
    at = tl.arange(0, 256)
    map_a, place_a, map_b, place_b = first_maps(image, values, at, at < 144)
    tl.store(maps + at, map_a, mask=at < 144)
    tl.store(maps + 160 + at, map_b, mask=at < 144)
    tl.store(places + at, place_a, mask=at < 144)
    tl.store(places + 144 + at, place_b, mask=at < 144)


@triton.jit
def second_kernel(maps, values, features, places, logits):
    element = tl.arange(0, 128)
    digit = tl.arange(0, 16)
    feature, place = second_maps(maps, values, element // 32, element % 32)
    weights, biases = linear_weights(values, digit, element // 32, element % 32)
    tl.store(features + element, feature)
    tl.store(places + element, place)
    tl.store(logits + digit, tl.sum(weights * feature[None, :], 1) + biases)


@triton.jit
def judge_kernel(logits, label, outcome, probabilities):
    digit = tl.arange(0, 16)
    values = tl.load(logits + digit)
    probability, largest, total = softmax(values)
    loss, is_correct = judge(values, largest, total, digit, tl.load(label))
    tl.store(outcome, loss)
    tl.store(outcome + 1, is_correct.to(tl.float32))
    tl.store(probabilities + digit, probability)


def run_first(image: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Return the scratch of maps, of which [:144] and [160:304] are written, and places [2, 12, 12]."""
    maps, places = torch.zeros(320), torch.zeros(2, 12, 12, dtype=torch.int32)
    first_kernel[(1,)](image, values, maps, places)
    return maps, places


def maps_of(scratch: Tensor) -> Tensor:
    return scratch.view(2, 160)[:, :144].view(2, 12, 12)


@pytest.mark.parametrize("values", [some_values(), saturating_values()], ids=["some", "saturating"])
def test_maps_features_and_logits_are_torchs(values: Tensor) -> None:
    image = mixed_images(8).images[0]
    weights = [part.view(shape).double() for part, shape in zip(torch.split(values, SIZES), SHAPES, strict=True)]
    first = max_pool2d(conv2d(image.view(1, 1, 28, 28).double() / 255, weights[0], weights[1]).relu(), 2)
    second = max_pool2d(conv2d(first, weights[2], weights[3]).sigmoid(), 2)
    expected_logits = linear(second.flatten(1), weights[4], weights[5])[0]

    scratch, _ = run_first(image, values)
    features, places, logits = torch.ones(4, 32), torch.zeros(4, 32, dtype=torch.int32), torch.zeros(16)
    second_kernel[(1,)](scratch, values, features, places, logits)
    torch.testing.assert_close(maps_of(scratch).double(), first[0], rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(features[:, :25].reshape(4, 5, 5).double(), second[0], rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(logits[:10].double(), expected_logits, rtol=1e-6, atol=1e-6)
    assert not features[:, 25:].any()


def test_pooling_takes_the_largest_member_and_the_first_of_equal_ones() -> None:
    values = some_values()
    noisy = torch.randint(0, 256, (28, 28), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    _, places = run_first(noisy, values)
    convolved = conv2d(noisy.view(1, 1, 28, 28).double(), values[:50].view(2, 1, 5, 5).double())
    _, index = max_pool2d(convolved, 2, return_indices=True)
    corners = torch.arange(12).view(12, 1) * 48 + torch.arange(12) * 2
    expected = (index[0] - corners) // 24 * 28 + (index[0] - corners) % 24
    assert torch.equal(places.long(), expected)
    assert {0, 1, 28, 29} <= set(places.flatten().tolist())
    for level in (0, 1, 255):
        scratch, places = run_first(torch.full((28, 28), level, dtype=torch.uint8), values)
        assert not places.any()
        assert len(set(maps_of(scratch)[0].flatten().tolist())) == 1


def test_weights_that_are_not_numbers_spread_to_the_logits() -> None:
    values = some_values()
    values[3] = torch.nan
    scratch, _ = run_first(mixed_images(1).images[0], values)
    features, places, logits = torch.ones(4, 32), torch.zeros(4, 32, dtype=torch.int32), torch.zeros(16)
    second_kernel[(1,)](scratch, values, features, places, logits)
    assert logits[:10].isnan().all()


@pytest.mark.parametrize(
    "logits",
    [
        [0.1, -2, 3, 3, 1, 0, -1, 2, 2.5, -0.3],
        [0.0] * 10,
        [1e4, -1e4, 1e4, 0, 0, 0, 0, 0, 0, 0],
        [-200.0] * 9 + [-300.0],
    ],
    ids=["two largest", "all equal", "huge", "all low"],
)
def test_loss_probabilities_and_prediction_are_torchs(logits: list[float]) -> None:
    padded = torch.cat([torch.tensor(logits), torch.full((6,), -torch.inf)])
    exact = torch.tensor(logits).double()
    for label in (0, 2, 3, 9):
        outcome, probabilities = torch.zeros(2), torch.zeros(16)
        judge_kernel[(1,)](padded, torch.tensor(label, dtype=torch.int32), outcome, probabilities)
        loss, is_correct = outcome.tolist()
        assert loss == pytest.approx(cross_entropy(exact, torch.tensor(label)).item(), rel=1e-6, abs=1e-6)
        assert bool(is_correct) == (exact.argmax().item() == label)
        torch.testing.assert_close(probabilities[:10].double(), exact.softmax(0), rtol=1e-6, atol=1e-12)
        assert not probabilities[10:].any()


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_a_logit_that_is_not_finite_makes_the_loss_so(bad: float) -> None:
    logits = torch.cat([torch.zeros(10), torch.full((6,), -torch.inf)])
    logits[4] = bad
    outcome = torch.zeros(2)
    judge_kernel[(1,)](logits, torch.tensor(4, dtype=torch.int32), outcome, torch.zeros(16))
    assert not outcome[0].isfinite()
