"""The shape of the project: tests mirror the package, files stay small, layers hold."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import emnist_tui
from tests.support.project import PROJECT

PACKAGE = Path(emnist_tui.__file__).parent
MODULES = sorted(
    path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path.stem not in ("__init__", "__main__")
)
ABOUT_300 = 310  # lines
AVOIDED = ("What ", "Of ", "How ", "Whoever ", "That ")
MOST_WORDS = 12


def test_every_module_has_a_test_file_of_its_name() -> None:
    tests = PROJECT / "tests"
    assert [str(path) for path in MODULES if not (tests / path.parent / f"test_{path.name}").is_file()] == []


def test_every_test_file_of_a_room_belongs_to_a_module() -> None:
    """A second file for a module is named `test_<module>_<subject>.py`."""
    strays = []
    for path in (PROJECT / "tests").rglob("test_*.py"):
        place = path.relative_to(PROJECT / "tests").parent
        if (PACKAGE / place).is_dir() and place != Path():
            modules = [module.stem for module in (PACKAGE / place).glob("*.py")]
            subject = path.stem.removeprefix("test_")
            if not any(subject == module or subject.startswith(f"{module}_") for module in modules):
                strays.append(str(path.relative_to(PROJECT)))
    assert strays == []


def test_modules_are_short() -> None:
    lengths = {str(path): len((PACKAGE / path).read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {path: lines for path, lines in lengths.items() if lines > ABOUT_300} == {}


def test_docstrings_open_with_a_short_complete_summary() -> None:
    poor = []
    for path in MODULES:
        for node in ast.walk(ast.parse((PACKAGE / path).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                summary = (ast.get_docstring(node) or "").split("\n")[0]
                if summary.startswith(AVOIDED) or len(summary.split()) > MOST_WORDS:
                    poor.append(f"{path}: {summary}")
    assert poor == []


def test_layers_hold() -> None:
    linter = shutil.which("lint-imports", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if linter is None:
        pytest.skip("import-linter is not installed")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=PROJECT, capture_output=True, text=True, check=False, env={**os.environ, "CI": "1"}
    )
    assert done.returncode == 0, done.stdout + done.stderr
