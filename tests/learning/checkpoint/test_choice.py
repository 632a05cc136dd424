"""One of several sets of weights in a file, chosen by name or by key."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from emnist_tui.learning.checkpoint.choice import rank
from emnist_tui.learning.checkpoint.format import Checkpoint, load_checkpoint
from emnist_tui.runs.errors import ExitCode, UsageError
from tests.support.checkpoint_files import assert_holds, load, pack, weights

RIGHT, WRONG, OTHER = weights(1), weights(2), weights(3)


def load_key(folder: Path, content: object, key: str | None) -> Checkpoint:
    (folder / "some.pt").write_bytes(pack(content))
    return load_checkpoint(folder / "some.pt", key)


@pytest.mark.parametrize("plain", ["state_dict", "model_state_dict", "model", "net", "network", "weights", "params"])
@pytest.mark.parametrize(
    "worse", ["init", "initial_state_dict", "old", "previous.model", "ema", "best", "last", "other"]
)
def test_plain_names_win_in_any_order(tmp_path: Path, plain: str, worse: str) -> None:
    for content in ({worse: WRONG, plain: RIGHT}, {plain: RIGHT, worse: WRONG}):
        checkpoint = load(tmp_path, pack(content))
        assert_holds(checkpoint, RIGHT)
        assert (checkpoint.key, checkpoint.other_keys) == (plain, (worse,))


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ({"ema": RIGHT, "best": WRONG}, "ema"),
        ({"last_model": WRONG, "best_model": RIGHT}, "best_model"),
        ({"initial": WRONG, "final": RIGHT}, "final"),
        ({"modelInit": WRONG, "mine": RIGHT}, "mine"),
        ({"epoch_0": WRONG, "epoch_9": RIGHT}, "epoch_9"),
        ({"untrained": {"model": WRONG}, "run": {"model": RIGHT}}, "run.model"),
        ({"run": {"init": WRONG, "net": RIGHT}}, "run.net"),
        ({"best": {"model": RIGHT}, "last": {"model": WRONG}}, "best.model"),
        ({**RIGHT, "ema": WRONG}, ""),
        ({"ema": {"shadow_params": list(WRONG.values())}, "model": RIGHT}, "model"),
        ({**{f"model.{k}": w for k, w in RIGHT.items()}, **{f"ema.{k}": w for k, w in WRONG.items()}}, "model"),
        ({"a.b": WRONG, "model": RIGHT}, "model"),
    ],
)
def test_names_decide(tmp_path: Path, content: Any, key: str) -> None:
    checkpoint = load(tmp_path, pack(content))
    assert checkpoint.key == key
    assert len(checkpoint.other_keys) == 1
    assert_holds(checkpoint, RIGHT)


@pytest.mark.parametrize(
    ("content", "listed"),
    [
        ({"a": RIGHT, "b": WRONG}, "a, b"),
        ({"student": RIGHT, "teacher": WRONG}, "student, teacher"),
        ({"model": RIGHT, "net": WRONG}, "model, net"),
        ([RIGHT, WRONG], "0, 1"),
        ({"models": (RIGHT, WRONG)}, "models.0, models.1"),
        ({"a": {"model": RIGHT}, "b": {"ema": WRONG}}, "a.model, b.ema"),
        ({"init": RIGHT, "old": WRONG}, "init, old"),
        ({"a": RIGHT, "b": WRONG, "c": OTHER}, "a, b, c"),
    ],
)
def test_names_that_do_not_decide_are_wrong_use(tmp_path: Path, content: object, listed: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(tmp_path, pack(content))
    assert str(caught.value).endswith(
        f"holds several sets of weights that fit: {listed}; choose one with `--key NAME`."
    )
    assert caught.value.exit_code is ExitCode.WRONG_USE


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ({"model": WRONG, "ema": RIGHT}, "ema"),
        ({"model": WRONG, "initial": RIGHT}, "initial"),
        ([WRONG, RIGHT], "1"),
        ({"models": {3: WRONG, 7: RIGHT}}, "models.7"),
        ({"outer": {"model": RIGHT, "ema": WRONG}, "model": OTHER}, "outer"),
        ({"outer": {"model": WRONG, "ema": RIGHT}, "model": OTHER}, "outer.ema"),
        ({"a.b": WRONG, "a": {"b": RIGHT}}, "a.b#2"),
        ({"a": WRONG, "a#2": RIGHT, ("a",): OTHER}, "a#2"),
        ({0.5: WRONG, 0.9: RIGHT, None: OTHER}, "0.9"),
        ({**RIGHT, "model": WRONG}, ""),
    ],
)
def test_key_chooses(tmp_path: Path, content: object, key: str) -> None:
    checkpoint = load_key(tmp_path, content, key)
    assert_holds(checkpoint, RIGHT)
    assert checkpoint.key.startswith(key)


@pytest.mark.parametrize("key", ["third", "fir", "first.conv1", "optimizer", "", "k" * 10_000, "a\nb"])
def test_unknown_key_is_wrong_use_and_names_the_known_ones(tmp_path: Path, key: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_key(tmp_path, {"first": RIGHT, "second": WRONG, "optimizer": {"lr": 0.1}}, key)
    assert str(caught.value).endswith("; choose one of: first, second.")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "same",
    [
        {"a": RIGHT, "b": {name: weight.clone() for name, weight in RIGHT.items()}},
        {"a": RIGHT, "b": {f"module.{name}": weight for name, weight in reversed(RIGHT.items())}},
        {"a": RIGHT, "b": {**RIGHT, "epoch": torch.tensor(3)}},
    ],
    ids=["copies", "other names and order", "with a counter"],
)
def test_equal_values_are_no_ambiguity(tmp_path: Path, same: object) -> None:
    checkpoint = load(tmp_path, pack(same))
    assert_holds(checkpoint, RIGHT)
    assert (checkpoint.key, checkpoint.other_keys) == ("a", ())


def test_masks_of_the_same_shapes_are_no_weights(tmp_path: Path) -> None:
    masks = {name: weight > 0 for name, weight in RIGHT.items()}
    assert_holds(load(tmp_path, pack({"masks": masks, "mine": RIGHT})), RIGHT)


def test_a_single_set_is_taken_under_any_name(tmp_path: Path) -> None:
    assert_holds(load(tmp_path, pack({"initial": RIGHT})), RIGHT)


def test_initial_weights_do_not_replace_trained_ones_that_do_not_fit(tmp_path: Path) -> None:
    content = {"initial": RIGHT, "model": {**WRONG, "extra.weight": torch.zeros(3, 3)}}
    with pytest.raises(UsageError, match=r"fit only under initial.*choose them with `--key initial`"):
        load(tmp_path, pack(content))
    assert_holds(load_key(tmp_path, content, "initial"), RIGHT)


def test_a_key_of_an_own_checkpoint_is_its_weights(tmp_path: Path, interrupted_checkpoint: bytes) -> None:
    path = tmp_path / "own.pt"
    path.write_bytes(interrupted_checkpoint)
    whole, keyed = load_checkpoint(path), load_checkpoint(path, "state_dict")
    assert keyed.training is not None
    assert all(torch.equal(weight, keyed.state_dict[name]) for name, weight in whole.state_dict.items())
    with pytest.raises(UsageError, match="under 'optimizer'; choose one of: state_dict"):
        load_checkpoint(path, "optimizer")


def test_names_are_ranked_as_people_use_them() -> None:
    order = ["model_state_dict", "ema", "best", "last", "whatever", "init"]
    assert sorted(order, key=rank) == order
    assert len({rank(name) for name in order}) == len(order)
    assert {rank(name) for name in ("stateDict", "MODEL", "net-weights", "my_model", "module")} == {0}
    assert {rank(name) for name in ("", "0", "netG", "student")} == {rank("whatever")}


def test_weights_in_the_test_are_different() -> None:
    def bias(values: dict[str, Tensor]) -> Tensor:
        return values["fc.bias"]

    assert not torch.equal(bias(RIGHT), bias(WRONG))
    assert not torch.equal(bias(RIGHT), bias(OTHER))
