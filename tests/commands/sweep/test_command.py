"""The actions of `sweep`, and what all have in common."""

from pathlib import Path

import pytest

from emnist_tui.commands.sweep.command import ACTIONS
from emnist_tui.runs.sweeps.folder import SweepFolder
from tests.support.call import Call, check_refused
from tests.support.parser import commands, subcommands
from tests.support.sweep_folders import make_spec, make_sweep


def test_every_action_of_the_table_has_a_parser_and_a_summary() -> None:
    parsers = subcommands(commands()["sweep"])
    assert set(parsers) == set(ACTIONS)
    for name, parser in parsers.items():
        assert parser.description == ACTIONS[name].summary


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_wrong_options_name_the_help_of_the_action(call: Call, action: str) -> None:
    check_refused(call("sweep", action), 2, "are required: NAME", f"see `emnist-tui sweep {action} --help`")
    needed = ["--trials", "9"] if action == "extend" else []
    check_refused(
        call("sweep", action, "mine", *needed, "--color", "red"), 2, f"see `emnist-tui sweep {action} --help`"
    )


@pytest.mark.parametrize("line", ["sweep", "sweep destroy mine", "sweep show", "sweep show mine --limit 0"])
def test_wrong_use_is_one_sentence(call: Call, line: str) -> None:
    check_refused(call(*line.split()), 2)


OF_A_SWEEP = [
    ["show"],
    ["pause"],
    ["resume"],
    ["stop"],
    ["add", "--set", "batch-size=32"],
    ["extend", "--trials", "9"],
    ["slurm"],
]


@pytest.mark.parametrize("words", OF_A_SWEEP, ids=" ".join)
def test_a_missing_sweep_and_a_damaged_one_are_told(call: Call, root: Path, words: list[str]) -> None:
    action, *rest = words
    check_refused(call("sweep", action, "[red]x", *rest), 2, "There is no sweep [red]x", "`emnist-tui sweep new`")
    make_sweep(root / "mine").sweep_json.write_text("{")
    check_refused(call("sweep", action, "mine", *rest), 1, "mine is not a complete sweep")


@pytest.mark.parametrize("words", OF_A_SWEEP[1:5], ids=" ".join)
def test_a_folder_that_cannot_be_written_is_told(
    call: Call, root: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    action, *rest = words
    make_sweep(root / "mine", make_spec(20), trials=2)
    monkeypatch.setattr(SweepFolder, "control", Path("/dev/full/control.json"))
    monkeypatch.setattr(SweepFolder, "points", Path("/dev/full/points"))
    values = ["learning-rate=0.1", "augmentation=0"] if action == "add" else []
    check_refused(call("sweep", action, "mine", *rest, *values), 1, "cannot be written (", "goes on as before")


def test_the_runs_directory_may_follow_the_action(call: Call, tmp_path: Path) -> None:
    make_sweep(tmp_path / "there" / "mine", trials=2)
    for arguments in (
        ("--checkpoints", tmp_path / "there", "sweep", "show", "mine"),
        ("sweep", "--checkpoints", tmp_path / "there", "show", "mine"),
        ("sweep", "show", "mine", "--checkpoints", tmp_path / "there"),
    ):
        assert call(*arguments, "--json").json["name"] == "mine"
