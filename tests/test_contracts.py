"""The import contracts of the rooms."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.project import PROJECT


def test_the_rooms_keep_their_contracts() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    if not linter.exists():
        pytest.skip("import-linter is not installed")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=PROJECT, capture_output=True, text=True, check=False, env={**os.environ, "CI": "1"}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout
