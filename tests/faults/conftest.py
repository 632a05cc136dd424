"""Options of the fault tests, and trainers with small data."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emnist_tui.learning.data.emnist.install import import_data
from emnist_tui.runs.folder import RunFolder
from tests.faults.harness import EPOCHS, ForkServer
from tests.support.emnist_files import draw_arrows, write_archive

TRAIN, TEST = 3_200, 400


@pytest.fixture(scope="session")
def rounds(pytestconfig: pytest.Config) -> int:
    return int(pytestconfig.getoption("--fault-rounds"))


@pytest.fixture
def rng(pytestconfig: pytest.Config) -> random.Random:
    """Return the random generator that chooses the faults.

    The same seed breaks the same things at about the same time. It is printed with a failure.
    """
    seed = pytestconfig.getoption("--fault-seed")
    print(f"--fault-seed {seed}")
    return random.Random(int(seed))


@pytest.fixture(scope="module")
def fork_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    if sys.platform != "linux":
        pytest.skip("needs fork and /proc")
    folder = tmp_path_factory.mktemp("fork_server")
    write_archive(folder / "small.zip", *draw_arrows(TRAIN, 0), *draw_arrows(TEST, 1))
    import_data(folder / "small.zip", folder)
    with ForkServer({"EMNIST_TUI_DATA": str(folder)}, folder / "output.log") as started:
        yield started


@pytest.fixture(scope="module")
def uninterrupted(fork_server: ForkServer, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Train a run without interruption."""
    root = tmp_path_factory.mktemp("uninterrupted")
    assert fork_server.run("train", "--checkpoints", root, "--epochs", EPOCHS, "--name", "uninterrupted") == 0, (
        fork_server.output
    )
    return RunFolder(root / "uninterrupted")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path
