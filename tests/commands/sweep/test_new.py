"""`emnist-tui sweep new`: which sweeps it creates and refuses."""

import errno
import importlib.util
from pathlib import Path
from typing import Any

import pytest

from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.spec import SweepSpec
from tests.support.call import Call, check_refused
from tests.support.scripted_runs import write_run

SEARCH = ("--vary", "learning-rate=0.001..0.3:log", "--vary", "batch-size=32,128", "--validation", "500")
GRID = ("--vary", "batch-size=32,128", "--vary", "optimizer=adam,sgd", "--sampler", "grid", "--validation", "500")


def created(call: Call, *arguments: object) -> SweepSpec:
    result = call("sweep", "new", "mine", *arguments)
    assert result.code == 0, result.err
    return SweepFolder(Path(result.out.strip())).read_spec()


def test_a_search_is_created_and_the_next_step_named(call: Call, root: Path) -> None:
    result = call("sweep", "new", "mine", *SEARCH, "--data", "synthetic", "--model", "compact", "--seed", 7)
    assert (result.code, result.out) == (0, f"{root / 'mine'}\n".replace(str(root), "checkpoints"))
    assert "50 trials wait for `emnist-tui sweep work checkpoints/mine`" in result.err
    spec = SweepFolder(root / "mine").read_spec()
    assert (spec.sampler, spec.pruner, spec.trials, spec.seed) == ("tpe", "asha", 50, 7)
    assert (spec.config.model, spec.config.validation, spec.config.seed, spec.config.data) == (
        "compact",
        500,
        7,
        "synthetic",
    )
    assert spec.config.weight_decay > 0, "the recipe is the model's"
    assert [axis.describe() for axis in spec.axes] == ["0.001..0.3:log", "32,128"]


def test_a_grid_has_all_combinations_and_prunes_none(call: Call, root: Path) -> None:
    spec = created(call, *GRID)
    assert (spec.sampler, spec.pruner, spec.trials, spec.needs_engine) == ("grid", "none", 4, False)


def test_seeds_need_no_validation(call: Call, root: Path) -> None:
    spec = created(call, "--vary", "seed=0,1,2", "--sampler", "grid", "--epochs", 1)
    assert (spec.is_seeds, spec.trials, spec.config.validation) == (True, 3, 0)


def test_data_is_stored_by_its_absolute_path(call: Call, root: Path) -> None:
    assert created(call, *SEARCH, "--data", "digits.zip").config.data == str(Path("digits.zip").absolute())


@pytest.mark.parametrize(
    ("arguments", "phrase"),
    [
        ("--validation 500", "A sweep varies something"),
        ("--vary seed=1,2", "--validation N"),
        ("--vary learning-rate --validation 500", "NAME=LOW..HIGH"),
        ("--vary [red]x=1,2 --validation 500", "cannot vary '[red]x'"),
        ("--vary model=baseline,compact --validation 500", "cannot vary 'model'"),
        ("--vary learning-rate=0.1..0.2 --learning-rate 0.1 --validation 500", "--learning-rate is varied"),
        ("--vary learning-rate=1..0.1 --validation 500", "from a smaller number"),
        ("--vary learning-rate=0.1..0.2 --sampler grid --validation 500", "A grid needs a list of values"),
        ("--vary batch-size=1,2 --sampler grid --trials 9 --validation 500", "leave --trials out"),
        ("--vary batch-size=1 --trials 3 --validation 500", "have 1 combination, fewer than 3 trials"),
        ("--vary batch-size=1,2 --trials 3 --validation 500", "have 2 combinations, fewer than 3 trials"),
        ("--vary batch-size=1..9 --trials 0 --validation 500", "1 to 100,000 trials, not 0"),
        ("--vary batch-size=1..9 --trials 100001 --validation 500", "1 to 100,000 trials"),
        ("--vary batch-size=1..9 --trials many --validation 500", "invalid int value"),
        ("--vary batch-size=1..9 --sampler cma --validation 500", "invalid choice"),
        ("--vary batch-size=1..9 --prune median --validation 500", "invalid choice"),
        ("--vary batch-size=1..9 --patience 3", "hold out images with --validation"),
        ("--vary batch-size=1..9 --validation -1", "Validation must be"),
        ("--vary batch-size=1..9 --validation 500 --model none", "There is no model 'none'"),
        ("--vary batch-size=1..9 --validation 500 --model none.py:Net", "none.py"),
        ("--vary seed=0,1 --sampler grid --prune asha", "--prune none"),
    ],
)
def test_wrong_sweeps_are_refused_and_leave_nothing(call: Call, root: Path, arguments: str, phrase: str) -> None:
    check_refused(call("sweep", "new", "mine", *arguments.split()), 2, phrase)
    assert not root.exists() or list(root.iterdir()) == []


def test_an_absurd_grid_is_refused_at_once(call: Call, root: Path) -> None:
    values = ",".join(map(str, range(1, 1001)))
    axes = [word for name in ("seed", "batch-size", "epochs") for word in ("--vary", f"{name}={values}")]
    check_refused(call("sweep", "new", "mine", *axes, "--sampler", "grid", "--validation", 5), 2, "is too large")


def test_a_name_that_is_taken_or_wrong_is_refused(call: Call, root: Path) -> None:
    created(call, *GRID)
    check_refused(call("sweep", "new", "mine", *GRID), 2, "mine already exists; choose another name")
    write_run(root, "run")
    check_refused(call("sweep", "new", "run", *GRID), 2, "run already exists; choose another name")
    for name in ("[red]x", "a/b", "..", ""):
        check_refused(call("sweep", "new", name, *GRID), 2, "The name of a sweep must be")


def test_a_full_disk_is_told_and_leaves_nothing(call: Call, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("emnist_tui.runs.sweeps.folder.replace_text", fail)
    check_refused(call("sweep", "new", "mine", *GRID), 1, "cannot be written (No space left on device)")
    assert list(root.iterdir()) == []


def test_a_missing_engine_is_told_where_the_search_needs_it(
    call: Call, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "emnist_tui.commands.sweep.new.find_spec", lambda name: None if name == "optuna" else find(name)
    )
    result = call("sweep", "new", "search", *SEARCH)
    assert (result.code, "pip install 'emnist-tui[sweep]'" in result.err) == (0, True)
    result = call("sweep", "new", "grid", *GRID)
    assert (result.code, "Optuna" in result.err) == (0, False)
