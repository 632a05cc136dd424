import json
from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.seed_group import read_group, read_seeds
from emnist_tui.runs.sweeps.space import Axis
from emnist_tui.runs.sweeps.spec import SweepSpec
from emnist_tui.runs.sweeps.trial import TrialState
from tests.support.scripted_runs import write_run
from tests.support.seed_groups import write_group


def test_finished_seeds_have_their_test_accuracy(tmp_path: Path) -> None:
    found = read_seeds(write_group(tmp_path, "g", {3: 0.95, 4: 0.96, 5: TrialState.DIVERGED}))
    assert found.accuracies == {3: 0.95, 4: 0.96}
    assert found.left_out == {5: "diverged"}
    assert (found.data, found.fingerprint, found.seeds) == ("synthetic digits", "0123456789abcdef", 3)


def test_seeds_not_begun_are_waiting(tmp_path: Path) -> None:
    folder = write_group(tmp_path, "g", {0: 0.95, 1: 0.96})
    folder.trial(2).trial_json.unlink()
    assert read_seeds(folder).left_out == {1: "waiting"}


def test_a_stuck_seed_counts_and_is_told(tmp_path: Path) -> None:
    folder = write_group(tmp_path, "g", {0: 0.95, 1: 0.1})
    stuck = json.loads(folder.trial(2).trial_json.read_text()) | {"state": "stuck"}
    folder.trial(2).trial_json.write_text(json.dumps(stuck))
    assert read_seeds(folder).accuracies == {0: 0.95, 1: 0.1}
    assert read_seeds(folder).stuck == {1}


def test_a_seed_counts_once(tmp_path: Path) -> None:
    folder = write_group(tmp_path, "g", {0: 0.95, 1: 0.96})
    again = json.loads(folder.trial(1).trial_json.read_text()) | {"number": 3, "test_accuracy": 0.1}
    folder.trial(3).path.mkdir()
    folder.trial(3).trial_json.write_text(json.dumps(again))
    assert read_seeds(folder).accuracies == {0: 0.95, 1: 0.96}


def test_seeds_on_different_data_are_refused(tmp_path: Path) -> None:
    folder = write_group(tmp_path, "g", {0: 0.95, 1: 0.96})
    record = json.loads(folder.trial(2).run_json.read_text()) | {"data": "EMNIST digits", "fingerprint": "f"}
    folder.trial(2).run_json.write_text(json.dumps(record))
    with pytest.raises(EmnistTuiError, match=r"synthetic digits \(trial 1\) and EMNIST digits \(trial 2\)"):
        read_seeds(folder)


def test_another_sweep_is_refused(tmp_path: Path) -> None:
    folder = SweepFolder(tmp_path / "search")
    axis = Axis("learning_rate", (0.01, 0.02))
    folder.begin(SweepSpec(TrainConfig(validation=10), (axis,), "grid", "none", 2))
    with pytest.raises(UsageError, match="varies learning-rate, not only the seed"):
        read_seeds(folder)


@pytest.mark.parametrize("damage", ["[]", "{", '{"data": 3, "fingerprint": 4}'])
def test_damaged_run_records_leave_the_data_unknown(tmp_path: Path, damage: str) -> None:
    folder = write_group(tmp_path, "g", {0: 0.95})
    folder.trial(1).run_json.write_text(damage)
    assert (read_seeds(folder).data, read_seeds(folder).fingerprint) == ("", "")


def test_a_finished_run_is_a_group_of_one(tmp_path: Path) -> None:
    found = read_group(write_run(tmp_path).path)
    assert list(found.accuracies) == [0]
    assert found.fingerprint == "0123456789abcdef"


def test_an_unfinished_run_is_refused(tmp_path: Path) -> None:
    folder: RunFolder = write_run(tmp_path, ended=False)
    with pytest.raises(EmnistTuiError, match="has not finished"):
        read_group(folder.path)


def test_anything_else_is_no_group(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="x is neither"):
        read_group(tmp_path / "x")


def test_a_sweep_is_read_by_its_path(tmp_path: Path) -> None:
    assert read_group(write_group(tmp_path, "g", {0: 0.95}).path).name == "g"
