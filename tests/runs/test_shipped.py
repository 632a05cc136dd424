from pathlib import Path

import pytest

from emnist_tui.runs import shipped
from emnist_tui.runs.lookup import bare_checkpoints, find_checkpoint
from emnist_tui.runs.shipped import annotations_folder, shipped_checkpoints

NAME = "baseline-synthetic.pt"
NAMES = shipped._NAMES  # which tests hide


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a shipped checkpoint as an installed wheel has it; return its path."""
    folder = tmp_path / "site-packages" / "emnist_tui" / "shipped"
    folder.mkdir(parents=True)
    (folder / NAME).touch()
    monkeypatch.setattr(shipped, "_NAMES", (NAME,))
    monkeypatch.setattr(shipped, "_INSTALLED", folder)
    return folder / NAME


def test_the_program_finds_its_shipped_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "_NAMES", NAMES)
    assert [path.name for path in shipped_checkpoints()] == [NAME, "compact-synthetic.pt"]


def test_only_known_names_are_shipped(installed: Path) -> None:
    (installed.parent / "mine.pt").touch()
    assert shipped_checkpoints() == [installed]


def test_annotations_stay_out_of_the_installation(installed: Path, tmp_path: Path) -> None:
    assert installed.parent not in (annotations_folder(installed), *annotations_folder(installed).parents)
    assert annotations_folder(tmp_path / "mine.pt") == tmp_path


def test_a_shipped_checkpoint_is_listed_and_found_by_name_anywhere(installed: Path, tmp_path: Path) -> None:
    root = tmp_path / "runs"
    assert bare_checkpoints(root) == [installed]
    assert find_checkpoint(root, NAME) == installed


def test_a_file_of_the_same_name_in_the_runs_directory_comes_first(installed: Path, tmp_path: Path) -> None:
    (tmp_path / NAME).touch()
    assert bare_checkpoints(tmp_path) == [tmp_path / NAME]
    assert find_checkpoint(tmp_path, NAME) == tmp_path / NAME


def test_annotations_in_a_checkout_stay_beside_the_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = tmp_path / "checkpoints"
    checkout.mkdir()
    (checkout / NAME).touch()
    monkeypatch.setattr(shipped, "_NAMES", (NAME,))
    monkeypatch.setattr(shipped, "_CHECKOUT", checkout)
    monkeypatch.chdir(tmp_path)
    assert annotations_folder(checkout / NAME) == checkout
    assert annotations_folder(Path("checkpoints") / NAME) == Path("checkpoints")
