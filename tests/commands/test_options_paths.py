"""Every path of the command line and the environment is read by the same rules."""

import os
import threading
from pathlib import Path

import pytest

from emnist_tui.commands import pipes
from emnist_tui.runs.folder import RunFolder
from tests.support.call import Call, check_refused
from tests.support.trained_run import TEST, Trained, train_arguments

NOBODY = "~no-user-of-this-name/x"


@pytest.fixture
def home(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set a home folder other than the working directory, and no data root but in it."""
    path = place / "home"
    path.mkdir()
    monkeypatch.setenv("HOME", str(path))
    return path


def test_home_folder_is_meant_wherever_a_path_is_given(
    call: Call, home: Path, trained: Trained, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "data.zip").write_bytes(archive.read_bytes())
    monkeypatch.setenv("EMNIST_TUI_DATA", "~/installed")
    monkeypatch.setenv("EMNIST_TUI_SETTINGS", "~/settings.toml")
    monkeypatch.setenv("EMNIST_TUI_CHECKPOINTS", "~/runs")
    assert call("data", "import", "~/data.zip").code == 0
    assert call("train", "--data=~/data.zip", "--device=cpu", "--epochs=1", "--name=a").code == 0
    assert call("train", "--checkpoints=~/others", "--data=emnist", "--device=cpu", "--epochs=1", "--name=b").code == 0
    assert call("--checkpoints=~/others", "evaluate", "~/others/b", "--output=~/evaluated").code == 0
    assert call("evaluate", "~/runs/a/last.pt", "--data=~/data.zip").code == 0
    assert call("export", "a", "--format=json", "--output=~/a.json").code == 0
    assert call("report", "a", "--output=~/report").code == 0
    assert call("explain", "a", "--index=0", "--arrays=~/a.npz").code == 0
    assert call("neighbors", "~/runs/a/evaluation-epoch-001.npz", "--data-of=~/runs/a/last.pt").code == 0
    assert "~" not in call("settings").err
    assert call("train", "--resume=~/runs/a", "--epochs=2").code == 0
    check_refused(call("pause", "~/runs/a"), 1, "has finished")
    assert {"installed", "runs", "others", "evaluated", "a.json", "a.npz", "report"} <= {
        path.name for path in home.iterdir()
    }
    assert [path.name for path in home.parent.iterdir()] == ["home"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("runs", f"--checkpoints={NOBODY}"),
        ("evaluate", NOBODY),
        ("evaluate", "first", f"--data={NOBODY}"),
        ("evaluate", "first", f"--output={NOBODY}"),
        ("export", "first", "--format=json", f"--output={NOBODY}"),
        ("report", "first", f"--output={NOBODY}"),
        ("compare", "first", NOBODY),
        ("explain", "first", f"--file={NOBODY}"),
        ("explain", "first", "--index=0", f"--arrays={NOBODY}"),
        ("neighbors", NOBODY),
        ("neighbors", "x.npz", f"--data-of={NOBODY}"),
        ("train", f"--data={NOBODY}"),
        ("train", f"--resume={NOBODY}"),
        ("pause", NOBODY),
        ("data", "import", NOBODY),
    ],
)
def test_unknown_user_is_refused_and_nothing_is_written(
    call: Call, root: Path, copied: RunFolder, arguments: tuple[str, ...]
) -> None:
    before = sorted(root.parent.rglob("*"))
    check_refused(call(*arguments), 2, "no home folder ~no-user-of-this-name")
    assert sorted(root.parent.rglob("*")) == before


@pytest.mark.parametrize("variable", ["EMNIST_TUI_CHECKPOINTS", "EMNIST_TUI_DATA", "EMNIST_TUI_SETTINGS"])
def test_unknown_user_in_a_variable_is_refused(call: Call, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, NOBODY)
    command = {"EMNIST_TUI_DATA": ("data", "status"), "EMNIST_TUI_SETTINGS": ("settings",)}.get(variable, ("runs",))
    check_refused(call(*command), 2, "no home folder ~no-user-of-this-name")


def test_standard_streams_are_refused_where_they_make_no_sense(call: Call, root: Path, copied: RunFolder) -> None:
    for arguments in (
        ("train", "--resume=-"),
        ("train", "--data=-"),
        ("runs", "--checkpoints=-"),
        ("evaluate", "first", "--output=-"),
        ("export", "first", "--format=json", "--output=-"),
        ("report", "first", "--output=-"),
        ("neighbors", "-"),
        ("pause", "-"),
    ):
        check_refused(call(*arguments), 2, "standard input or output")
    assert sorted(path.name for path in root.parent.iterdir()) == ["checkpoints"]


def test_url_of_a_file_is_its_path(call: Call, trained: Trained, archive: Path) -> None:
    result = call("evaluate", trained.run.last_checkpoint.as_uri(), "--data", archive.as_uri(), "--json")
    assert result.json["images"] == TEST


def feed(path: Path, content: bytes) -> Path:
    """Make a named pipe that gives `content` once."""
    os.mkfifo(path)
    threading.Thread(target=path.write_bytes, args=(content,)).start()
    return path


def test_pipes_are_read_as_checkpoints_and_archives(call: Call, place: Path, trained: Trained, archive: Path) -> None:
    pipes._keep.cache_clear()
    expected = call("evaluate", trained.run.last_checkpoint, "--json").out
    checkpoint = feed(place / "checkpoint", trained.run.last_checkpoint.read_bytes())
    assert call("evaluate", checkpoint, "--json").out == expected
    assert call("errors", checkpoint, "--neighbors", "--json").code == 0  # reads it twice
    assert call("data", "import", feed(place / "archive", archive.read_bytes())).code == 0
    check_refused(call(*train_arguments(place / "archive", place / "runs")), 2, "is a pipe", "data import")


def test_app_refuses_a_pipe(place: Path) -> None:
    from emnist_tui.runs.errors import UsageError
    from emnist_tui.tui.session.open import find_path

    os.mkfifo(place / "checkpoint")
    with pytest.raises(UsageError, match="is a pipe or device"):
        find_path(place, "checkpoint")
