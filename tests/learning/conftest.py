"""A small archive in the official shape, and a data root of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.support.emnist_files import draw_arrows, write_archive

TRAIN, TEST = 40, 20


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Compute with one thread, as the trainer does: steps are too short to share."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data root, which `EMNIST_TUI_DATA` names."""
    monkeypatch.setenv("EMNIST_TUI_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def small_archive(tmp_path: Path) -> Path:
    """40 train and 20 test images (`draw_arrows`, seeds 0 and 1)."""
    path = tmp_path / "gzip.zip"
    write_archive(path, *draw_arrows(TRAIN, 0), *draw_arrows(TEST, 1))
    return path
