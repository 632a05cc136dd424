from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.new_group import begin_group


def test_a_group_begins_with_the_seed_of_its_configuration(tmp_path: Path) -> None:
    spec = begin_group(tmp_path, "mine", TrainConfig(seed=7), 3).read_spec()
    assert spec.is_seeds
    assert [point["seed"] for point in spec.grid()] == [7, 8, 9]


def test_names_are_numbered_with_those_of_runs(tmp_path: Path) -> None:
    (tmp_path / "baseline-001").mkdir()
    assert begin_group(tmp_path, None, TrainConfig(), 3).name == "baseline-002"


@pytest.mark.parametrize(("name", "seeds"), [("taken", 3), ("-x", 3), ("mine", 0)])
def test_impossible_groups_leave_nothing(tmp_path: Path, name: str, seeds: int) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(UsageError):
        begin_group(tmp_path, name, TrainConfig(), seeds)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_group_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(SweepFolder, "begin", fail)
    with pytest.raises(EmnistTuiError, match="No space left"):
        begin_group(tmp_path, "mine", TrainConfig(), 3)
    assert not any(tmp_path.iterdir())
