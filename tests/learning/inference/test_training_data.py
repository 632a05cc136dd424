"""Training data is found where the run last had it, or its new place is asked for."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.learning.checkpoint.format import Checkpoint, Progress, TrainingState
from emnist_tui.learning.data.dataset import load_dataset
from emnist_tui.learning.data.digits import SYNTHETIC_NAME
from emnist_tui.learning.inference import training_data
from emnist_tui.learning.inference.training_data import describe_change, load_training_data, recorded_source
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.folder import RunFolder
from tests.support.emnist_files import draw_arrows, write_archive
from tests.support.scripted_runs import started

FINGERPRINT = "0" * 16


def checkpoint(data: str = "/some.zip", name: str = "digits", fingerprint: str = FINGERPRINT) -> Checkpoint:
    training = TrainingState(Progress(), {}, {}, TrainConfig(data=data), name, fingerprint, {})
    return Checkpoint("baseline", {}, training)


def begun(folder: Path, data: str, fingerprint: str = FINGERPRINT) -> Path:
    """Begin a run in a folder, and return a path for a checkpoint of it."""
    folder.mkdir()
    config = TrainConfig(data=data)
    RunFolder(folder).begin(config, replace(started(config), fingerprint=fingerprint))
    return folder / "last.pt"


def test_source_is_that_of_the_checkpoint_outside_a_run(tmp_path: Path) -> None:
    assert recorded_source(checkpoint(), tmp_path / "a.pt") == "/some.zip"
    assert recorded_source(Checkpoint("baseline", {}), tmp_path / "a.pt") == "auto"


def test_run_records_where_its_data_moved(tmp_path: Path) -> None:
    path = begun(tmp_path / "run", "/moved.zip")
    assert recorded_source(checkpoint(), path) == "/moved.zip"
    RunFolder(path.parent).move_data("/moved/again.zip")
    assert recorded_source(checkpoint(), path) == "/moved/again.zip"


def test_run_of_other_data_is_no_record(tmp_path: Path) -> None:
    """A checkpoint may have been copied into another run's folder."""
    assert recorded_source(checkpoint(), begun(tmp_path / "run", "/other.zip", "1" * 16)) == "/some.zip"


@pytest.mark.parametrize("content", ["", "[]", "{", '{"fingerprint": "0000000000000000", "config": 7}', "[" * 100_000])
def test_damaged_record_is_ignored(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content)
    assert recorded_source(checkpoint(), tmp_path / "last.pt") == "/some.zip"


def test_automatic_source_is_resolved_by_the_name_of_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []

    def load(source: str, *, on_phase: object) -> object:
        loaded.append(source)
        raise KeyboardInterrupt

    monkeypatch.setattr(training_data, "load_dataset", load)
    for name in (SYNTHETIC_NAME, "EMNIST digits"):
        with pytest.raises(KeyboardInterrupt):
            load_training_data(checkpoint("auto", name), tmp_path / "a.pt")
    assert loaded == ["synthetic", "emnist"]


def test_missing_data_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no longer at /some\.zip; give its new place with --data"):
        load_training_data(checkpoint(), tmp_path / "a.pt")


def test_changed_data_is_described(tmp_path: Path, small_archive: Path) -> None:
    path = tmp_path / "a.pt"
    trained = checkpoint(str(small_archive), fingerprint=load_dataset(str(small_archive)).fingerprint)
    assert describe_change(trained, path, load_training_data(trained, path)) is None
    write_archive(small_archive, *draw_arrows(40, 5), *draw_arrows(20, 6))
    change = describe_change(trained, path, load_training_data(trained, path))
    assert str(change).startswith("a.pt was trained on other digits")
    assert "--data" in str(change)


def test_synthetic_digits_of_another_processor_are_no_other_data(tmp_path: Path, small_archive: Path) -> None:
    dataset = load_dataset(str(small_archive))
    drawn = replace(dataset, name=SYNTHETIC_NAME)
    assert describe_change(checkpoint("synthetic", SYNTHETIC_NAME), tmp_path / "a.pt", drawn) is None
    assert describe_change(checkpoint("synthetic", SYNTHETIC_NAME), tmp_path / "a.pt", dataset)
    assert describe_change(checkpoint(), tmp_path / "a.pt", drawn)


def test_copied_run_finds_its_data(tmp_path: Path) -> None:
    path = begun(tmp_path / "run", "/moved.zip")
    shutil.copytree(path.parent, tmp_path / "copy")
    assert recorded_source(checkpoint(), tmp_path / "copy/best.pt") == "/moved.zip"
