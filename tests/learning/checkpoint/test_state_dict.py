"""Foreign weights matched to a model, or refused with one sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from emnist_tui.learning.checkpoint.state_dict import fit_model, match_model, model_shapes
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.models import MODELS
from tests.support.checkpoint_files import ForeignBaseline, assert_holds, load, pack, refusal, weights
from tests.support.model_table import entry

PATH = Path("some.pt")
BASELINE_SHAPES = "2×1×5×5, 2, 4×2×3×3, 4, 10×100, 10"
BASELINE_KEYS = "layers.0.weight, layers.0.bias, layers.3.weight, layers.3.bias, layers.7.weight, layers.7.bias"


@pytest.mark.parametrize(
    "wrap",
    [
        lambda weights: weights,
        lambda weights: {"model_state_dict": weights, "epoch": 3, "optimizer_state_dict": {"state": {}, "lr": 0.1}},
        lambda weights: {"epoch": 3, "rng": torch.zeros(8), "state_dict": weights},
        lambda weights: {**weights, "comment": "mine", "epoch": 3},
        lambda weights: dict(weights),
        lambda weights: {key: nn.Parameter(value) for key, value in weights.items()},
        lambda weights: {f"module.{key}": value for key, value in weights.items()},
        lambda weights: {f"_orig_mod.{key}": value for key, value in weights.items()},
    ],
    ids=["plain", "nested", "beside a tensor", "with other entries", "a dict", "parameters", "parallel", "compiled"],
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


@pytest.mark.parametrize(
    "arrange",
    [
        lambda items: items[4:] + items[:4],
        lambda items: items[::-1],
        lambda items: sorted(items),
        lambda items: [items[place] for place in (1, 0, 3, 2, 5, 4)],
        lambda items: [items[place] for place in (0, 2, 4, 1, 3, 5)],
    ],
    ids=["last layer first", "reversed", "by key", "bias first", "weights first"],
)
def test_order_of_layers_does_not_matter(tmp_path: Path, arrange: Callable[[Any], Any]) -> None:
    theirs = weights()
    assert_holds(load(tmp_path, pack(dict(arrange(list(theirs.items()))))), theirs)


@pytest.mark.parametrize(
    "extras",
    [
        {"epoch": torch.tensor(3)},
        {"loss": torch.tensor(0.5), "accuracy": torch.tensor(0.9), "bn.num_batches_tracked": torch.tensor(7)},
        {"loss": torch.tensor([0.5])},
        {"mean": torch.tensor([[[[0.1307]]]]), "std": torch.tensor([[[[0.3081]]]])},
        {"seen": torch.arange(7), "rng": torch.zeros(5056, dtype=torch.uint8)},
        {"mask": torch.ones(28, 28, dtype=torch.bool)},
    ],
    ids=["a scalar", "several", "one element", "normalization", "counters", "a mask"],
)
@pytest.mark.parametrize("first", [True, False])
def test_counters_and_single_numbers_are_no_weights(tmp_path: Path, extras: dict[str, Tensor], first: bool) -> None:
    theirs = weights()
    assert_holds(load(tmp_path, pack({**extras, **theirs} if first else {**theirs, **extras})), theirs)


@pytest.mark.parametrize(
    "extras",
    [
        {"act.weight": torch.tensor([0.25])},
        {"head.weight": torch.zeros(10, 10), "head.bias": torch.zeros(10)},
        {"bn.weight": torch.ones(4), "bn.bias": torch.ones(4)},
        {"scale": torch.ones(2)},
    ],
    ids=["a learned slope", "one layer more", "batch normalization", "a scale of each channel"],
)
def test_networks_with_more_layers_are_refused(tmp_path: Path, extras: dict[str, Tensor]) -> None:
    sentence = refusal(tmp_path, pack({**weights(), **extras}))
    assert "does not match the baseline model" in sentence


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_converted(dtype: torch.dtype) -> None:
    match = match_model(PATH, ForeignBaseline().to(dtype).state_dict())
    assert {weight.dtype for weight in match.weights.values()} == {torch.float32}


class Twins(nn.Module):
    """A model with layers of equal shapes."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(3, 3), nn.Linear(3, 3)


def random_weights(model: str) -> dict[str, Tensor]:
    """Return other values for each weight, positive as variances are."""
    return {name: torch.rand(shape) for name, shape in model_shapes()[model].items()}


@pytest.fixture
def twins(monkeypatch: pytest.MonkeyPatch) -> dict[str, Tensor]:
    monkeypatch.setitem(MODELS, "twins", entry(Twins))
    return Twins().state_dict()


