"""Sets of weights found anywhere in a file, and what is not one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from emnist_tui.learning.checkpoint import weight_sets
from emnist_tui.learning.checkpoint.state_dict import match_model
from emnist_tui.runs.errors import EmnistTuiError
from tests.support.checkpoint_files import ForeignBaseline, assert_holds, load, pack, refusal, weights

RIGHT = weights(1)
LAYERS = {layer: {name: RIGHT[f"{layer}.{name}"] for name in ("weight", "bias")} for layer in ("conv1", "conv2", "fc")}

LIGHTNING = {f"net.{name}": weight for name, weight in RIGHT.items()}


def nested(depth: int) -> Any:
    content: Any = RIGHT
    for number in range(depth):
        content = {"inner": content} if number % 2 else [content]
    return content


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ({"checkpoint": {"model": RIGHT}}, "checkpoint.model"),
        ({"a": {"b": {"c": {"d": RIGHT, "epoch": 3}}}}, "a.b.c.d"),
        ([3, {"state": (RIGHT, None)}], "1.state.0"),
        ({"model": LAYERS}, "model"),
        ({"params": {"inner": {**LAYERS}}}, "params.inner"),
        (list(RIGHT.values()), ""),
        ({"ema": {"decay": 0.9, "shadow_params": list(RIGHT.values())}}, "ema.shadow_params"),
        ({tuple(name.split(".")): weight for name, weight in RIGHT.items()}, ""),
        (LIGHTNING, ""),
        ({**LIGHTNING, "criterion.weight": torch.ones(10)}, "net"),
        ({"hyper_parameters": {"lr": 0.1}, "state_dict": {f"model.{k}": w for k, w in RIGHT.items()}}, "state_dict"),
        ({**LIGHTNING, "criterion.weight": torch.ones(10), "val.confusion": torch.ones(10, 10).long()}, "net"),
        ({"step": torch.tensor([3]), **{f"{n}.{k}": w for n in ("a", "b") for k, w in RIGHT.items()}}, "a"),
        ({0.5: RIGHT}, "0.5"),
        (nested(12), ".".join(["inner", "0"] * 6)),
    ],
)
def test_weights_are_found_where_people_put_them(tmp_path: Path, content: object, key: str) -> None:
    checkpoint = load(tmp_path, pack(content))
    assert checkpoint.key == key
    assert_holds(checkpoint, RIGHT)


@pytest.fixture(scope="module", params=["SGD", "Adam", "RMSprop"])
def state(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return the state of an optimizer after a step, whose tensors have the shapes of the weights."""
    network = ForeignBaseline()
    options = {"lr": 0.1, "momentum": 0.9} if request.param == "SGD" else {}
    chosen: torch.optim.Optimizer = getattr(torch.optim, request.param)(network.parameters(), **options)
    network(torch.rand(4, 1, 28, 28)).sum().backward()
    chosen.step()
    return chosen.state_dict()


@pytest.mark.parametrize("name", ["optimizer", "optim_state", "opt", "training"])
def test_an_optimizers_state_is_no_set_of_weights(tmp_path: Path, state: Any, name: str) -> None:
    for content in ({name: state, "mine": RIGHT}, {"mine": RIGHT, name: [state]}, {name: state, **RIGHT}):
        checkpoint = load(tmp_path, pack(content))
        assert_holds(checkpoint, RIGHT)
        assert checkpoint.other_keys == ()
    assert "holds no weights" in refusal(tmp_path, pack({name: state}))


@pytest.mark.parametrize("name", ["exp_avg", "grads", "momentum_buffer", "gradients"])
def test_moments_and_gradients_are_no_weights(tmp_path: Path, name: str) -> None:
    content = {name: [torch.ones_like(weight) for weight in RIGHT.values()], "mine": RIGHT}
    checkpoint = load(tmp_path, pack(content))
    assert_holds(checkpoint, RIGHT)
    assert checkpoint.other_keys == ()


@pytest.mark.parametrize(
    "content",
    [
        {**{f"backbone.{k}": w for k, w in RIGHT.items()}, "head.weight": torch.zeros(10, 10)},
        {**{f"model.{k}": w for k, w in RIGHT.items()}, "scale": torch.ones(3)},
        {**{f"one.{k}": w for k, w in RIGHT.items()}, "two.a.weight": torch.ones(3), "two.b.weight": torch.ones(3)},
    ],
    ids=["a head", "a buffer", "another part"],
)
def test_a_part_of_a_larger_network_is_no_network(tmp_path: Path, content: dict[str, Tensor]) -> None:
    assert "does not match the baseline model" in refusal(tmp_path, pack(content))


def test_the_largest_group_is_named_where_none_fits(tmp_path: Path) -> None:
    content = {"rng": torch.zeros(8), "model": nn.Linear(784, 10).state_dict()}
    assert "found 10×784, 10;" in refusal(tmp_path, pack(content))


def test_nesting_without_end_is_refused(tmp_path: Path) -> None:
    circle: list[Any] = [RIGHT]
    circle.append(circle)
    assert_holds(load(tmp_path, pack(circle)), RIGHT)
    assert "holds no weights" in refusal(tmp_path, pack(nested(40)))


def bomb(width: int, depth: int) -> Any:
    content: Any = {"weight": torch.zeros(3)}
    for _ in range(depth):
        content = [content] * width
    return content


@pytest.mark.parametrize("content", [bomb(100, 8), {"a": bomb(2, 15), "b": bomb(100, 12)}])
def test_lists_of_the_same_list_are_not_searched_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: object
) -> None:
    monkeypatch.setattr(weight_sets, "MOST_ENTRIES", 100_000)
    assert "holds too many entries to search" in refusal(tmp_path, pack(content))


@pytest.mark.parametrize("names", [(1, "1"), ("x" * 300 + "a", "x" * 300 + "b"), (None, 2.5)])
def test_entries_of_one_name_are_kept_apart(names: tuple[Any, Any]) -> None:
    first, second, *others = RIGHT.items()
    content = {names[0]: first[1], names[1]: second[1], **dict(others)}
    assert torch.equal(match_model("some.pt", content).weights["layers.0.weight"], first[1])


def test_a_hostile_name_does_not_break_the_search() -> None:
    content = {"a." * 1_000_000: torch.zeros(3), "\udcff\n": torch.zeros(2), b"bytes": torch.zeros(1)}
    with pytest.raises(EmnistTuiError, match="does not match"):
        match_model("some.pt", content)


@pytest.mark.parametrize("arrange", [list, tuple, lambda values: {"0": values[0], "1": values[1]}])
def test_a_network_beside_a_fitting_one_is_ignored(tmp_path: Path, arrange: Callable[[Any], Any]) -> None:
    assert_holds(load(tmp_path, pack(arrange([nn.Linear(3, 4).state_dict(), RIGHT]))), RIGHT)
