"""Input that can be read only once."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from emnist_tui.commands import pipes
from emnist_tui.commands.pipes import input_file, rereadable
from emnist_tui.runs.errors import EmnistTuiError, UsageError


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    pipes._keep.cache_clear()


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """Make a named pipe, into which another thread writes `content` once."""
    path = tmp_path / "some.pipe"
    os.mkfifo(path)
    threading.Thread(target=path.write_bytes, args=(b"content",)).start()
    return path


def test_pipe_is_kept_in_a_file_that_can_be_read_again(pipe: Path) -> None:
    kept = input_file(str(pipe))
    assert kept.is_file()
    assert kept.name == "some.pipe"
    assert kept.read_bytes() == kept.read_bytes() == b"content"
    assert rereadable(pipe) == kept  # a second read of the pipe itself would wait for ever


def test_files_and_folders_are_taken_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file", tmp_path / "missing"):
        assert input_file(str(path)) == path


def test_longer_input_is_refused(pipe: Path) -> None:
    with pytest.raises(EmnistTuiError, match="has more than 0 MB"):
        input_file(str(pipe), limit=6)


def test_input_of_the_exact_limit_is_kept(pipe: Path) -> None:
    assert input_file(str(pipe), limit=7).read_bytes() == b"content"


def test_endless_device_is_refused() -> None:
    with pytest.raises(EmnistTuiError, match="/dev/zero has more than 1 MB"):
        input_file("/dev/zero", limit=1 << 20)


def test_path_that_cannot_be_meant_is_refused() -> None:
    with pytest.raises(UsageError, match="no home folder"):
        input_file("~no-user-of-this-name/x")


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_standard_input_is_kept_until_the_program_exits(name: str) -> None:
    program = f"from emnist_tui.commands.pipes import *; p = input_file({name!r}); print(p, p.read_text())"
    done = subprocess.run([sys.executable, "-c", program], input="content", capture_output=True, text=True, check=True)
    path, content = done.stdout.split()
    assert content == "content"
    assert Path(path).name == "stdin"
    assert not Path(path).parent.exists()


@pytest.mark.parametrize("stdin", ["<&-", "</dev/null"])
def test_standard_input_without_content_is_explained(tmp_path: Path, stdin: str) -> None:
    program = [sys.executable, "-m", "emnist_tui", "evaluate", "-"]
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {stdin}', "sh", *program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("emnist-tui: Standard input is empty")
    assert done.stderr.count("\n") == 1
