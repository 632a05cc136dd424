"""The four files by their names; how they are read is tested with the archive's reader."""

import zipfile
from pathlib import Path

import pytest

from emnist_tui.runs import digit_files
from emnist_tui.runs.data_paths import FILES
from emnist_tui.runs.digit_files import (
    DIGITS,
    MNIST,
    UNNAMED,
    choose_digits,
    explain_bad_source,
    files_in_archive,
    files_in_folder,
    inner_archives,
    is_digit_file,
)
from emnist_tui.runs.errors import EmnistTuiError


def touched(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def chosen(*names: str) -> tuple[str, list[str]]:
    """Choose among files of these names, and return the split and the names chosen."""
    split, four = choose_digits([(name, name) for name in names], "it")
    assert list(four) == list(FILES)
    return split, list(four.values())


@pytest.mark.parametrize(
    "name",
    [
        "t10k-labels-idx1-ubyte",
        "EMNIST-Digits-Train-Images-idx3-ubyte.GZ",
        "train images.idx3-ubyte",
        "train-labels.bin",
    ],
)
def test_usual_names_are_recognized(name: str) -> None:
    assert is_digit_file(name)


@pytest.mark.parametrize(
    "name",
    [
        "train-images.png",
        "train-images-labels-idx3-ubyte",
        "train-test-images-idx3-ubyte",
        "train-idx3-ubyte",
        "images-idx3-ubyte",
        "my-train-images-idx3-ubyte",
        "train-images-idx3-ubyte.part",
        "",
    ],
)
def test_other_names_are_not(name: str) -> None:
    assert not is_digit_file(name)


def test_compressed_files_of_the_official_names_are_preferred() -> None:
    official = [f"EMNIST/raw/gzip/{name}.gz" for name in FILES]
    plain = [f"EMNIST/raw/{name}" for name in FILES]
    copies = [f"EMNIST/raw/gzip/{name} (1).gz" for name in FILES]
    assert chosen(*plain, *copies, *official) == (DIGITS, official)
    assert chosen(*plain, *copies) == (DIGITS, plain)


def test_shallow_files_are_preferred() -> None:
    deep, shallow = ([f"{place}/{name}" for name in FILES] for place in ("a/b", "c"))
    assert chosen(*deep, *shallow) == (DIGITS, shallow)


def test_splits_are_told_apart_by_name() -> None:
    size_of_mnist = [name.replace("digits", "mnist") for name in FILES]
    unnamed = [name.removeprefix("emnist-digits-") for name in FILES]
    assert chosen(*unnamed)[0] == UNNAMED
    assert chosen(*unnamed, *size_of_mnist) == (MNIST, size_of_mnist)
    assert chosen(*size_of_mnist, *FILES) == (DIGITS, list(FILES))


def test_archives_are_looked_into_only_without_files() -> None:
    assert inner_archives([("a/b.zip", 1), ("._c.zip", 2), ("d.txt", 3)]) == [1]
    assert inner_archives([("b.zip", 1), ("a/gzip.zip", 2)]) == [2]
    assert inner_archives([("b.zip", 1), (f"{FILES[0]}", 2)]) == []


def test_listing_of_a_folder_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touched(tmp_path, *(f"{number}.png" for number in range(20)), "a/b/c/d/deep", "a/b/c/d/e/too-deep", ".hidden/x")
    names = [name for name, _ in files_in_folder(tmp_path)]
    assert len(names) == 21
    assert "a/b/c/d/deep" in names
    monkeypatch.setattr(digit_files, "_MOST_ENTRIES", 5)
    assert len(files_in_folder(tmp_path)) <= 5


def test_archive_lists_files_in_posix_form(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.mkdir("folder")
        archive.writestr("folder\\file", b"")
        assert [name for name, _ in files_in_archive(archive)] == ["folder/file"]


class TestExplainBadSource:
    def test_good_sources_have_no_problem(self, tmp_path: Path) -> None:
        assert explain_bad_source(touched(tmp_path / "folder", *FILES)) is None
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for name in FILES:
                archive.writestr(f"{name}.gz", b"")
        assert explain_bad_source(tmp_path / "a.zip") is None
        assert explain_bad_source(touched(tmp_path / "with-zip", "gzip.zip")) is None

    def test_bad_sources_are_explained(self, tmp_path: Path) -> None:
        assert explain_bad_source(tmp_path / "missing") == "there is no such file or folder"
        assert explain_bad_source(touched(tmp_path, "x.csv") / "x.csv") == "neither a folder nor a zip archive"
        assert "CSV form (x.csv)" in (explain_bad_source(tmp_path) or "")
        assert f"has no {FILES[3]}, only" in (explain_bad_source(touched(tmp_path / "b", *FILES[:3])) or "")
        (tmp_path / "cut.zip").write_bytes(b"PK\3\4" + b"PK\5\6" + bytes(18))
        assert explain_bad_source(tmp_path / "cut.zip") is not None

    def test_large_folder_is_not_judged(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(digit_files, "_FEW_ENTRIES", 5)
        touched(tmp_path, *(f"{number}.png" for number in range(6)))
        assert explain_bad_source(tmp_path) is None


def test_file_that_is_there_twice_is_refused() -> None:
    with pytest.raises(EmnistTuiError, match=r"it has .* twice, as a/.* and b/"):
        chosen(*(f"{place}/{name}" for place in "ab" for name in FILES[:2]))
