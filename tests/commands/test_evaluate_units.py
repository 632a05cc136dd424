"""Dead and saturated units in real runs, in `evaluate`, and in what they leave for the app."""

import json
from pathlib import Path

import pytest
import torch

from emnist_tui.runs.events import Evaluated, UnitsChanged
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.record import summarize
from emnist_tui.runs.unit_health import LayerHealth
from tests.support.call import Call
from tests.support.trained_run import events_of, named, train_arguments, weights

KEYS = ["layer", "kind", "state", "units", "of", "unit"]


def killed(path: Path, source: Path, scale: float = 1.0) -> Path:
    """Save bare weights whose first filter of the first layer is dead, for pixels of 0 to `scale`."""
    changed = weights(source)
    changed["layers.0.bias"][0] = -1e4
    changed["layers.0.weight"] /= scale
    torch.save(changed, path)
    return path


def test_a_run_whose_filters_die_says_so_and_its_evaluation_agrees(call: Call, root: Path, archive: Path) -> None:
    trained = call(*train_arguments(archive, root, "--epochs", 2, "--name", "fast", "--learning-rate", 1, "--seed", 1))
    run = RunFolder(root / "fast")
    changes = named(events_of(run), UnitsChanged.event)
    assert {change["layer"] for change in changes} == {"layers.1", "layers.4"}
    assert "warning: filters 0, 1, 2 and 3 of layers.4 (sigmoid) saturated by step" in trained.err
    health = call("evaluate", "fast", "--json").json["unit_health"]
    assert [list(layer) for layer in health] == [KEYS, KEYS]
    assert health == named(events_of(run), Evaluated.event)[-1]["unit_health"]
    lost = {layer.layer: layer.units for layer in summarize(run).units.lost}
    assert {layer["layer"]: layer["units"] for layer in health} == lost
    (line,) = [line for line in call("evaluate", "fast").out.splitlines() if line.startswith("dead: ")]
    assert "saturated: filters 0, 1, 2 and 3 of layers.4 (sigmoid)" in line


@pytest.mark.parametrize("scaling", [None, "bytes"])
def test_foreign_networks_are_examined_under_their_own_names(
    call: Call, copied: RunFolder, place: Path, scaling: str | None
) -> None:
    path = killed(place / "theirs.pt", copied.last_checkpoint, 255.0 if scaling else 1.0)
    options = ("--data", data_of(copied), *(("--input-scaling", scaling) if scaling else ()))
    found = call("evaluate", path, *options, "--json", "--output", place / "out").json["unit_health"]
    assert [(layer["layer"], layer["kind"], layer["of"]) for layer in found] == [
        ("layers.1", "ReLU", 2),
        ("layers.4", "sigmoid", 4),
    ]
    assert 0 in found[0]["units"]
    record = summarize(RunFolder(place / "out"))
    evaluated = record.last_evaluation()
    assert evaluated
    assert [layer.to_json() for layer in LayerHealth.all_of(evaluated)] == found


def data_of(run: RunFolder) -> str:
    return str(named(events_of(run), "run_started")[0]["config"]["data"])


def test_a_report_has_the_health_of_the_units(call: Call, copied: RunFolder, place: Path) -> None:
    path = killed(place / "theirs.pt", copied.last_checkpoint)
    call("report", path, "--data", data_of(copied), "--output", place / "report")
    metrics = json.loads((place / "report" / "metrics.json").read_text())
    assert 0 in metrics["unit_health"][0]["units"]
