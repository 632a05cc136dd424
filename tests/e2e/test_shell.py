"""The app as a shell's job: suspended, continued, redirected."""

import os
import shutil
import signal
import sys
from functools import partial
from pathlib import Path

import pytest

from emnist_tui.runs.folder import RunFolder
from tests.e2e.app import start_run
from tests.e2e.link import Link
from tests.e2e.program import PROGRAM, last_step, only_run, wait_until
from tests.e2e.terminal import Terminal

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(200),
    pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux, which is not installed"),
]

APP = " ".join(PROGRAM)
EMPTY = "no run open"


def app_process(root: Path) -> int:
    """Return the process id of the app that shows a runs directory."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            arguments, environment = (path / "cmdline").read_bytes().split(b"\0"), (path / "environ").read_bytes()
        except OSError:
            continue
        if [*map(os.fsencode, PROGRAM), b""] == arguments and os.fsencode(root) in environment:
            return int(path.name)
    raise AssertionError("no app is running")


def is_stopped(root: Path) -> bool:
    try:
        state = Path(f"/proc/{app_process(root)}/stat").read_text().rpartition(")")[2].split()[0]
    except AssertionError:  # not started yet
        return False
    return state == "T"


needs_proc = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")


def wait_for_the_prompt(terminal: Terminal) -> None:
    """Wait for a prompt, and check that the terminal is as before the app, whose exit code a shell makes up."""
    terminal.wait_for(lambda screen: screen.rstrip().endswith("ready$") and EMPTY not in screen)
    terminal.run("true")
    terminal.wait_for("ready$ true\nready$")
    terminal.check_restored()


def test_ctrl_z_gives_the_terminal_back_and_fg_repaints_it_in_its_new_size(terminal: Terminal, root: Path) -> None:
    terminal.run(*PROGRAM)
    start_run(terminal, 1000)
    terminal.wait_for("● training")
    run = only_run(root)
    terminal.press("C-z")
    wait_for_the_prompt(terminal)
    step = last_step(run)
    wait_until(lambda: last_step(run) > step + 50)  # the run goes on
    terminal.resize(80, 24)
    terminal.clear()
    terminal.run("fg")
    terminal.wait_for_all("● training", "q Quit")
    terminal.wait_for(lambda screen: (screen.count("\n"), max(map(len, screen.splitlines()))) == (24, 80))
    terminal.press("x")
    terminal.wait_for("stopped")
    terminal.press("q")
    terminal.check_restored()


@needs_proc
def test_a_stop_from_outside_gives_the_terminal_back(terminal: Terminal, root: Path) -> None:
    terminal.run(*PROGRAM)
    terminal.wait_for(EMPTY)
    os.kill(app_process(root), signal.SIGTSTP)
    wait_for_the_prompt(terminal)
    terminal.run("fg")
    terminal.wait_for(EMPTY)
    terminal.press("q")
    terminal.check_restored()


@needs_proc
def test_a_stop_that_cannot_be_handled_leaves_no_trace_after_the_end(terminal: Terminal, root: Path) -> None:
    """Between the stop and the continuation the terminal is the shell's, in whatever state."""
    terminal.run(*PROGRAM)
    terminal.wait_for(EMPTY)
    process = app_process(root)
    os.kill(process, signal.SIGSTOP)
    terminal.wait_for("Stopped")
    os.kill(process, signal.SIGCONT)  # in the background, where it must wait
    terminal.type("fg")
    terminal.press("C-j")  # as the app left the terminal, Enter is no end of a line
    terminal.wait_for(lambda screen: EMPTY in screen and "Stopped" not in screen)
    terminal.press("4")
    terminal.wait_for("baseline-synthetic.pt")
    terminal.press("q")
    terminal.check_restored()


@needs_proc
def test_a_line_that_the_shell_takes_first_is_not_waited_for(variables: dict[str, str], root: Path) -> None:
    """Input wakes the app in the background, and is gone when the app may read it."""
    with Link(["sh", "-i"], {**variables, "PS1": "ready$ "}) as link:
        link.wait_for("ready$ ")
        link.write(f"{APP}\n")
        link.wait_for(EMPTY)
        link.output.clear()
        app = app_process(root)
        os.kill(app, signal.SIGSTOP)
        link.wait_for("Stopped")
        link.process.send_signal(signal.SIGSTOP)
        link.write("fg\n")
        os.kill(app, signal.SIGCONT)
        wait_until(lambda: is_stopped(root))  # by its first look at the terminal
        link.process.send_signal(signal.SIGCONT)
        # In the background it may draw as well, but not set the terminal up.
        link.wait_until(lambda: EMPTY.encode() in link.output.partition(b"\x1b[?1049h")[2], "it is set up again")
        link.write("4")
        link.wait_for("baseline-synthetic.pt")
        assert link.output.count(b"\x1b[?1049h") == 1, "set up once, however often it was continued"


