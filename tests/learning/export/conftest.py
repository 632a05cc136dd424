"""A network, its checkpoint, and the file of each format."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from emnist_tui.learning.export.exporter import export_checkpoint
from emnist_tui.learning.export.formats import FORMATS
from emnist_tui.learning.models.layers import Chain
from tests.support.emnist_files import draw_arrows, write_archive
from tests.support.exported_networks import initial_network, save_run_checkpoint


@pytest.fixture
def network() -> Chain:
    return initial_network()


@pytest.fixture
def checkpoint(network: Chain, tmp_path: Path) -> Path:
    return save_run_checkpoint(tmp_path / "mine.pt", network)


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Export the network to each requested format once."""
    folder = tmp_path_factory.mktemp("exported")
    write_archive(folder / "gzip.zip", *draw_arrows(10, 0), *draw_arrows(20, 1))
    path = save_run_checkpoint(folder / "mine.pt", initial_network())

    @cache
    def export(name: str) -> Path:
        output = folder / f"out{FORMATS[name].ending}"
        export_checkpoint(path, name, output, str(folder / "gzip.zip"), lambda _: None)
        return output

    return export
