"""Deleting runs and checkpoints to the trash, restoring them, and emptying it."""

import shutil
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from emnist_tui.runs import shipped
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.lookup import TRASH, bare_checkpoints, run_folders
from emnist_tui.runs.trash import discard, empty, list_trash, restore, size_of
from tests.support.other_user import NEEDS_ROOT, public, run_as_nobody
from tests.support.scripted_runs import write_run

__all__ = ["public"]


def contents(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def listed(root: Path) -> list[str]:
    return sorted(folder.name for folder in run_folders(root))


def test_a_deleted_run_is_not_listed_and_comes_back_whole(tmp_path: Path) -> None:
    run = write_run(tmp_path, "mine")
    before = contents(run.path)
    discard(tmp_path, run.path)
    assert not run.path.exists()
    assert listed(tmp_path) == []
    (item,) = list_trash(tmp_path)
    assert (item.name, item.size) == ("mine", sum(map(len, before.values())))
    assert restore(tmp_path, item) == run.path
    assert contents(run.path).keys() - {"trainer.lock"} == before.keys()
    assert all(contents(run.path)[name] == content for name, content in before.items())
    assert not (tmp_path / TRASH).exists()


def test_equal_names_meet_in_the_trash_without_loss(tmp_path: Path) -> None:
    for epochs in (1, 2, 3):
        discard(tmp_path, write_run(tmp_path, "same", epochs=epochs).path)
    items = list_trash(tmp_path)
    assert [item.name for item in items] == ["same"] * 3
    assert len({item.size for item in items}) == 3


def test_a_restore_refuses_a_name_that_exists_again(tmp_path: Path) -> None:
    discard(tmp_path, write_run(tmp_path, "same").path)
    other = write_run(tmp_path, "same", epochs=1)
    before = contents(other.path)
    (item,) = list_trash(tmp_path)
    with pytest.raises(EmnistTuiError, match="same is in the list again; rename that one, then restore this one"):
        restore(tmp_path, item)
    assert contents(other.path) == before
    assert list_trash(tmp_path) == [item]


def test_a_run_that_trains_is_not_deleted(tmp_path: Path) -> None:
    run = write_run(tmp_path, "busy")
    with FileLock(run.lock), pytest.raises(EmnistTuiError, match=r"busy is being trained; stop it first\."):
        discard(tmp_path, run.path)
    assert run.exists()
    assert not (tmp_path / TRASH).exists()


def test_a_run_that_ended_can_be_trained_after_a_restore(tmp_path: Path) -> None:
    run = write_run(tmp_path, "mine")
    discard(tmp_path, run.path)
    with RunFolder(restore(tmp_path, list_trash(tmp_path)[0])).held():
        assert run.is_training()
    assert run.is_training() is False


def test_a_checkpoint_takes_its_judgments_along(tmp_path: Path) -> None:
    for name in ("a.pt", "a.pt.triage.json", "a.pt.triage-validation.json", "a.pt.txt", "b.pt.triage.json"):
        (tmp_path / name).write_text(name)
    discard(tmp_path, tmp_path / "a.pt")
    assert sorted(path.name for path in tmp_path.iterdir()) == [TRASH, "a.pt.txt", "b.pt.triage.json"]
    (item,) = list_trash(tmp_path)
    restore(tmp_path, item)
    assert (tmp_path / "a.pt.triage.json").read_text() == "a.pt.triage.json"


def test_a_shipped_checkpoint_is_not_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "baseline-synthetic.pt"
    path.write_bytes(b"weights")
    monkeypatch.setattr(shipped, "_INSTALLED", tmp_path)
    monkeypatch.setattr(shipped, "_NAMES", (path.name,))
    assert path in bare_checkpoints(tmp_path)
    with pytest.raises(EmnistTuiError, match="comes with the program"):
        discard(tmp_path, path)
    assert path.exists()


def test_only_the_link_to_a_run_elsewhere_is_deleted(tmp_path: Path) -> None:
    real = write_run(tmp_path / "elsewhere", "real")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(Path("..") / "elsewhere" / "real")
    discard(root, root / "link")
    assert listed(root) == []
    (item,) = list_trash(root)
    assert item.size == 0
    restore(root, item)
    assert listed(root) == ["link"]
    discard(root, root / "link")
    empty(list_trash(root))
    assert list_trash(root) == []
    assert real.exists()


def test_emptying_deletes_what_was_listed_and_nothing_newer(tmp_path: Path) -> None:
    discard(tmp_path, write_run(tmp_path, "old").path)
    seen = list_trash(tmp_path)
    discard(tmp_path, write_run(tmp_path, "new").path)
    empty(seen)
    assert [item.name for item in list_trash(tmp_path)] == ["new"]
    empty(seen)  # another process was faster
    empty(list_trash(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["[red]a[b] \x1b[7m", "two\nlines", "-rf", "\udcff", "x" * 200])
def test_names_of_any_kind_are_deleted_and_restored(tmp_path: Path, name: str) -> None:
    run = write_run(tmp_path, name)
    discard(tmp_path, run.path)
    (item,) = list_trash(tmp_path)
    assert item.name == name
    assert restore(tmp_path, item) == run.path
    assert run.exists()


def test_two_deletions_at_once_lose_nothing_and_one_is_told(tmp_path: Path) -> None:
    runs = [write_run(tmp_path, f"run-{number}", epochs=1) for number in range(8)]
    problems: list[str] = []
    start = threading.Barrier(4)

    def delete_all() -> None:
        start.wait()
        for run in runs:
            try:
                discard(tmp_path, run.path)
            except EmnistTuiError as error:
                problems.append(str(error))

    threads = [threading.Thread(target=delete_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(item.name for item in list_trash(tmp_path)) == [run.name for run in runs]
    assert len(problems) == 3 * len(runs)
    assert all("\n" not in problem and problem.endswith(".") for problem in problems)
    assert len(list((tmp_path / TRASH).iterdir())) == len(runs)


def test_a_trash_that_is_a_link_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "place" / "kept.pt").mkdir(parents=True)
    root = tmp_path / "root"
    run = write_run(root, "mine")
    (root / TRASH).symlink_to(outside)
    assert list_trash(root) == []
    with pytest.raises(EmnistTuiError, match="is a link"):
        discard(root, run.path)
    assert run.exists()


def test_a_trash_that_is_a_file_is_explained(tmp_path: Path) -> None:
    run = write_run(tmp_path, "mine")
    (tmp_path / TRASH).write_text("")
    with pytest.raises(EmnistTuiError, match="cannot be written"):
        discard(tmp_path, run.path)
    assert run.exists()


def test_a_trash_with_a_run_json_is_no_run(tmp_path: Path) -> None:
    (tmp_path / TRASH).mkdir()
    (tmp_path / TRASH / "run.json").write_text("{}")
    assert listed(tmp_path) == []


def test_a_run_trained_in_the_trash_is_not_deleted(tmp_path: Path) -> None:
    discard(tmp_path, write_run(tmp_path, "mine").path)
    items = list_trash(tmp_path)
    with FileLock(items[0].path / "trainer.lock"), pytest.raises(EmnistTuiError, match="being trained in the trash"):
        empty(items)
    assert list_trash(tmp_path) == items


def test_the_size_counts_no_links_and_survives_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "b").write_bytes(b"123")
    (tmp_path / "run" / "up").symlink_to(tmp_path)
    assert size_of(tmp_path / "a") == 5
    assert size_of(tmp_path / "run") == 3
    assert size_of(tmp_path / "run" / "up") == 0
    assert size_of(tmp_path / "missing") == 0


@NEEDS_ROOT
def test_a_read_only_directory_is_explained_in_one_sentence(public: Path) -> None:
    run = write_run(public, "mine")
    public.chmod(0o555)
    imports = "from pathlib import Path; from emnist_tui.runs.trash import discard"
    said = run_as_nobody(
        imports, f"try: discard(Path({str(public)!r}), Path({str(run.path)!r}))\nexcept Exception as e: print(e)"
    )
    assert said == f"{public / TRASH} cannot be written (Permission denied); check its permissions."
    assert run.exists()


def test_what_is_being_deleted_for_good_cannot_be_restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another terminal may try in the middle of it, and would get half a run."""
    discard(tmp_path, write_run(tmp_path, "mine").path)
    (item,) = list_trash(tmp_path)
    delete = shutil.rmtree
    seen: list[str] = []

    def restored_meanwhile(path: Path) -> None:
        next(file for file in path.rglob("*") if file.is_file()).unlink()
        assert list_trash(tmp_path) == []
        with pytest.raises(EmnistTuiError, match="mine is no longer there") as refusal:
            restore(tmp_path, item)
        seen.append(str(refusal.value))
        delete(path)

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", lambda path, **_: restored_meanwhile(path))
        empty([item])
    assert len(seen) == 1
    assert listed(tmp_path) == []
    assert not (tmp_path / TRASH).exists()


def test_the_rest_of_an_interrupted_deletion_goes_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(path: Path, **_: object) -> None:
        raise KeyboardInterrupt

    discard(tmp_path, write_run(tmp_path, "first").path)
    items = list_trash(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            empty(items)
    assert list_trash(tmp_path) == []
    discard(tmp_path, write_run(tmp_path, "second").path)
    empty(list_trash(tmp_path))
    assert [*(tmp_path / TRASH).glob("*")] == []
