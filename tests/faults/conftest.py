"""How often each fault is injected, and with which seed; a trainer that starts in a moment, and its data."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emnist_tui.learning.data.emnist.install import import_data
from emnist_tui.runs.folder import RunFolder
from tests.faults.harness import EPOCHS, Nursery
from tests.support.emnist_files import draw_arrows, write_archive

TRAIN, TEST = 3_200, 400


@pytest.fixture(scope="session")
def rounds(pytestconfig: pytest.Config) -> int:
    return int(pytestconfig.getoption("--fault-rounds"))


@pytest.fixture
def chance(pytestconfig: pytest.Config) -> random.Random:
    """Printed with a failure: the same seed breaks the same things at about the same time."""
    seed = pytestconfig.getoption("--fault-seed")
    print(f"--fault-seed {seed}")
    return random.Random(int(seed))


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    if sys.platform != "linux":
        pytest.skip("needs fork and /proc")
    folder = tmp_path_factory.mktemp("nursery")
    write_archive(folder / "small.zip", *draw_arrows(TRAIN, 0), *draw_arrows(TEST, 1))
    import_data(folder / "small.zip", folder)
    with Nursery({"EMNIST_TUI_DATA": str(folder)}, folder / "words.log") as started:
        yield started


@pytest.fixture(scope="module")
def straight(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """The run that nothing interrupted."""
    root = tmp_path_factory.mktemp("straight")
    assert nursery.run("train", "--checkpoints", root, "--epochs", EPOCHS, "--name", "straight") == 0, nursery.words
    return RunFolder(root / "straight")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path
