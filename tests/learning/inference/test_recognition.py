"""The input of rewritten networks, recognized on synthetic digits."""

from functools import cache
from itertools import cycle

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from emnist_tui.learning.checkpoint.format import load_checkpoint
from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.data.synthetic.generator import draw_digits
from emnist_tui.learning.inference.input_format import ORIENTATIONS, PLAIN, SCALINGS, InputFormat, Scaling, parse
from emnist_tui.learning.inference.predictor import scale
from emnist_tui.learning.inference.recognition import Adapted, recognize_input
from emnist_tui.learning.models.baseline import Baseline
from tests.support.project import SHIPPED_CHECKPOINT
from tests.support.rewritten_networks import LAID, SCALED, baseline, rewrite
from tests.support.slow import slow

needs_checkpoint = pytest.mark.skipif(not SHIPPED_CHECKPOINT.exists(), reason="without the shipped checkpoint")
DISTINCT = [*SCALED]


@cache
def digits() -> Split:
    images, labels = draw_digits(3000, 11)
    return Split(torch.from_numpy(images), torch.from_numpy(np.asarray(labels)).long())


@cache
def weights() -> dict[str, Tensor]:
    return load_checkpoint(SHIPPED_CHECKPOINT).state_dict


def check_same_answers(network: nn.Module, trained_on: InputFormat, least: float) -> None:
    """Compare the adapted network's answers with the original's."""
    images = scale(digits().images[:1000])
    with torch.inference_mode():
        expected = baseline(weights())(images).argmax(1)
        assert (Adapted(network, trained_on)(images).argmax(1) == expected).float().mean() >= least


@needs_checkpoint
@pytest.mark.parametrize("orientation", ["transposed", *slow(["upright"])])
@pytest.mark.parametrize("scaling", DISTINCT)
def test_the_input_of_a_rewritten_network_is_found(scaling: str, orientation: str) -> None:
    network = baseline(rewrite(weights(), LAID[orientation], SCALED[scaling]))
    found = recognize_input(network, digits())
    assert found.input == InputFormat(parse(scaling)[0] or Scaling(), ORIENTATIONS[orientation])
    assert not found.is_doubtful
    check_same_answers(network, found.input, 1.0)


def _check_found(scaling: Scaling, orientation: str) -> None:
    rewritten = rewrite(weights(), LAID[orientation], lambda ink: ink * scaling.factor + scaling.offset)
    network = baseline(rewritten)
    found = recognize_input(network, digits())
    assert str(found.input.orientation) == orientation
    assert found.input.scaling.is_inverted == scaling.is_inverted
    check_same_answers(network, found.input, 0.99)


@needs_checkpoint
@pytest.mark.parametrize(
    ("scaling", "orientation"),
    [*zip(SCALINGS[1::9], list(ORIENTATIONS)[1::2], strict=False)],
    ids=str,
)
def test_every_orientation_is_found_with_some_scaling(scaling: Scaling, orientation: str) -> None:
    _check_found(scaling, orientation)


@needs_checkpoint
@pytest.mark.slow
@pytest.mark.parametrize(("scaling", "orientation"), [*zip(SCALINGS, cycle(ORIENTATIONS), strict=False)], ids=str)
def test_every_scaling_is_found_in_some_orientation(scaling: Scaling, orientation: str) -> None:
    _check_found(scaling, orientation)


@needs_checkpoint
@pytest.mark.parametrize("pair", [(0.1736, 0.3248), (0.456, 0.224)])
def test_a_pair_between_those_of_the_table_changes_few_answers(pair: tuple[float, float]) -> None:
    network = baseline(rewrite(weights(), LAID["upright"], lambda ink: (ink - pair[0]) / pair[1]))
    check_same_answers(network, recognize_input(network, digits()).input, 0.99)


@needs_checkpoint
def test_parts_that_the_user_named_are_kept() -> None:
    network = baseline(rewrite(weights(), LAID["transposed"], SCALED["inverted-mnist"]))
    scaling, transposed = Scaling(0.1307, 0.3081, is_inverted=True), ORIENTATIONS["transposed"]
    assert recognize_input(network, digits(), (scaling, None)).input == InputFormat(scaling, transposed)
    assert recognize_input(network, digits(), (None, transposed)).input == InputFormat(scaling, transposed)
    other = Scaling(0.3, 0.2)
    assert recognize_input(network, digits(), (other, None)).input.scaling == other


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 6))])
def test_an_untrained_network_is_left_as_it_is_and_doubted(seed: int) -> None:
    torch.manual_seed(seed)
    found = recognize_input(Baseline().eval(), digits())
    assert found.input == PLAIN
    assert found.is_doubtful


@needs_checkpoint
@pytest.mark.parametrize("noise", [1.0, *slow([0.8, 1.5])])
def test_a_poor_network_is_recognized_and_doubted(noise: float) -> None:
    poor = {name: weight.clone() for name, weight in weights().items()}
    poor["layers.7.weight"] += noise * torch.randn(10, 100, generator=torch.Generator().manual_seed(0))
    images = scale(digits().images)
    with torch.inference_mode():
        own = float((baseline(poor)(images).argmax(1) == digits().labels).float().mean())
    assert 0.35 < own < 0.8
    found = recognize_input(baseline(rewrite(poor, LAID["transposed"], SCALED["half"])), digits())
    assert found.is_doubtful
    assert found.accuracy > own - 0.03


@needs_checkpoint
def test_few_images_do_not_mislead() -> None:
    network = baseline(weights())
    for count in (1, 2, 10, 30):
        assert recognize_input(network, digits()[torch.arange(count)]).input == PLAIN


def test_outputs_that_are_not_finite_are_no_candidates() -> None:
    network = Baseline().eval()
    with torch.no_grad():
        next(network.parameters()).fill_(1e38)
    assert recognize_input(network, digits()).input == PLAIN


@needs_checkpoint
def test_recognition_draws_no_global_random_numbers() -> None:
    network = baseline(weights())
    before = torch.get_rng_state()
    recognize_input(network, digits())
    assert torch.equal(torch.get_rng_state(), before)
