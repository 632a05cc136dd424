"""`python -m emnist_tui`."""

import subprocess
from pathlib import Path

from emnist_tui import __version__
from tests.support.process import PROGRAM, environment


def test_module_runs_the_program() -> None:
    result = subprocess.run([*PROGRAM, "--version"], capture_output=True, text=True, env=environment(), timeout=60)
    assert (result.returncode, result.stdout) == (0, f"emnist-tui {__version__}\n")


def test_module_ignores_files_named_like_modules_in_the_working_directory(tmp_path: Path) -> None:
    for name in ("random.py", "typing.py", "argparse.py"):
        (tmp_path / name).write_text("raise SystemExit('shadowed')\n")
    result = subprocess.run(
        [*PROGRAM, "settings"], capture_output=True, text=True, env=environment(), cwd=tmp_path, timeout=60
    )
    assert result.returncode == 0, result.stderr
