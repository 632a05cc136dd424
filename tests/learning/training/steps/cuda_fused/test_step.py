"""The tests in Triton's interpreter, in a process of their own (see `conftest.py`)."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.learning.training.steps.cuda_fused.conftest import INTERPRETED
from tests.support.project import PROJECT

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("triton") is None, reason="Triton is not installed; on Linux the extra `test` brings it"
)


def run_interpreted(selection: str) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", selection),
            *(str(Path(__file__).parent / name) for name in INTERPRETED),
        ],
        cwd=PROJECT,
        env={**os.environ, "TRITON_INTERPRET": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timeout(300)
def test_kernels_hold_in_the_interpreter() -> None:
    run_interpreted("not slow")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_kernels_hold_in_the_interpreter_at_every_size() -> None:
    run_interpreted("slow")