@pytest.mark.parametrize("prefix", ["", "module.", "net.inner."])
def test_own_names_settle_layers_of_equal_shapes(twins: dict[str, Tensor], prefix: str) -> None:
    shuffled = {prefix + name: twins[name] for name in ("two.weight", "two.bias", "one.bias", "one.weight")}
    match = match_model(PATH, shuffled)
    assert match.model == "twins"
    assert all(torch.equal(weight, twins[name]) for name, weight in match.weights.items())


def test_the_models_order_settles_layers_of_equal_shapes(twins: dict[str, Tensor]) -> None:
    match = match_model(PATH, {f"w{number}": weight for number, weight in enumerate(twins.values())})
    assert all(torch.equal(weight, twins[name]) for name, weight in match.weights.items())


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("rename", ["", "module.", "layers."], ids=["own names", "prefix added", "prefix left out"])
@pytest.mark.parametrize("arrange", [sorted, reversed, list], ids=["sorted", "reversed", "in order"])
def test_the_models_own_names_decide_in_any_order(model: str, rename: str, arrange: Callable[[Any], Any]) -> None:
    theirs = random_weights(model)
    names = {name: name.removeprefix(rename) if rename == "layers." else rename + name for name in theirs}
    match = match_model(PATH, {names[name]: theirs[name] for name in arrange(list(theirs))})
    assert match.model == model
    assert all(torch.equal(weight, theirs[name]) for name, weight in match.weights.items())


@pytest.mark.parametrize("rename", ["stage{}_{}", "stage{}.{}"], ids=["no model's", "their last parts"])
def test_the_order_decides_only_where_no_name_contradicts_it(rename: str) -> None:
    theirs = random_weights("accurate")
    names = list(theirs)
    place = names.index("layers.1.weight")  # of a norm, whose bias has the same shape
    names[place : place + 2] = reversed(names[place : place + 2])
    foreign = {rename.format(number, name.rpartition(".")[2]): theirs[name] for number, name in enumerate(names)}
    if "." in rename:
        with pytest.raises(EmnistTuiError, match="another order than the accurate model, under other names"):
            match_model(PATH, foreign)
    else:
        assert torch.equal(match_model(PATH, foreign).weights["layers.1.weight"], theirs["layers.1.bias"])


def test_layers_of_equal_shapes_in_another_order_are_refused(twins: dict[str, Tensor]) -> None:
    foreign = {f"w{number}": weight for number, weight in enumerate(reversed(twins.values()))}
    with pytest.raises(
        EmnistTuiError, match=r"equal shapes in another order than the twins model.*one.weight, one.bias"
    ):
        match_model(PATH, foreign)


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


class Small(nn.Linear):
    """A model of one layer."""

    def __init__(self) -> None:
        super().__init__(4, 5)


def test_mismatch_names_the_model_that_has_most_in_common(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, "small", entry(Small))
    with pytest.raises(EmnistTuiError) as caught:
        match_model(PATH, {f"weight.{number}": torch.zeros(number, 4) for number in range(1, 12)})
    assert str(caught.value) == (
        "some.pt does not match the small model: expected 5×4, 5, "
        "found 1×4, 2×4, 3×4, 4×4, 5×4, 6×4, 7×4, 8×4, …; choose another checkpoint."
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
        (dict.fromkeys(Baseline().state_dict(), "text"), BASELINE_KEYS),
        ({}, "none"),
        ([torch.zeros(1)], "none"),
    ],
)
def test_own_weights_under_other_keys_are_refused(entries: object, found: str) -> None:
    with pytest.raises(EmnistTuiError) as caught:
        fit_model(PATH, entries, "baseline")
    assert str(caught.value) == (
        f"some.pt does not match the baseline model: expected weights named {BASELINE_KEYS}, "
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


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.to_sparse(),
        lambda t: t.to("meta"),
        lambda t: t.long(),
        lambda t: t.to(torch.int8),
        lambda t: t.to(torch.complex64),
    ],
)
def test_unusual_tensors_are_refused(tmp_path: Path, change: Callable[[Tensor], Tensor]) -> None:
    weights = ForeignBaseline().state_dict()
    weights["fc.bias"] = change(weights["fc.bias"])
    assert "are not plain floating-point tensors (layers.7.bias)" in refusal(tmp_path, pack(weights))


@pytest.mark.filterwarnings("ignore:.*quantized tensor creation:UserWarning")
def test_quantized_weights_are_refused(tmp_path: Path) -> None:
    theirs = weights()
    theirs["fc.weight"] = torch.quantize_per_tensor(theirs["fc.weight"], 0.1, 0, torch.qint8)
    assert "quantized tensors" in refusal(tmp_path, pack(theirs))
