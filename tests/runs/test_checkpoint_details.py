"""Details of checkpoints are read once, and again whenever they may have changed."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.runs import checkpoint_details
from emnist_tui.runs.checkpoint_details import describe_checkpoints
from emnist_tui.runs.listing import Entry, bare_checkpoint


class Reader:
    """Reads an entry whose step is the length of the file; `x` is damaged."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, path: Path) -> Entry:
        self.read.append(path.name)
        text = path.read_text()
        if text == "x":
            return replace(bare_checkpoint(path), problem=f"{path} is damaged")
        return replace(bare_checkpoint(path), model="baseline", data="digits", step=len(text), test_accuracy=0.5)


@pytest.fixture
def reader() -> Reader:
    return Reader()


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def the_cache(place: Path) -> Path:
    (file,) = (place / "data" / "checkpoints").iterdir()
    return file


def test_details_are_read_once(place: Path, reader: Reader) -> None:
    paths = [write(place / "a.pt", "aa"), write(place / "b.pt", "bbb")]
    first = describe_checkpoints(paths, reader)
    assert describe_checkpoints(paths, reader) == first
    assert [(entry.name, entry.step, entry.test_accuracy) for entry in first] == [("a.pt", 2, 0.5), ("b.pt", 3, 0.5)]
    assert reader.read == ["a.pt", "b.pt"]


def test_changed_file_is_read_again(place: Path, reader: Reader) -> None:
    path = write(place / "a.pt", "aa")
    describe_checkpoints([path], reader)
    write(path, "aaa")
    assert describe_checkpoints([path], reader)[0].step == 3
    before = path.stat()
    replacement = write(place / "other", "bbb")  # of the same size, and of the same age by its time stamp
    os.utime(replacement, ns=(before.st_atime_ns, before.st_mtime_ns))
    replacement.replace(path)
    describe_checkpoints([path], reader)
    assert reader.read == ["a.pt"] * 3


def test_unusable_file_is_read_every_time(place: Path, reader: Reader) -> None:
    path = write(place / "a.pt", "x")
    for _ in range(2):
        assert describe_checkpoints([path], reader)[0].problem == f"{path} is damaged"
    assert reader.read == ["a.pt"] * 2


def test_another_version_reads_again(place: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(place / "a.pt", "aa")
    describe_checkpoints([path], reader)
    monkeypatch.setattr(checkpoint_details, "__version__", "99")
    describe_checkpoints([path], reader)
    assert reader.read == ["a.pt"] * 2


def test_files_that_are_gone_leave_the_cache(place: Path, reader: Reader) -> None:
    first, second = write(place / "a a.pt", "aa"), write(place / "b.pt", "bb")
    describe_checkpoints([first], reader)
    describe_checkpoints([second], reader)
    assert len(json.loads(the_cache(place).read_text())) == 2
    first.unlink()
    describe_checkpoints([write(place / "c.pt", "cc")], reader)
    assert [key.split("/")[-1] for key in json.loads(the_cache(place).read_text())] == ["b.pt", "c.pt"]


@pytest.mark.parametrize(
    "content",
    [
        "", "[]", "null", "[" * 100_000, '{"KEY": 3}', '{"KEY": {"step": 2}}',
        '{"KEY": {"model": 1, "data": null, "epoch": null, "epochs": null, "step": 2, "seed": 0, "test_accuracy": 1}}',
        '{"KEY": {"model": "m", "data": [], "epoch": 1, "epochs": 1, "step": true, "seed": 0, "test_accuracy": 1.0}}',
    ],
)  # fmt: skip
def test_invalid_cache_is_ignored(place: Path, reader: Reader, content: str) -> None:
    path = write(place / "a.pt", "aa")
    describe_checkpoints([path], reader)
    cache = the_cache(place)
    (key,) = json.loads(cache.read_text())
    cache.write_text(content.replace("KEY", key))
    assert describe_checkpoints([path], reader)[0].step == 2
    assert reader.read == ["a.pt"] * 2


def test_unwritable_cache_is_ignored(place: Path, reader: Reader) -> None:
    (place / "data").write_text("a file, not a folder")
    assert describe_checkpoints([write(place / "a.pt", "aa")], reader)[0].step == 2


def test_invalid_data_root_is_ignored(place: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMNIST_TUI_DATA", "~no-such-user/data")
    assert describe_checkpoints([write(place / "a.pt", "aa")], reader)[0].step == 2


def test_missing_file_is_left_to_the_reader(place: Path) -> None:
    gone = place / "gone.pt"
    assert describe_checkpoints([gone], bare_checkpoint) == [bare_checkpoint(gone)]
    assert not (place / "data").exists()
