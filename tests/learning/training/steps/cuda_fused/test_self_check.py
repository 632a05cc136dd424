import copy
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import torch

from emnist_tui.learning.training.steps.cuda_fused import self_check, step
from emnist_tui.learning.training.steps.cuda_fused.self_check import explain_difference
from emnist_tui.learning.training.steps.cuda_fused.step import FusedStep
from tests.support.small_dataset import bars


def test_sound_kernels_pass_and_random_states_stay() -> None:
    split = bars(20, seed=4)
    untouched = copy.deepcopy(split)
    state = torch.get_rng_state()
    assert explain_difference(split, 1) is None
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(split.images, untouched.images)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_sound_kernels_pass_with_a_smaller_last_batch() -> None:
    assert explain_difference(bars(60, seed=4), 8) is None


def test_a_large_batch_has_few_windows_that_rounding_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    orders: list[torch.Tensor] = []

    def launch(self: FusedStep) -> None:
        orders.append(self._epoch.order)
        raise RuntimeError("no card")

    monkeypatch.setattr(FusedStep, "launch", launch)
    assert explain_difference(bars(5_000, seed=4), 4_096) == "Triton cannot run the fused kernels (no card)."
    assert len(orders[0]) == 4_096 + 7
    assert len(set(orders[0].tolist())) < 64


def faulty(scale: Callable[[FusedStep], None]) -> Callable[[FusedStep], None]:
    launch = FusedStep.launch

    def launch_and_spoil(self: FusedStep) -> None:
        launch(self)
        scale(self)

    return launch_and_spoil


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda fused: fused._weights.mean[:25].mul_(1.0001),
        lambda fused: fused._weights.square.mul_(1.0001),
        lambda fused: fused._weights.values.add_(1e-5),
        lambda fused: fused._weights.mean[5].fill_(torch.nan),
        lambda fused: fused._epoch.losses.mul_(1.0001),
        lambda fused: fused._epoch.correct.add_(1),
    ],
    ids=["gradient", "squares", "values", "not a number", "loss", "correct"],
)
def test_a_difference_is_explained(monkeypatch: pytest.MonkeyPatch, spoil: Callable[[FusedStep], None]) -> None:
    monkeypatch.setattr(FusedStep, "launch", faulty(spoil))
    monkeypatch.setattr(self_check, "_ATTEMPTS", 1)
    sentence = explain_difference(bars(20, seed=4), 1)
    assert sentence is not None
    assert sentence.startswith("The fused kernels' steps differ from autograd's by ")


def fail(*args: object, **options: object) -> None:
    raise RuntimeError("at 12:8:\n    x = tl.load(y)\n        ^\nFailed to find C compiler. Set CC.\n")


def test_kernels_that_cannot_be_compiled_are_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    class Kernel(SimpleNamespace):
        def __getitem__(self, grid: object) -> Callable[..., None]:
            return fail

    monkeypatch.setattr(step, "gradient_kernel", Kernel())
    assert explain_difference(bars(20, seed=4), 1) == (
        "Triton cannot run the fused kernels (Failed to find C compiler. Set CC)."
    )
