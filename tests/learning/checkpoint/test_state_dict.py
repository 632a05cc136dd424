"""Foreign weights matched to a model, or refused with one sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from emnist_tui.learning.checkpoint.format import load_checkpoint
from emnist_tui.learning.checkpoint.state_dict import fit_model, match_model, model_shapes
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.models.registry import MODELS
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from tests.support.checkpoint_files import ForeignBaseline, load, pack, refusal

PATH = Path("some.pt")
BASELINE_SHAPES = "2×1×5×5, 2, 4×2×3×3, 4, 10×100, 10"


@pytest.mark.parametrize(
    "wrap",
    [
        lambda weights: weights,
        lambda weights: {"model_state_dict": weights, "epoch": 3, "optimizer_state_dict": {"state": {}, "lr": 0.1}},
        lambda weights: {"epoch": 3, "rng": torch.zeros(8), "state_dict": weights},
        lambda weights: {**weights, "comment": "mine", "epoch": 3},
        lambda weights: dict(weights),
        lambda weights: {key: nn.Parameter(value) for key, value in weights.items()},
    ],
    ids=["plain", "nested", "beside a tensor", "with other entries", "a dict", "parameters"],
)
def test_foreign_weights_give_the_same_network(tmp_path: Path, wrap: Callable[[Any], Any]) -> None:
    theirs = ForeignBaseline()
    checkpoint = load(tmp_path, pack(wrap(theirs.state_dict())))
    assert (checkpoint.model, checkpoint.training) == ("baseline", None)
    ours = Baseline()
    ours.load_state_dict(checkpoint.state_dict)
    images = torch.rand(5, 1, 28, 28)
    assert torch.equal(ours(images), theirs(images))
    assert not any(weight.requires_grad for weight in checkpoint.state_dict.values())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_converted(dtype: torch.dtype) -> None:
    _, weights, _ = match_model(PATH, ForeignBaseline().to(dtype).state_dict())
    assert {weight.dtype for weight in weights.values()} == {torch.float32}


def test_model_shapes_draw_no_random_numbers() -> None:
    before = torch.get_rng_state()
    assert model_shapes()["baseline"]["layers.7.weight"] == (10, 100)
    assert torch.equal(torch.get_rng_state(), before)


def test_mismatch_names_expected_and_found_shapes() -> None:
    with pytest.raises(EmnistTuiError) as caught:
        match_model(PATH, nn.Linear(784, 10).state_dict())
    assert str(caught.value) == (
        f"some.pt does not match the baseline model: expected {BASELINE_SHAPES}, found 10×784, 10; "
        "choose another checkpoint."
    )


def test_mismatch_with_several_models_names_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, "small", lambda: nn.Linear(4, 5))
    with pytest.raises(EmnistTuiError) as caught:
        match_model(PATH, {f"weight.{number}": torch.zeros(number, 2) for number in range(1, 12)})
    assert str(caught.value) == (
        f"some.pt does not match the baseline or small model: expected {BASELINE_SHAPES} or 5×4, 5, "
        "found 1×2, 2×2, 3×2, 4×2, 5×2, 6×2, 7×2, 8×2, …; choose another checkpoint."
    )


def test_own_weights_of_another_shape_are_refused() -> None:
    weights = Baseline().state_dict() | {"layers.0.weight": torch.zeros(3, 1, 5, 5)}
    with pytest.raises(EmnistTuiError) as caught:
        fit_model(PATH, weights, "baseline")
    assert str(caught.value) == (
        "some.pt does not match the baseline model: expected 2×1×5×5 for layers.0.weight, found 3×1×5×5; "
        "choose another checkpoint."
    )


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ({"conv1.weight": torch.zeros(1), "fc\n.bias": torch.zeros(1)}, "conv1.weight, fc .bias"),
        ({"k" * 1_000_000: torch.zeros(1)}, "k" * 60),
        ({}, "none"),
        ([torch.zeros(1)], "none"),
    ],
)
def test_own_weights_under_other_keys_are_refused(entries: object, found: str) -> None:
    with pytest.raises(EmnistTuiError) as caught:
        fit_model(PATH, entries, "baseline")
    assert str(caught.value) == (
        "some.pt does not match the baseline model: expected weights named layers.0.weight, layers.0.bias, "
        "layers.3.weight, layers.3.bias, layers.7.weight, layers.7.bias, "
        f"found {found}; choose another checkpoint."
    )


def test_small_file_of_a_huge_tensor_is_refused(tmp_path: Path) -> None:
    huge = torch.zeros(1).expand(1 << 40)
    assert "does not match the baseline model" in refusal(tmp_path, pack({"weight": huge}))


@pytest.mark.parametrize("value", [torch.nan, torch.inf, 1e300])
def test_non_finite_weights_are_refused(tmp_path: Path, value: float) -> None:
    weights = ForeignBaseline().double().state_dict()
    weights["conv2.bias"][2] = value
    assert "not finite numbers (layers.3.bias); choose an earlier checkpoint" in refusal(tmp_path, pack(weights))


@pytest.mark.parametrize("change", [lambda t: t.to_sparse(), lambda t: t.to("meta"), lambda t: t.long()])
def test_unusual_tensors_are_refused(tmp_path: Path, change: Callable[[Tensor], Tensor]) -> None:
    weights = ForeignBaseline().state_dict()
    weights["fc.bias"] = change(weights["fc.bias"])
    assert "are not plain floating-point tensors (layers.7.bias)" in refusal(tmp_path, pack(weights))


def test_key_chooses_the_weights(tmp_path: Path) -> None:
    first, second = ForeignBaseline().state_dict(), ForeignBaseline().state_dict()
    (tmp_path / "two.pt").write_bytes(pack({"first": first, "second": second}))
    checkpoint = load_checkpoint(tmp_path / "two.pt", "second")
    assert checkpoint.key == "second"
    assert torch.equal(checkpoint.state_dict["layers.7.bias"], second["fc.bias"])


def test_unknown_key_is_wrong_use_and_names_the_known_ones(tmp_path: Path) -> None:
    weights = ForeignBaseline().state_dict()
    (tmp_path / "two.pt").write_bytes(pack({"first": weights, "second": weights}))
    with pytest.raises(UsageError, match=r"no weights under 'third'; choose one of: first, second\.$"):
        load_checkpoint(tmp_path / "two.pt", "third")
