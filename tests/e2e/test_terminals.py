"""Terminals with few or no colors, old names and plain locales."""

import os
import re
import signal
import sys
from pathlib import Path

import pytest

from emnist_tui.runs.folder import RunFolder
from tests.e2e.link import Link
from tests.e2e.program import PROGRAM, events
from tests.support.scripted_runs import write_run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(120),
    pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals"),
]

TERMINALS = {
    "no color": {"NO_COLOR": "1"},
    "empty NO_COLOR": {"NO_COLOR": ""},
    "xterm": {"TERM": "xterm", "COLORTERM": ""},
    "linux": {"TERM": "linux", "COLORTERM": ""},
    "vt100": {"TERM": "vt100", "COLORTERM": ""},
    "tmux": {"TERM": "tmux-256color"},
    "screen": {"TERM": "screen", "COLORTERM": ""},
    "16 colors": {"TERM": "xterm-16color", "COLORTERM": ""},
    "LANG=C": {"LANG": "C", "LC_ALL": "C", "LC_CTYPE": "C"},
    "light": {"TEXTUAL_THEME": "textual-light"},
}


@pytest.mark.parametrize("terminal", TERMINALS)
def test_every_screen_works(variables: dict[str, str], root: Path, terminal: str) -> None:
    write_run(root)
    with Link([*PROGRAM, str(root / "scripted")], {**variables, **TERMINALS[terminal]}, 80, 24) as link:
        link.wait_for("finished")
        for key, text in {"2": "predicted", "3": "by loss", "4": "Runs and checkpoints", "?": "esc close"}.items():
            link.write(key)
            link.wait_for(text)
        assert link.leave() == 0
    assert link.traceback is None, link.traceback
    if terminal in ("linux", "vt100", "LANG=C"):
        assert link.output.isascii()
    if terminal == "empty NO_COLOR":
        assert re.search(rb"\x1b\[[\d;]*38;[25];", link.output)
    if terminal == "no color":
        assert b"[38;2;" not in link.output
        assert b"[48;2;" not in link.output


@pytest.mark.parametrize("name", ["dumb", "unknown"])
def test_a_terminal_without_cursor_positioning_is_refused(variables: dict[str, str], name: str) -> None:
    with Link([*PROGRAM], {**variables, "TERM": name}) as link:
        assert link.process.wait(30) == 2
        link.wait_until_written(b"use `emnist-tui train` without one")
    assert b"\x1b[" not in link.output


def test_output_of_the_trainer_does_not_reach_the_screen(variables: dict[str, str], root: Path, tmp_path: Path) -> None:
    """The trainer writes to descriptors 1 and 2, as C++ code does."""
    loud = "import os\nos.write(1, b'LOUD ON ONE')\nos.write(2, b'LOUD ON TWO')\n"
    (tmp_path / "loud").mkdir()
    (tmp_path / "loud" / "sitecustomize.py").write_text(
        f"import sys\nif 'train' in sys.orig_argv:\n    exec({loud!r})\n"
    )
    paths = os.pathsep.join([str(tmp_path / "loud"), variables["PYTHONPATH"]])
    run = RunFolder(root / "baseline-001")
    with Link([*PROGRAM], {**variables, "PYTHONPATH": paths}) as link:
        link.wait_for("no run open")
        link.write("n\r")
        link.wait_until(lambda: run.events.exists() and events(run, "batches"), "the first batch")
        link.process.send_signal(signal.SIGTERM)
        assert link.process.wait(30) == 143
    assert b"LOUD" not in link.output
    assert b"LOUD ON TWO" in run.log.read_bytes()
