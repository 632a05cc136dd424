"""A terminal that answers late: nothing of its answers is left at the shell's prompt."""

import re
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.link import Link
from tests.e2e.program import PROGRAM

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(120),
    pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals"),
    pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash, which is not installed"),
]

SHELL = ["bash", "--norc", "--noprofile", "-i"]
APP = " ".join(PROGRAM)
ANSWERS = {b"\x1b[?2026$p": b"\x1b[?2026;2$y", b"\x1b[?2048$p": b"\x1b[?2048;0$y", b"\x1b[c": b"\x1b[?62;22c"}
REQUEST = re.compile(rb"\x1b\[\?(?:2026|2048)\$p|\x1b\[c")


@contextmanager
def answering(link: Link, delay: float = 0.0, gate: threading.Event | None = None) -> Iterator[threading.Event]:
    """Answer the program's requests in their order, `delay` seconds after it has begun to quit and the gate was opened.

    So slow is a link on which the program ends before the first answer arrives. Yields an event that tells that it has.
    """
    is_over, has_answered = threading.Event(), threading.Event()

    def answer() -> None:
        read, due = 0, list[bytes]()
        while not is_over.wait(0.01):
            output = bytes(link.output)
            while found := REQUEST.search(output, read):
                due.append(ANSWERS[found[0]])
                read = found.end()
            is_open = gate is None or gate.is_set()
            if due and is_open and b"\x1b[<u" in output and not is_over.wait(delay):
                link.write(b"".join(due))
                due.clear()
                has_answered.set()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield has_answered
    finally:
        is_over.set()
        thread.join()


def check_prompt(link: Link) -> None:
    """Check that the shell has received nothing but what is typed now."""
    link.write("echo typed-$((40+2))\n")
    link.wait_for("typed-42")
    after = bytes(link.output).rpartition(b"\x1b[?1049l")[2]
    assert not re.search(rb"2026;|2048;|62;22|\^\[", after), after
    assert b"not found" not in after


@pytest.mark.parametrize("delay", [0.0, 0.3])
@pytest.mark.parametrize("shown", ["\x1b[?1049h", "no run open"], ids=["at once", "when drawn"])
def test_a_quick_quit_leaves_no_answer_at_the_prompt(variables: dict[str, str], delay: float, shown: str) -> None:
    with Link(SHELL, variables, 80, 24) as link, answering(link, delay):
        link.write(f"{APP}\n")
        link.wait_for(shown)
        link.write("q")
        link.wait_for("\x1b[?1049l")
        time.sleep(delay)
        check_prompt(link)


def test_keys_typed_after_the_terminal_has_answered_are_the_shells(variables: dict[str, str]) -> None:
    with Link(SHELL, variables, 80, 24) as link, answering(link) as has_answered:
        link.write(f"{APP}\n")
        link.wait_for("no run open")
        link.write("q")
        assert has_answered.wait(60)
        link.write("echo typed-$((1+1))\n")
        link.wait_for("typed-2")


def test_reports_under_way_at_the_end_are_discarded(variables: dict[str, str]) -> None:
    """The mouse moves until the terminal has handled the request to say no more."""
    gate = threading.Event()
    with Link(SHELL, variables, 80, 24) as link, answering(link, gate=gate):
        link.write(f"{APP}\n")
        link.wait_for("no run open")
        link.write("q")
        link.wait_for("\x1b[c")
        for column in range(10, 20):
            link.write(f"\x1b[<35;{column};5M")
            time.sleep(0.01)
        gate.set()
        link.wait_for("\x1b[?1049l")
        check_prompt(link)
        assert b"35;1" not in bytes(link.output).rpartition(b"\x1b[?1049l")[2]


def test_a_terminal_that_never_answers_delays_the_end_briefly(variables: dict[str, str]) -> None:
    with Link([*PROGRAM], variables, 80, 24) as link:
        link.wait_for("no run open")
        started = time.monotonic()
        link.write("q")
        assert link.process.wait(20) == 0
        assert time.monotonic() - started < 10, "and no longer than a busy machine needs"


def test_a_failing_start_leaves_no_answer_at_the_prompt(variables: dict[str, str]) -> None:
    failing = "from emnist_tui.tui.app import EmnistApp; from emnist_tui.cli import main; import sys; "
    failing += "EmnistApp.on_mount = lambda self: 1 / 0; sys.exit(main([]))"
    with Link(SHELL, variables, 80, 24) as link, answering(link, 0.3) as has_answered:
        link.write(f'{sys.executable} -c "{failing}"\n')
        link.wait_for("ZeroDivisionError")
        assert has_answered.wait(60)
        check_prompt(link)
