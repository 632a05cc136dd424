"""Processes that this terminal started."""

import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from emnist_tui.tui.session.child_process import ChildProcess, last_log_line


def launch(code: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)


@pytest.mark.parametrize(("code", "has_failed"), [("", False), ("exit(3)", True)])
def test_an_exit_code_is_a_failure_unless_it_is_zero(code: str, has_failed: bool) -> None:
    with launch(code) as process:
        child = ChildProcess(process)
        process.wait()
        assert not child.is_alive
        assert child.has_failed is has_failed


def test_a_killed_process_is_gone_and_has_not_failed_by_itself() -> None:
    with launch("input()") as process:
        child = ChildProcess(process)
        assert child.is_alive
        assert not child.has_failed
        child.kill()
        assert process.returncode == -9
        assert not child.is_alive
        assert not child.has_failed


def test_a_detached_process_keeps_running_without_a_warning() -> None:
    process = launch("input()")
    stdin, number = process.stdin, process.pid
    assert stdin is not None
    child = ChildProcess(process)
    child.detach()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        process.stdin = None
        del child, process
    assert Path(f"/proc/{number}").exists() or sys.platform != "linux"
    stdin.close()


def test_the_last_log_line_is_without_the_name_of_the_program(tmp_path: Path) -> None:
    log = tmp_path / "trainer.log"
    assert last_log_line(log) is None
    log.write_text("\n")
    assert last_log_line(log) is None
    log.write_text("loading\nemnist-tui: The disk is full.\n\n")
    assert last_log_line(log) == "The disk is full."
