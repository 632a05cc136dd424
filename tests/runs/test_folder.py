"""Run folders: claimed once, held by one trainer, found by name or path."""

import json
import os
import textwrap
from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.folder import CHECKPOINTS_VARIABLE, RunFolder, checkpoints_root, claim_folder
from emnist_tui.runs.lookup import bare_checkpoints, find_checkpoint, find_run, run_folders
from tests.support.other_user import NEEDS_ROOT, public, run_as_nobody
from tests.support.scripted_runs import started

__all__ = ["public"]


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


def test_runs_and_checkpoints_are_listed_newest_first(tmp_path: Path) -> None:
    for age, name in enumerate(("old", "new")):
        folder = begun(tmp_path, name)
        os.utime(folder.run_json, (age, age))
        (tmp_path / f"{name}.pt").write_bytes(b"")
        os.utime(tmp_path / f"{name}.pt", (age, age))
    (tmp_path / "no-run").mkdir()
    assert [folder.name for folder in run_folders(tmp_path)] == ["new", "old"]
    assert [path.name for path in bare_checkpoints(tmp_path)] == ["new.pt", "old.pt"]
    assert run_folders(tmp_path / "missing") == []


def test_checkpoints_of_every_usual_ending_are_listed(tmp_path: Path) -> None:
    for age, name in enumerate(
        ("a.pt", "b.pth", "c.ckpt", "d.safetensors", "e.torchscript", "f.txt", "g.pt.triage.json")
    ):
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (age, age))
    (tmp_path / "folder.pt").mkdir()
    assert [path.name[0] for path in bare_checkpoints(tmp_path)] == ["e", "d", "c", "b", "a"]


def test_a_run_is_found_by_name_and_by_path(tmp_path: Path) -> None:
    folder = begun(tmp_path, "a")
    assert find_run(tmp_path, "a") == folder
    assert find_run(Path("elsewhere"), str(folder.path)) == folder
    with pytest.raises(UsageError, match="no run b"):
        find_run(tmp_path, "b")


def test_the_best_checkpoint_of_a_run_comes_first(tmp_path: Path) -> None:
    folder = begun(tmp_path, "a")
    with pytest.raises(UsageError, match="holds no checkpoint"):
        find_checkpoint(tmp_path, "a")
    folder.last_checkpoint.write_bytes(b"")
    assert find_checkpoint(tmp_path, "a") == folder.last_checkpoint
    (folder.path / "best.pt").write_bytes(b"")
    assert find_checkpoint(tmp_path, "a").name == "best.pt"
    with pytest.raises(UsageError, match="no checkpoint or run"):
        find_checkpoint(tmp_path, "missing.pt")


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


@NEEDS_ROOT
def test_a_private_folder_hides_no_other_run(public: Path) -> None:
    begun(public, "mine")
    begun(public, "theirs").path.chmod(0o700)
    code = f"""
        from emnist_tui.runs.folder import RunFolder, is_file
        from emnist_tui.runs.lookup import find_checkpoint, find_run, run_folders
        from emnist_tui.runs.listing import describe_run
        from emnist_tui.tui.session.open import open_path
        from emnist_tui.runs.errors import EmnistTuiError
        from pathlib import Path
        root = Path({str(public)!r})
        """
    reading = """
print(*(f"{run.name} {describe_run(run).state}" for run in run_folders(root)))
print(find_run(root, "theirs").name, is_file(find_run(root, "theirs").last_checkpoint))
for find in (find_checkpoint, open_path):
    try:
        find(root, "theirs")
    except EmnistTuiError as error:
        print(error)
"""
    refused = f"{public / 'theirs'} cannot be read (Permission denied); ask its owner, or choose another folder."
    assert run_as_nobody(textwrap.dedent(code), reading).splitlines() == [
        "mine interrupted theirs unknown",
        "theirs False",
        refused,
        refused,
    ]
