"""The trained run that all commands' tests share."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emnist_tui.runs.folder import RunFolder
from tests.support import process
from tests.support.emnist_files import draw_arrows, write_archive
from tests.support.process import Process
from tests.support.trained_run import OTHER_TEST, TRAIN, Trained, train_run, write_small_archive


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the archive with the trained run's data."""
    return write_small_archive(tmp_path_factory.mktemp("archive") / "small.zip")


@pytest.fixture(scope="session")
def other_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write an archive with another test split, of `OTHER_TEST` images."""
    path = tmp_path_factory.mktemp("archive") / "other.zip"
    write_archive(path, *draw_arrows(TRAIN, 0), *draw_arrows(OTHER_TEST, 2))
    return path


@pytest.fixture(scope="session")
def trained(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Train the run that tests read or copy, and never change."""
    return train_run(archive, tmp_path_factory.mktemp("trained"))


@pytest.fixture
def root(place: Path) -> Path:
    """Make an empty runs directory, `checkpoints` in the working directory."""
    path = place / "checkpoints"
    path.mkdir()
    return path


@pytest.fixture
def copied(root: Path, trained: Trained) -> RunFolder:
    """Copy the trained run to the runs directory, to be changed."""
    return RunFolder(shutil.copytree(trained.run.path, root / "first"))


@pytest.fixture
def spawn(root: Path) -> Iterator[Callable[..., Process]]:
    """Start commands, which are killed at the end of the test."""
    started: list[Process] = []

    def start(*arguments: object) -> Process:
        started.append(process.spawn(*arguments))
        return started[-1]

    yield start
    for running in started:
        running.popen.kill()
        running.popen.communicate()
