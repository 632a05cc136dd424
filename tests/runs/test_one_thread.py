"""numpy in one thread, in this process alone and unless the user says otherwise."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.process import environment

IMPORT = """
import os, sys
from emnist_tui.runs.one_thread import use_one_thread
use_one_thread()
assert "numpy" not in sys.modules
import math, json, numpy
print(json.dumps([numpy.threads, os.environ.get("OPENBLAS_NUM_THREADS"), len(sys.meta_path)]))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a numpy that tells its variable."""
    (tmp_path / "numpy.py").write_text("import os\nthreads = os.environ.get('OPENBLAS_NUM_THREADS')\n")
    return tmp_path


def import_numpy(folder: Path, **variables: str) -> list[object]:
    own = environment()
    for name in ("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS"):
        own.pop(name, None)
    path = f"{folder}:{own.get('PYTHONPATH', '')}"
    done = subprocess.run(
        [sys.executable, "-c", IMPORT], env=own | variables | {"PYTHONPATH": path}, capture_output=True, check=True
    )
    loaded: list[object] = json.loads(done.stdout)
    return loaded


def test_numpy_is_imported_with_one_thread_and_children_are_not(folder: Path) -> None:
    threads, left, _ = import_numpy(folder)
    assert (threads, left) == ("1", None)


def test_a_users_own_number_stays(folder: Path) -> None:
    assert import_numpy(folder, OPENBLAS_NUM_THREADS="3")[:2] == ["3", "3"]
    assert import_numpy(folder, OMP_NUM_THREADS="2")[:2] == [None, None]


def test_the_finder_is_gone_afterwards(folder: Path) -> None:
    assert import_numpy(folder)[2] == import_numpy(folder, OMP_NUM_THREADS="2")[2]


def test_the_true_numpy_works_and_starts_no_thread() -> None:
    code = (
        "from emnist_tui.runs.one_thread import use_one_thread; use_one_thread(); import numpy as np, pathlib;"
        "assert (np.ones((300, 300)) @ np.ones((300, 300)) == 300).all();"
        "tasks = pathlib.Path('/proc/self/task'); assert not tasks.exists() or len(list(tasks.iterdir())) == 1"
    )
    own = {name: value for name, value in environment().items() if not name.endswith("_NUM_THREADS")}
    subprocess.run([sys.executable, "-c", code], check=True, env=own)


def test_a_numpy_that_is_loaded_is_left_alone() -> None:
    code = (
        "import numpy, sys; before = len(sys.meta_path); from emnist_tui.runs.one_thread import use_one_thread;"
        "use_one_thread(); assert len(sys.meta_path) == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=environment())
