"""The distributions: what a wheel and a source archive hold, and what a package index shows."""

import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.project import PROJECT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (PROJECT / "emnist_tui").is_dir(), reason="needs a checkout with the package's source"),
]
SHIPPED = ("baseline-synthetic.pt", "compact-synthetic.pt")
WHEEL_ONLY = {f"emnist_tui/shipped/{name}" for name in SHIPPED}
"""Files that the checkout keeps elsewhere."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the source archive and the wheel; return their folder."""
    hatchling = pytest.importorskip("hatchling.builders.sdist")
    from hatchling.builders.wheel import WheelBuilder

    folder = tmp_path_factory.mktemp("dist")
    for builder in (hatchling.SdistBuilder, WheelBuilder):
        list(builder(str(PROJECT)).build(directory=str(folder), versions=["standard"]))
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Iterator[zipfile.ZipFile]:
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def _package_files() -> set[str]:
    paths = (PROJECT / "emnist_tui").rglob("*")
    return {
        path.relative_to(PROJECT).as_posix() for path in paths if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    files = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert files == _package_files() | WHEEL_ONLY
    assert {"emnist_tui/py.typed", "emnist_tui/help/design.md"} <= files


def test_the_source_archive_holds_package_tests_and_documents(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        files = {name.partition("/")[2] for name in archive.getnames()}
    assert _package_files() <= files
    tests = {path.relative_to(PROJECT).as_posix() for path in (PROJECT / "tests").rglob("*.py")}
    assert tests <= files
    documents = {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "pyproject.toml"}
    assert documents | {f"checkpoints/{name}" for name in SHIPPED} <= files


def test_a_package_index_shows_absolute_pictures_and_links(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
    readme = wheel.read(name).decode()
    targets = re.findall(r"\]\(([^)]+)\)", readme)
    assert any(target.endswith(".png") for target in targets)
    assert [target for target in targets if not target.startswith(("https://", "#"))] == []
