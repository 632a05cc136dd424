"""Renaming runs and checkpoints."""

from contextlib import nullcontext
from pathlib import Path

import pytest
from filelock import FileLock

from emnist_tui.runs import locks, moving, shipped
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.moving import explain_bad_name, explain_fixed, rename
from tests.support.other_user import NEEDS_ROOT, public, run_as_nobody
from tests.support.scripted_runs import write_run

__all__ = ["public"]


def test_a_run_takes_another_name(tmp_path: Path) -> None:
    run = write_run(tmp_path, "old")
    assert rename(run.path, "new") == tmp_path / "new"
    assert (tmp_path / "new" / "run.json").exists()
    assert not run.path.exists()
    assert rename(tmp_path / "new", "new") == tmp_path / "new"


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "..", "two\nlines", "x" * 101, "[b]"])
def test_a_bad_name_is_refused(tmp_path: Path, name: str) -> None:
    run = write_run(tmp_path, "old")
    with pytest.raises(UsageError, match="must be 1 to 100 letters"):
        rename(run.path, name)
    assert run.exists()


@pytest.mark.parametrize("is_empty", [True, False])
def test_a_taken_name_is_refused(tmp_path: Path, is_empty: bool) -> None:
    """An empty folder may be the beginning of another run, which `os.replace` would replace."""
    run = write_run(tmp_path, "old")
    if is_empty:
        (tmp_path / "taken").mkdir()
    else:
        write_run(tmp_path, "taken")
    with pytest.raises(UsageError, match="is taken"):
        rename(run.path, "taken")
    assert run.exists()
    assert (tmp_path / "taken").exists()


def test_a_name_taken_in_the_last_moment_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = write_run(tmp_path, "old")
    (tmp_path / "taken").mkdir()
    monkeypatch.setattr("emnist_tui.runs.moving.explain_bad_name", lambda path, name: None)
    with pytest.raises(UsageError, match=r"taken exists in .*; choose another name\."):
        rename(run.path, "taken")
    assert run.exists()
    assert list((tmp_path / "taken").iterdir()) == []


def test_a_run_that_trains_keeps_its_name(tmp_path: Path) -> None:
    run = write_run(tmp_path, "busy")
    with FileLock(run.lock), pytest.raises(EmnistTuiError, match="busy is being trained"):
        rename(run.path, "other")
    assert run.exists()
    assert explain_fixed(run.path) is None


def test_a_run_that_is_gone_is_explained(tmp_path: Path) -> None:
    with pytest.raises(EmnistTuiError, match="old is no longer there"):
        rename(tmp_path / "old", "new")
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_keeps_its_ending_and_its_judgments(tmp_path: Path) -> None:
    for name in ("a.pt", "a.pt.triage.json"):
        (tmp_path / name).write_text(name)
    assert explain_bad_name(tmp_path / "a.pt", "b") == "must keep its ending .pt"
    assert rename(tmp_path / "a.pt", "b.pt") == tmp_path / "b.pt"
    assert (tmp_path / "b.pt.triage.json").read_text() == "a.pt.triage.json"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.pt", "b.pt.triage.json"]


def test_nothing_moves_where_the_judgments_cannot(tmp_path: Path) -> None:
    for name in ("a.pt", "a.pt.triage.json", "b.pt.triage.json"):
        (tmp_path / name).write_text(name)
    with pytest.raises(EmnistTuiError, match="exists"):
        rename(tmp_path / "a.pt", "b.pt")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pt", "a.pt.triage.json", "b.pt.triage.json"]
    assert (tmp_path / "a.pt").read_text() == "a.pt"
    assert (tmp_path / "b.pt.triage.json").read_text() == "b.pt.triage.json"


def test_a_link_is_renamed_and_not_what_it_leads_to(tmp_path: Path) -> None:
    real = write_run(tmp_path / "elsewhere", "real")
    (tmp_path / "link").symlink_to(real.path)
    rename(tmp_path / "link", "other")
    assert (tmp_path / "other").readlink() == real.path
    assert real.exists()


def test_a_shipped_checkpoint_keeps_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "baseline-synthetic.pt"
    path.write_bytes(b"weights")
    monkeypatch.setattr(shipped, "_INSTALLED", tmp_path)
    monkeypatch.setattr(shipped, "_NAMES", (path.name,))
    with pytest.raises(EmnistTuiError, match=r"baseline-synthetic\.pt comes with the program"):
        rename(path, "mine.pt")
    assert path.exists()


@NEEDS_ROOT
def test_a_read_only_directory_is_explained_in_one_sentence(public: Path) -> None:
    run = write_run(public, "mine")
    public.chmod(0o555)
    imports = "from pathlib import Path; from emnist_tui.runs.moving import rename"
    said = run_as_nobody(imports, f"try: rename(Path({str(run.path)!r}), 'other')\nexcept Exception as e: print(e)")
    assert said == f"{run.path} cannot be moved (Permission denied); check the permissions of {public}."


@NEEDS_ROOT
def test_a_lock_that_nobody_may_read_counts_as_training(public: Path) -> None:
    run = write_run(public, "mine")
    run.lock.touch()
    run.lock.chmod(0o600)
    public.chmod(0o777)
    imports = "from pathlib import Path; from emnist_tui.runs.moving import rename"
    said = run_as_nobody(imports, f"try: rename(Path({str(run.path)!r}), 'other')\nexcept Exception as e: print(e)")
    assert said == f"You may not read {run.lock}, so mine may be training; ask its owner."


def test_what_is_gone_is_not_entered(tmp_path: Path) -> None:
    """Waiting for its lock, somebody else may create the folder anew before it is moved."""
    with pytest.raises(EmnistTuiError, match="no longer there"), moving.idle(tmp_path / "run"):
        pytest.fail("entered")


def test_a_folder_created_by_waiting_is_not_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another that waited for the lock has removed it again."""
    (tmp_path / "run").mkdir()
    monkeypatch.setattr(locks, "held", lambda *_: nullcontext())
    with pytest.raises(EmnistTuiError, match="no longer there"), moving.idle(tmp_path / "run"):
        pytest.fail("entered")


def test_a_folder_that_has_replaced_another_is_not_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While this one waited for the lock, another run got the name."""
    run, other = tmp_path / "run", tmp_path / "other"
    for folder in (run, other):
        folder.mkdir()
        (folder / "run.json").touch()

    def replace(*_: object) -> nullcontext[None]:
        run.rename(tmp_path / "moved")
        other.rename(run)
        return nullcontext()

    monkeypatch.setattr(locks, "held", replace)
    with pytest.raises(EmnistTuiError, match="no longer there"), moving.idle(run):
        pytest.fail("entered")
    assert (run / "run.json").exists()
