"""Fixtures shared by the tests of learning."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.support.emnist_files import draw_arrows, write_archive
from tests.support.small_dataset import at_step, report_every_batch, run_until, small_dataset, start

TRAIN, TEST = 40, 20
"""Images of the small archive's two splits."""


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Compute with one thread, as the trainer does: steps are too short to share."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set `EMNIST_TUI_DATA` to an empty data root."""
    monkeypatch.setenv("EMNIST_TUI_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def small_archive(tmp_path: Path) -> Path:
    """Write an archive of `draw_arrows`: 40 train and 20 test images."""
    path = tmp_path / "gzip.zip"
    write_archive(path, *draw_arrows(TRAIN, 0), *draw_arrows(TEST, 1))
    return path


@pytest.fixture(scope="session")
def interrupted_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the checkpoint of a run stopped in its second epoch."""
    path = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        report_every_batch(patch)
        trainer = start(path, small_dataset())
        run_until(trainer, at_step(27), trainer.request_stop)
    return (path / "last.pt").read_bytes()