@needs_proc
def test_a_job_in_the_background_waits_for_the_foreground(terminal: Terminal, root: Path) -> None:
    terminal.run(*PROGRAM, "&")
    wait_until(lambda: is_stopped(root))
    terminal.run("fg")
    terminal.wait_for(EMPTY)
    terminal.press("C-z")
    wait_for_the_prompt(terminal)
    terminal.run("bg")
    terminal.wait_for("ready$ bg\n[1] ")
    wait_until(lambda: is_stopped(root))
    terminal.run("fg")
    terminal.wait_for(EMPTY)
    terminal.press("q")
    terminal.check_restored()


def test_a_terminal_without_a_shell_says_so(variables: dict[str, str]) -> None:
    with Link([*PROGRAM], variables) as link:  # it leads its session
        link.wait_for(EMPTY)
        link.write("\x1a")
        link.wait_for("There is no shell to return to.")
        assert link.leave() == 0


def test_a_job_without_job_control_says_so(variables: dict[str, str]) -> None:
    with Link(["sh", "-c", f"{APP}; true"], variables) as link:  # its parent waits for its end only
        link.wait_for(EMPTY)
        link.write("\x1a")
        link.wait_for("There is no shell to return to.")
        assert link.leave() == 0


def test_suspending_stops_the_whole_job(terminal: Terminal, tmp_path: Path) -> None:
    """A program that has started the app, such as `uv run`, stops with it."""
    script = tmp_path / "wrapper"
    script.write_text(f"{APP}\necho ended\n")
    terminal.run("sh", str(script))
    terminal.wait_for(EMPTY)
    terminal.press("C-z")
    wait_for_the_prompt(terminal)
    terminal.run("fg")
    terminal.wait_for(EMPTY)
    terminal.press("q")
    terminal.wait_for("\nended")


# The size of the terminal, not of the environment


def fills(columns: int, rows: int, screen: str) -> bool:
    """Return whether the app has exactly this size."""
    lines = screen.splitlines()
    return len(lines) == rows and max(map(len, lines)) == columns and "q Quit" in lines[-1]


def test_exported_size_does_not_pin_the_app(terminal: Terminal) -> None:
    terminal.run("env", "COLUMNS=33", "LINES=9", *PROGRAM)
    for columns, rows in ((120, 40), (80, 24), (132, 43)):
        terminal.resize(columns, rows)
        terminal.wait_for(partial(fills, columns, rows))
    terminal.press("q")
    terminal.check_restored()


# Redirections

DRAWN = ["2>file", ">file", "</dev/null", ">file 2>&1", "2>&-", ">&-", "<&-", "</dev/tty >file 2>&1", "| cat >file"]


@pytest.mark.parametrize("redirection", DRAWN)
def test_the_app_draws_on_the_terminal_that_is_left(
    variables: dict[str, str], tmp_path: Path, redirection: str
) -> None:
    command = f"cd {tmp_path}; {APP} {redirection}; echo code=$?"
    with Link(["sh", "-c", command], {**variables, "COLUMNS": "33"}, 80, 24) as link:
        link.wait_for(EMPTY)
        link.write("4")
        link.wait_for("baseline-synthetic.pt")
        link.write("q")
        link.wait_until_written(b"code=0")
    file = tmp_path / "file"
    assert not file.exists() or "\x1b" not in file.read_text()


@pytest.fixture
def loud(variables: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Return an environment whose programs print on descriptors 1 and 2 every 50 ms, as C libraries do."""
    (tmp_path / "loud").mkdir()
    (tmp_path / "loud" / "sitecustomize.py").write_text(
        "import os, threading, time\n"
        "def shout():\n"
        "    while True:\n"
        "        time.sleep(0.05)\n"
        "        os.write(1, b'LOUD ONE\\n'), os.write(2, b'LOUD TWO\\n')\n"
        "threading.Thread(target=shout, daemon=True).start()\n"
    )
    return {**variables, "PYTHONPATH": os.pathsep.join([str(tmp_path / "loud"), variables["PYTHONPATH"]])}


def test_output_of_libraries_waits_until_the_app_has_ended(loud: dict[str, str]) -> None:
    with Link([sys.executable, "-m", "emnist_tui"], loud) as link:
        link.wait_for(EMPTY)
        assert link.leave() == 0
        link.wait_until_written(b"\x1b[?1049l")
    drawn, _, after = bytes(link.output).partition(b"\x1b[?1049h")[2].partition(b"\x1b[?1049l")
    assert EMPTY.encode() in drawn
    assert b"LOUD" not in drawn
    assert b"LOUD ONE" in after
    assert b"LOUD TWO" in after


def test_without_a_terminal_the_app_is_refused(variables: dict[str, str], root: Path) -> None:
    with Link(["sh", "-c", f"{APP} </dev/null 2>&1 >/dev/null | cat; true"], variables) as link:
        link.wait_until_written(b"needs a terminal", 30)
    assert b"\x1b[" not in link.output
    assert not RunFolder(root).exists()
