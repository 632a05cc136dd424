"""Standard streams while the app draws; tests/e2e/test_shell.py redirects those of the whole app."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.process import environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")

REPORT = """
import json, os, sys
from emnist_tui.tui.terminal.streams import has_terminal, on_terminal
found = {"has": has_terminal(), "before": [os.isatty(number) for number in range(3)]}
with on_terminal():
    os.write(2, b"late")
    sys.__stderr__.write("drawn, ")
    sys.__stderr__.flush()
    found["during"] = [os.isatty(number) for number in range(3)]
    found["drawn"] = [stream.isatty() for stream in (sys.__stdout__, sys.__stderr__)]
    found["variables"] = [os.environ.get(name) for name in ("COLUMNS", "LINES", "NO_COLOR")]
found["after"] = [os.isatty(number) for number in range(3)]
open("found", "w").write(json.dumps(found))
"""


def report(place: Path, terminals: str, **variables: str) -> tuple[dict[str, Any], str]:
    """Run the script with some of stdin, stdout and stderr on a terminal; return its report and the terminal's text."""
    outer, inner = os.openpty()
    streams = [inner if name in terminals else subprocess.DEVNULL for name in ("in", "out", "err")]
    subprocess.run(
        [sys.executable, "-c", REPORT],
        stdin=streams[0],
        stdout=streams[1],
        stderr=streams[2],
        cwd=place,
        env={**environment(), **variables},
        timeout=60,
        check=True,
    )
    os.write(inner, b".")  # so that there is something to read
    shown = os.read(outer, 4096).decode()
    os.close(inner)
    os.close(outer)
    return json.loads((place / "found").read_text()), shown.removesuffix(".")


@pytest.mark.parametrize("terminals", ["in out err", "out err", "in err", "in out", "in", "out", "err"])
def test_the_app_draws_on_any_terminal_that_is_left(tmp_path: Path, terminals: str) -> None:
    found, shown = report(tmp_path, terminals)
    before = [name in terminals for name in ("in", "out", "err")]
    assert found["has"]
    assert found["before"] == found["after"] == before
    assert found["during"] == [True, False, False]  # what others print waits, or is where the user wants it
    assert found["drawn"] == [True, True]
    assert shown == ("drawn, late" if "err" in terminals else "drawn, ")


def test_without_a_terminal_nothing_is_drawn(tmp_path: Path) -> None:
    found, shown = report(tmp_path, "")
    assert not found["has"]
    assert found["during"] == [False] * 3
    assert shown == ""


@pytest.mark.parametrize(("no_color", "kept"), [("", None), ("1", "1"), ("0", "0")])
def test_size_is_the_terminals_and_an_empty_no_color_is_unset(tmp_path: Path, no_color: str, kept: str | None) -> None:
    found, _ = report(tmp_path, "in out err", COLUMNS="33", LINES="9", NO_COLOR=no_color)
    assert found["variables"] == [None, None, kept]


def test_without_a_folder_for_late_text_the_app_draws(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    found, shown = report(tmp_path, "in out err", TMPDIR=nowhere)
    assert found["drawn"] == [True, True]
    assert shown.startswith("drawn, ")
