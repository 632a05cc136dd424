"""Run folders: claimed once, held by one trainer."""

import json
import os
from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.folder import CHECKPOINTS_VARIABLE, RunFolder, checkpoints_root, claim_folder
from tests.support.scripted_runs import started


def begun(root: Path, name: str) -> RunFolder:
    folder = claim_folder(root, name, TrainConfig())
    folder.begin(TrainConfig(seed=5), started())
    return folder


def test_a_configuration_is_read_back(tmp_path: Path) -> None:
    assert begun(tmp_path, "a").read_config() == TrainConfig(seed=5)


def test_a_name_is_taken_once_training_has_begun(tmp_path: Path) -> None:
    claim_folder(tmp_path, "a", TrainConfig())
    begun(tmp_path, "a")
    with pytest.raises(UsageError, match="already exists"):
        claim_folder(tmp_path, "a", TrainConfig())


def test_unnamed_runs_are_numbered(tmp_path: Path) -> None:
    names = [claim_folder(tmp_path, None, TrainConfig()).name for _ in range(3)]
    assert names == ["baseline-001", "baseline-002", "baseline-003"]


def test_one_trainer_holds_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emnist_tui.runs.folder._LOCK_PATIENCE", 0.0)
    folder = begun(tmp_path, "a")
    assert not folder.is_training()
    with folder.held():
        assert folder.is_training()
        with pytest.raises(EmnistTuiError, match="another process"), folder.held():
            pass
    assert not folder.is_training()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"config": 3}', '{"config": {"epochs": "many"}}'])
def test_a_damaged_run_json_is_a_user_facing_error(tmp_path: Path, content: str) -> None:
    folder = begun(tmp_path, "a")
    folder.run_json.write_text(content)
    with pytest.raises(EmnistTuiError, match="not a complete run"):
        folder.read_config()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_root_is_a_user_facing_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(EmnistTuiError, match="cannot be written"):
        claim_folder(tmp_path, "a", TrainConfig())


def test_a_root_that_is_a_file_is_a_user_facing_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmnistTuiError, match="cannot be written"):
        claim_folder(tmp_path / "file", "a", TrainConfig())


def test_a_file_with_the_name_of_a_run_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")
    with pytest.raises(UsageError, match="is a file"):
        claim_folder(tmp_path, "a", TrainConfig())
    assert (tmp_path / "a").read_text() == "mine"


def test_an_empty_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Run name ''"):
        claim_folder(tmp_path, "", TrainConfig())


def test_the_runs_directory_is_the_option_else_the_variable_else_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHECKPOINTS_VARIABLE, "from-variable")
    assert checkpoints_root("from-option") == Path("from-option")
    assert checkpoints_root() == Path("from-variable")
    monkeypatch.delenv(CHECKPOINTS_VARIABLE)
    assert checkpoints_root() == Path("checkpoints")


def test_new_place_of_the_data_is_recorded_and_the_rest_is_kept(tmp_path: Path) -> None:
    folder = begun(tmp_path, "a")
    record = json.loads(folder.run_json.read_text())
    folder.run_json.write_text(json.dumps({**record, "newer": 1}))
    folder.move_data("/moved.zip")
    config = {**record["config"], "data": "/moved.zip"}
    assert json.loads(folder.run_json.read_text()) == {**record, "config": config, "newer": 1}
    assert folder.recorded_data(record["fingerprint"]) == "/moved.zip"
    assert folder.recorded_data("0" * 16) is None


@pytest.mark.parametrize("content", ["", "[]", '{"config": 1}', "{}"])
def test_damaged_record_of_a_run_is_not_changed(tmp_path: Path, content: str) -> None:
    folder = RunFolder(tmp_path)
    folder.run_json.write_text(content)
    folder.move_data("/moved.zip")
    assert folder.run_json.read_text() == content


def test_the_full_name_of_a_trial_begins_with_its_sweep(tmp_path: Path) -> None:
    trial = RunFolder(tmp_path / "search" / "runs" / "trial-0007")
    trial.path.mkdir(parents=True)
    assert trial.full_name == "trial-0007"
    (tmp_path / "search" / "sweep.json").touch()
    assert trial.full_name == "search/trial-0007"
