"""Messages on stderr, and streams whose reader is gone."""

import subprocess
import sys
from pathlib import Path

import pytest

from emnist_tui.commands.output.streams import print_message
from tests.support.process import environment


def test_message_begins_with_the_program_and_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    print_message("no \x1b[2Jescape codes")
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "emnist-tui: no \\x1b[2Jescape codes\n")


def test_unwritable_stdout_is_discarded_and_stderr_is_kept() -> None:
    script = (
        "import sys; from emnist_tui.commands.output.streams import discard_unwritable\n"
        "sys.stdin.read(); print('lost'); discard_unwritable(); print('also lost'); print('kept', file=sys.stderr)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr
    with process:
        process.stdout.close()
        process.stdin.close()
        assert process.stderr.read() == "kept\n"
    assert process.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_full_disk_is_discarded_too() -> None:
    script = (
        "from emnist_tui.commands.output.streams import discard_unwritable\n"
        "print('lost'); discard_unwritable(); print('also lost', flush=True)"
    )
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [sys.executable, "-c", script],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            timeout=60,
        )
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_file_opened_later_receives_nothing_that_is_printed(tmp_path: Path, closed: str) -> None:
    script = (
        "import sys; from emnist_tui.commands.output.streams import open_closed_streams, print_message\n"
        "open_closed_streams(); file = open('events', 'w')\n"
        "assert file.fileno() > 2; print('words', flush=True); print_message('words')\n"
        "import os; os.write(1, b'from C'); os.write(2, b'from C'); assert sys.stdin.read() == ''\n"
        "file.write('event'); file.close()"
    )
    (tmp_path / "script.py").write_text(script)
    done = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} script.py {closed}"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment(),
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "events").read_text() == "event"
