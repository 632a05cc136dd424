"""Code that runs as a user without rights."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.process import environment

NOBODY = 65534
NEEDS_ROOT = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can act as another user"
)


def run_as_nobody(imports: str, code: str) -> str:
    """Run code in a process that becomes another user after its imports, which that user might not read.

    Returns what it prints on either stream, or raises if it fails otherwise than by `SystemExit`.
    """
    become = f"import os; os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})"
    result = subprocess.run(
        [sys.executable, "-c", f"{imports}\n{become}\n{code}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(),
        timeout=60,
    )
    assert "Traceback" not in result.stdout, result.stdout
    return result.stdout.strip()


@pytest.fixture
def public() -> Iterator[Path]:
    """Make a folder that every user may enter, unlike pytest's."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
