"""Code that runs as a user without rights."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.process import environment

NOBODY = 65534
NEEDS_ROOT = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can act as another user"
)


_LOOP = """
import contextlib, io, json, os, sys
os.setgroups([]); os.setgid({nobody}); os.setuid({nobody})
for line in sys.stdin:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), contextlib.suppress(SystemExit):
        exec(json.loads(line), globals())
    print(json.dumps(said.getvalue().strip()), flush=True)
"""


@contextmanager
def nobody(imports: str) -> Iterator[Callable[[str], str]]:
    """Start a process that becomes another user after its imports, which that user might not read.

    Yields a function that runs code there and returns what it prints on either stream, or raises if the code fails
    otherwise than by `SystemExit`.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", f"{imports}\n{_LOOP.format(nobody=NOBODY)}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    lines = process.stdout

    def run(code: str) -> str:
        print(json.dumps(code), file=process.stdin, flush=True)
        line = lines.readline()
        assert line.startswith('"'), line + lines.read()
        return str(json.loads(line))

    with process:
        try:
            yield run
        finally:
            process.kill()


def run_as_nobody(imports: str, code: str) -> str:
    """Run code in a process of its own as another user; see `nobody`."""
    with nobody(imports) as run:
        return run(code)


@pytest.fixture
def public() -> Iterator[Path]:
    """Make a folder that every user may enter, unlike pytest's."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
