"""Small data and a runs directory for the real program."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from emnist_tui.learning.data.emnist.install import import_data
from emnist_tui.runs.control import Desired, ask_for
from emnist_tui.runs.folder import RunFolder
from tests.e2e.program import TEST, TRAIN
from tests.e2e.terminal import Terminal
from tests.support.emnist_files import Bytes, draw_arrows, write_archive
from tests.support.project import PROJECT


def _draw(count: int, seed: int) -> tuple[Bytes, Bytes]:
    """Draw easy images, every seventh mislabeled so that a network makes mistakes."""
    images, labels = draw_arrows(count, seed)
    labels[::7] = (labels[::7] + 1) % 10
    return images, labels


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with small EMNIST files installed."""
    folder = tmp_path_factory.mktemp("data")
    write_archive(folder / "small.zip", *_draw(TRAIN, 0), *_draw(TEST, 1))
    import_data(folder / "small.zip", folder)
    return folder


@pytest.fixture
def rounds(pytestconfig: pytest.Config) -> int:
    """Return how often a test repeats a resize or a burst."""
    return 20 if pytestconfig.getoption("--thorough") else 3


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """Return the runs directory; its trainers are stopped after the test."""
    path = tmp_path / "checkpoints"
    path.mkdir()
    yield path
    for run in map(RunFolder, path.iterdir()):
        while run.is_training():
            ask_for(run.control, Desired.STOP)
            time.sleep(0.05)


@pytest.fixture
def variables(data: Path, root: Path) -> dict[str, str]:
    return {
        "EMNIST_TUI_DATA": str(data),
        "EMNIST_TUI_CHECKPOINTS": str(root),
        "EMNIST_TUI_SETTINGS": str(root.parent / "settings.toml"),
        "PYTHONPATH": str(PROJECT),
    }


@pytest.fixture
def terminal(variables: dict[str, str]) -> Iterator[Terminal]:
    """Return a shell in tmux."""
    with Terminal(variables) as opened:
        yield opened
