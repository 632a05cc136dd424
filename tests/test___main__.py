"""`python -m emnist_tui`."""

import subprocess

from emnist_tui import __version__
from tests.support.process import PROGRAM, environment


def test_module_runs_the_program() -> None:
    result = subprocess.run([*PROGRAM, "--version"], capture_output=True, text=True, env=environment(), timeout=60)
    assert (result.returncode, result.stdout) == (0, f"emnist-tui {__version__}\n")
