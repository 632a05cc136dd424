import copy
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from emnist_tui.learning.checkpoint.format import load_checkpoint
from emnist_tui.learning.data.synthetic.generator import draw_digits
from emnist_tui.learning.inference.predictor import scale
from emnist_tui.learning.inference.unit_activity import UnitActivity, _Activation
from emnist_tui.learning.models.registry import build_model
from emnist_tui.runs.models import MODELS
from emnist_tui.runs.unit_health import LayerHealth
from tests.support.project import SHIPPED_CHECKPOINTS

IMAGES = torch.rand(60, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def health(model: nn.Module, images: Tensor = IMAGES, batch: int = 25) -> dict[str, LayerHealth]:
    """Examine a network in batches, the last of them smaller."""
    activity = UnitActivity(model.eval())
    with torch.inference_mode():
        for part in torch.split(images, batch):
            with activity.observed(len(part)):
                model(part)
    return {layer.layer: layer for layer in activity.layers()}


def lost(model: nn.Module, images: Tensor = IMAGES) -> dict[str, list[int]]:
    return {name: layer.units for name, layer in health(model, images).items()}


def kill(layer: object, *units: int, bias: float = -1e3) -> None:
    assert isinstance(layer, nn.Conv2d | nn.Linear)
    assert layer.bias is not None
    with torch.no_grad():
        layer.bias[list(units)] = bias


def test_dead_and_saturated_filters_are_named_by_module_and_number() -> None:
    torch.manual_seed(1)
    model = build_model("baseline")
    first, second = model.get_submodule("layers.0"), model.get_submodule("layers.3")
    kill(first, 0, 1, bias=1.0)  # alive, whatever the seed
    assert lost(model) == {"layers.1": [], "layers.4": []}
    kill(first, 1)
    kill(second, 0, 3)
    kill(second, 2, bias=1e3)
    assert health(model) == {
        "layers.1": LayerHealth("layers.1", "ReLU", "dead", [1], of=2, unit="filter"),
        "layers.4": LayerHealth("layers.4", "sigmoid", "saturated", [0, 2, 3], of=4, unit="filter"),
    }


def test_a_unit_that_one_image_activates_at_one_position_is_alive() -> None:
    images = IMAGES.clone()
    assert lost(nn.Sequential(nn.Identity(), nn.ReLU()), -images) == {"1": [0]}
    images[41, 0, 5, 7] = -2
    assert lost(nn.Sequential(nn.Identity(), nn.ReLU()), -images) == {"1": []}


class Called(nn.Module):
    """Filters 1 and 3 of 4 dead, through any function."""

    def __init__(self, function: object) -> None:
        super().__init__()
        self.maps = nn.Conv2d(1, 4, 3)
        self.function = function
        kill(self.maps, 1, 3)
        kill(self.maps, 0, 2, bias=1.0)

    def forward(self, images: Tensor) -> Tensor:
        result: Tensor = self.function(self.maps(images))  # type: ignore[operator]
        return result


RECTIFIERS = {
    "torch.relu": torch.relu,
    "torch.relu_": torch.relu_,
    "relu": functional.relu,
    "relu, in place": lambda maps: functional.relu(maps, inplace=True),
    "Tensor.relu": Tensor.relu,
    "Tensor.relu_": Tensor.relu_,
    "relu6": functional.relu6,
    "clamp": lambda maps: maps.clamp(min=0),
    "clamp_": lambda maps: maps.clamp_(0),
    "clamp_min": lambda maps: torch.clamp_min(maps, 0),
    "clip": lambda maps: torch.clip(maps, 0.0),
    "nn.ReLU": nn.ReLU(),
    "nn.ReLU, in place": nn.ReLU(inplace=True),
    "nn.ReLU6": nn.ReLU6(),
}


@pytest.mark.parametrize("name", RECTIFIERS)
def test_rectifiers_are_seen_however_they_are_called(name: str) -> None:
    (layer,) = health(Called(RECTIFIERS[name])).values()
    assert (layer.units, layer.of, layer.state, layer.unit) == ([1, 3], 4, "dead", "filter")
    assert layer.layer == ("function" if name.startswith("nn.") else "forward")
    assert layer.kind == ("ReLU6" if "6" in name else "ReLU")


SATURATING = {
    "sigmoid": (torch.sigmoid, Tensor.sigmoid_, functional.sigmoid, torch.special.expit, nn.Sigmoid()),
    "tanh": (torch.tanh, Tensor.tanh, functional.tanh, nn.Tanh()),
    "hardsigmoid": (functional.hardsigmoid, nn.Hardsigmoid()),
    "hardtanh": (functional.hardtanh, nn.Hardtanh(), nn.Hardtanh(-2, 1)),
}


@pytest.mark.parametrize(("kind", "function"), [(kind, each) for kind, all_ in SATURATING.items() for each in all_])
def test_saturation_is_seen_however_it_is_called(kind: str, function: object) -> None:
    model = Called(function)
    kill(model.maps, 0, 2, bias=0.0)
    (layer,) = health(model).values()
    assert (layer.kind, layer.state, layer.units) == (kind, "saturated", [1, 3])
    kill(model.maps, 1, bias=1e3)
    assert lost(model)[layer.layer] == [1, 3]


@pytest.mark.parametrize(("value", "is_saturated"), [(0.005, True), (0.015, False), (0.985, False), (0.995, True)])
def test_saturation_begins_one_hundredth_from_an_end(value: float, is_saturated: bool) -> None:
    logit = torch.tensor(value).logit()
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 1), nn.Sigmoid())
    nn.init.zeros_(model.get_parameter("1.weight"))
    kill(model[1], 0, bias=float(logit))
    assert lost(model) == {"2": [0] if is_saturated else []}


def test_smooth_activations_and_clamped_images_are_not_examined() -> None:
    class Clamped(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return functional.gelu(images.clamp(0, 1)).clamp(min=-1)

    assert health(nn.Sequential(Clamped(), nn.SiLU(), nn.Mish(), nn.GELU(), nn.LeakyReLU(), nn.Hardtanh(0, 1))) == {
        "5": LayerHealth("5", "ReLU6", "dead", [], of=1, unit="filter")
    }
    assert health(build_model("compact")) == health(build_model("accurate")) == {}


class Shared(nn.Module):
    """One ReLU module and functions, each called several times; submodules that return tuples."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(784, 6), nn.Linear(6, 3)
        self.relu = nn.ReLU()
        self.alias = self.relu
        self.pair = Pair()
        self.gate = nn.Parameter(torch.full((1, 6), -50.0))

    def forward(self, images: Tensor) -> Tensor:
        vectors = self.alias(self.first(images.flatten(1)))
        vectors = self.second(vectors * (1 + self.gate.sigmoid()))
        one, two = self.pair(self.relu(vectors))
        return torch.relu(torch.cat([one, two], 1) - 1e6).tanh()


class Pair(nn.Module):
    def forward(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        return vectors.relu(), vectors


def test_repeated_calls_functions_and_tuples_are_told_apart() -> None:
    torch.manual_seed(0)
    model = Shared()
    kill(model.first, 0, 1, 2, 3, 4, 5, bias=9.0)
    kill(model.first, 4)
    kill(model.second, 0, 1, bias=50.0)
    kill(model.second, 2)
    found = health(model)
    assert {name: (layer.kind, layer.units, layer.of) for name, layer in found.items()} == {
        "relu": ("ReLU", [4], 6),
        "relu:2": ("ReLU", [2], 3),
        "pair": ("ReLU", [2], 3),
        "forward": ("ReLU", [0, 1, 2, 3, 4, 5], 6),
        "forward:2": ("tanh", [], 6),
    }
    assert {layer.unit for layer in found.values()} == {"unit"}


class Patches(nn.Module):
    """Tokens, as of a transformer: features in the last dimension."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Conv2d(1, 8, 7, stride=7)
        self.block = nn.TransformerEncoderLayer(8, 2, dim_feedforward=20, batch_first=True, dropout=0.0)
        self.head = nn.Linear(8, 10)

    def forward(self, images: Tensor) -> Tensor:
        tokens = self.block(self.embed(images).flatten(2).transpose(1, 2))
        logits: Tensor = self.head(tokens.mean(1))
        return logits


def test_units_after_a_linear_layer_are_in_the_last_dimension() -> None:
    model = Patches()
    kill(model.block.linear1, 17)
    layer = health(model)["block"]
    assert (layer.kind, layer.of, layer.unit) == ("ReLU", 20, "unit")
    assert 17 in layer.units


@pytest.mark.parametrize("name", MODELS)
def test_outputs_and_the_network_are_left_as_they_are(name: str) -> None:
    torch.manual_seed(0)
    model = build_model(name).eval()
    before, hooks = copy.deepcopy(model.state_dict()), len(nn.modules.module._global_forward_hooks)
    with torch.inference_mode():
        plain = model(IMAGES)
        with UnitActivity(model).observed(len(IMAGES)):
            observed = model(IMAGES)
    assert torch.equal(plain, observed)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert len(nn.modules.module._global_forward_hooks) == hooks


def test_a_failing_network_leaves_no_hook_and_can_be_observed_again() -> None:
    model = nn.Sequential(nn.ReLU(), nn.Linear(3, 3))
    hooks = len(nn.modules.module._global_forward_pre_hooks)
    activity = UnitActivity(model)
    with pytest.raises(RuntimeError), activity.observed(1):
        model(torch.zeros(1, 4))
    assert len(nn.modules.module._global_forward_pre_hooks) == hooks
    with activity.observed(1):
        model(torch.ones(1, 3))
    assert [layer.layer for layer in activity.layers()] == ["0"]


@pytest.mark.filterwarnings("ignore")  # torch's own, about its compiler
def test_a_compiled_network_keeps_its_names() -> None:
    model = build_model("baseline").eval()
    kill(model.get_submodule("layers.0"), 1)
    assert 1 in lost(cast(nn.Module, torch.compile(model, backend="eager")))["layers.1"]


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_a_script_whose_calls_cannot_be_seen_has_no_layers() -> None:
    assert lost(torch.jit.trace(build_model("baseline").eval(), IMAGES)) == {}  # type: ignore[no-untyped-call]


def test_features_after_a_product_of_matrices_are_in_the_last_dimension() -> None:
    class Mixed(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return torch.relu(images.flatten(2) @ torch.eye(784)[:, :5] - torch.tensor([0.0, 0, 9, 0, 0]))

    (layer,) = health(Mixed()).values()
    assert (layer.units, layer.of, layer.unit) == ([2], 5, "unit")


class Side(nn.Module):
    """A network that computes a part in a way of its own, and has a dead unit in another."""

    def __init__(self, part: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.part = part
        self.linear = nn.Linear(784, 3)
        kill(self.linear, 0, 2, bias=9.0)
        kill(self.linear, 1)
        self.relu = nn.ReLU()

    def forward(self, images: Tensor) -> Tensor:
        flat = images.flatten(1)
        logits: Tensor = self.relu(self.linear(flat)) + self.part(flat[:, :3])
        return logits


def nested(values: Tensor) -> Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that nested tensors are a prototype
        parts = torch.nested.nested_tensor(list(values))
    return torch.relu(parts).to_padded_tensor(0.0)


PARTS: dict[str, Callable[[Tensor], Tensor]] = {
    "vmap": lambda values: torch.vmap(torch.relu)(values),
    "vmap of weights": lambda values: torch.vmap(lambda w: torch.relu(values @ w))(torch.ones(2, 3, 3)).mean(0),
    "vmap in vmap": lambda values: torch.vmap(torch.vmap(torch.relu))(values.reshape(-1, 3, 1)).squeeze(2),
    "derivative": lambda values: torch.func.vjp(torch.relu, values)[0],
    "nested": nested,
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("passes", [1, 9])
def test_whatever_computes_otherwise_is_passed_over(part: str, passes: int) -> None:
    model = Side(PARTS[part])
    with torch.no_grad():
        plain, activity = model.eval()(IMAGES), UnitActivity(model)
        for _ in range(passes):
            with activity.observed(len(IMAGES)):
                assert torch.equal(model(IMAGES), plain)
    assert {layer.layer: layer.units for layer in activity.layers()}["relu"] == [1]


def test_a_layer_that_cannot_be_measured_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(activation: _Activation, _maps: Tensor, _dims: list[int]) -> Tensor:
        if activation.ends:
            raise NotImplementedError
        return activity_of(activation, _maps, _dims)

    activity_of = _Activation.activity
    monkeypatch.setattr(_Activation, "activity", failing)
    model = build_model("baseline")
    kill(model.get_submodule("layers.0"), 1)
    kill(model.get_submodule("layers.0"), 0, bias=1.0)
    assert lost(model) == {"layers.1": [1]}


def test_values_that_are_no_numbers_are_not_called_dead() -> None:
    assert lost(nn.Sequential(nn.Identity(), nn.ReLU()), torch.full((2, 3, 4, 4), torch.nan)) == {"1": []}


def test_memory_does_not_grow_with_the_images() -> None:
    model = build_model("baseline").eval()
    activity = UnitActivity(model)
    with torch.inference_mode():
        for _ in range(30):
            with activity.observed(len(IMAGES)):
                model(IMAGES)
    assert sum(layer.activity.untyped_storage().nbytes() for layer in activity._measured.values()) == 6 * 4


def test_a_network_without_lost_units_is_soon_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Conv2d(2, 2, 3), nn.ReLU()).eval()
    kill(model[0], 0, 1, bias=9.0)
    kill(model[2], 0, 1, bias=9.0)
    reduced: list[int] = []
    activity_of = _Activation.activity

    def counted(activation: _Activation, maps: Tensor, dims: list[int]) -> Tensor:
        reduced.append(len(maps))
        return activity_of(activation, maps, dims)

    monkeypatch.setattr(_Activation, "activity", counted)
    assert lost_in_batches(model, [1] * 20) == {"1": [], "3": []}
    assert len(reduced) == 2 * 4
    kill(model[0], 1)
    reduced.clear()
    assert lost_in_batches(model, [1] * 20) == {"1": [1], "3": []}
    assert len(reduced) == 20 + 4


def lost_in_batches(model: nn.Module, sizes: list[int]) -> dict[str, list[int]]:
    activity = UnitActivity(model)
    with torch.inference_mode():
        for size in sizes:
            with activity.observed(size):
                model(IMAGES[:size])
    return {layer.layer: layer.units for layer in activity.layers()}


def test_a_unit_that_only_the_last_image_activates_is_alive() -> None:
    activity = UnitActivity(model := nn.ReLU())
    for image in range(100):
        with activity.observed(1):
            model(torch.full((1, 2), float(image == 99) - 0.5))
    (layer,) = activity.layers()
    assert layer.units == []


@pytest.mark.skipif(not SHIPPED_CHECKPOINTS, reason="the project's checkpoints are not beside the tests")
@pytest.mark.parametrize("path", SHIPPED_CHECKPOINTS, ids=lambda path: path.name)
def test_shipped_checkpoints_have_all_their_units(path: Path) -> None:
    checkpoint = load_checkpoint(path)
    model = build_model(checkpoint.model)
    model.load_state_dict(checkpoint.state_dict)
    digits = scale(torch.from_numpy(draw_digits(250, seed=9)[0]))
    assert [layer.units for layer in health(model, digits).values() if layer.units] == []


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_units_on_a_gpu_are_those_on_the_cpu() -> None:
    model = build_model("baseline")
    kill(model.get_submodule("layers.0"), 1)
    here = lost(model)
    assert lost(model.cuda(), IMAGES.cuda()) == here
