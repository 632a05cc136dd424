"""`emnist-tui runs`: the list of runs and checkpoints."""

import re
import shutil
from pathlib import Path

import pytest

from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.sweeps.board import SweepBoard
from tests.support.call import Call, check_refused
from tests.support.files import read_tree
from tests.support.sweep_folders import make_spec, make_sweep, seeds_spec
from tests.support.trained_run import EPOCHS, NAME, STEPS, TEST, events_of, named


def test_empty_runs_directory_is_an_empty_list(call: Call, root: Path) -> None:
    assert call("runs", "--json").json == []
    result = call("runs")
    assert (result.code, result.out) == (0, "")
    assert "no runs in checkpoints" in result.err


def test_runs_and_checkpoints_are_listed(call: Call, root: Path, copied: RunFolder) -> None:
    shutil.copy(copied.last_checkpoint, root / "copy.pt")
    (root / "broken.pt").write_text("not a checkpoint")
    (root / "notes").mkdir()
    listed = call("runs", "--json")
    assert listed.code == 0
    entries = {entry["name"]: entry for entry in listed.json}
    assert set(entries) == {"first", "copy.pt", "broken.pt"}
    accuracy = named(events_of(copied), "evaluated")[-1]["accuracy"]
    run, copy = entries["first"], entries["copy.pt"]
    assert (run["kind"], run["state"], copy["kind"]) == ("run", "finished", "checkpoint")
    for entry in (run, copy):
        assert entry["test_accuracy"] == accuracy
        assert (entry["model"], entry["data"], entry["epoch"], entry["step"]) == ("baseline", NAME, EPOCHS, STEPS)
    assert "not a PyTorch checkpoint" in entries["broken.pt"]["problem"]
    table = call("runs").out.splitlines()
    assert table[0].split() == ["name", "state", "model", "epoch", "test", "last", "change", "data"]
    assert len(table) == 4
    assert any(
        re.match(rf"first +finished +baseline +{EPOCHS} of {EPOCHS} +{accuracy * 100:.2f} %", row) for row in table
    )


def test_unchanged_checkpoint_is_listed_again_without_torch(
    call: Call, root: Path, copied: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(copied.last_checkpoint, root / "copy.pt")
    first = call("runs", "--json").json
    monkeypatch.setattr("emnist_tui.learning.inference.evaluate.describe_checkpoint", None)  # may not be called
    assert call("runs", "--json").json == first


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("[red]x[bold].pt", "[red]x[bold].pt"),
        ("a\x1b[31m.pt", "a\\x1b[31m.pt"),
        ("a\nb.pt", "a\\nb.pt"),
        ("a\u202eb.pt", "a\\u202eb.pt"),
    ],
)
def test_file_name_is_escaped(call: Call, root: Path, copied: RunFolder, archive: Path, name: str, shown: str) -> None:
    shutil.copy(copied.last_checkpoint, root / name)
    rows = call("runs").out.splitlines()
    assert [row.split("  ")[0] for row in rows if shown in row] == [shown]
    assert len(rows) == 3
    assert name in [entry["name"] for entry in call("runs", "--json").json]
    assert call("evaluate", root / name, "--json").json["images"] == TEST
    check_refused(call("evaluate", f"{name}x"), 2, f"{shown}x")
    check_refused(call("runs", name), 2, shown)
    data = root / name.replace(".pt", ".zip")
    shutil.copy(archive, data)
    result = call("evaluate", "first", "--data", data)
    assert result.code == 0
    assert f"reading {root}/{shown.replace('.pt', '.zip')} …\n" in result.err


def test_run_without_run_json_is_not_listed_but_evaluated(call: Call, root: Path, copied: RunFolder) -> None:
    copied.run_json.unlink()
    before = read_tree(root)
    check_refused(call("train", "--resume", "first"), 2, "There is no run first")
    check_refused(call("stop", "first"), 2, "There is no run first")
    assert call("runs", "--json").json == []
    assert call("evaluate", "first", "--json").json["images"] == TEST
    assert read_tree(root) == before


@pytest.mark.parametrize("content", ["", "{", "[]", '{"config": {"epochs": -1}}', "\0"])
def test_run_with_damaged_run_json_is_listed(call: Call, copied: RunFolder, content: str) -> None:
    copied.run_json.write_text(content)
    (entry,) = call("runs", "--json").json
    assert (entry["name"], entry["state"], entry["epoch"]) == ("first", "finished", EPOCHS)


def test_damaged_events_are_skipped(call: Call, copied: RunFolder) -> None:
    lines = copied.events.read_text().splitlines()
    copied.events.write_text("\n".join([*lines, "{", "[1]", '{"event":"evaluated"', ""]))
    (entry,) = call("runs", "--json").json
    assert (entry["state"], entry["epoch"]) == ("finished", EPOCHS)


def test_sweeps_are_listed_with_their_trials_and_best(call: Call, root: Path) -> None:
    sweep = make_sweep(root / "mine", make_spec(20), trials=12)
    make_sweep(root / "seeds", seeds_spec(5), trials=5)
    make_sweep(root / "broken").sweep_json.write_text("{")
    best = SweepBoard(sweep).refresh().best
    assert best is not None
    rows = {row.split()[0]: row for row in call("runs").out.splitlines()}
    assert re.match(rf"mine +waiting 12 of 20 +baseline +– +val {(best.accuracy or 0) * 100:.2f} %", rows["mine"])
    assert re.match(r"seeds +finished 5 of 5 +baseline +– +9\d\.\d\d ± \d\.\d\d %", rows["seeds"])
    assert "broken is not a complete sweep" in rows["broken"]
    entries = {entry["name"]: entry for entry in call("runs", "--json").json}
    assert (entries["mine"]["kind"], entries["mine"]["ended"], entries["mine"]["trials"]) == ("sweep", 12, 20)
