"""Lines read from a file that grows."""

from pathlib import Path

import pytest

from emnist_tui.runs.line_tail import LineTail


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_lines_are_read_once_and_whole(path: Path) -> None:
    tail = LineTail(path)
    assert tail.poll() == []
    append(path, b"one\ntw")
    assert tail.poll() == [b"one"]
    assert tail.rest == b"tw"
    append(path, b"o\n\nthree\n")
    assert tail.poll() == [b"two", b"", b"three"]
    assert tail.poll() == []
    assert not tail.has_skipped


def test_only_the_end_of_a_large_file_is_read(path: Path) -> None:
    append(path, b"".join(b"line %d\n" % number for number in range(1000)))
    tail = LineTail(path, most=20)
    assert tail.poll() == [b"line 998", b"line 999"]
    assert tail.has_skipped
    append(path, b"next\n")
    assert tail.poll() == [b"next"]


def test_a_file_that_grew_by_more_than_is_read_is_skipped_to_its_end(path: Path) -> None:
    append(path, b"old\n")
    tail = LineTail(path, most=10)
    assert tail.poll() == [b"old"]
    append(path, b"x" * 100 + b"\nnew\n")
    assert tail.poll() == [b"new"]
    assert tail.has_skipped


def test_a_file_that_was_replaced_is_read_again(path: Path) -> None:
    append(path, b"a long first line\n")
    tail = LineTail(path)
    tail.poll()
    path.write_bytes(b"short\n")
    assert tail.poll() == [b"short"]
    assert tail.restarted
    tail.poll()
    assert not tail.restarted


def test_no_more_than_the_limit_is_read_at_once(path: Path) -> None:
    append(path, b"one\ntwo\n")
    tail = LineTail(path)
    assert tail.poll(limit=5) == [b"one"]
    assert tail.poll(limit=5) == [b"two"]
