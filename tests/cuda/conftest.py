"""The device of a test, and data in the amount that it trains in seconds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from emnist_tui.learning.data.dataset import Dataset, fingerprint, load_dataset
from tests.cuda import networks
from tests.support.emnist_files import draw_arrows, write_archive
from tests.support.small_dataset import bars, small_dataset

HAS_CARD = torch.cuda.is_available()
CARD = (pytest.mark.cuda, pytest.mark.skipif(not HAS_CARD, reason="torch sees no CUDA card"))

ON_CARD = pytest.mark.parametrize("device", [pytest.param("cuda", marks=CARD)])
"""For tests that have nothing to show without a card."""
IN_PROCESSES = pytest.mark.parametrize(
    "device", [pytest.param("cpu", marks=pytest.mark.slow), pytest.param("cuda", marks=CARD)]
)
"""For tests of several processes, which take half a minute on a CPU."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests time to start CUDA, and show torch's warnings instead of failing for them."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(170))
            item.add_marker(pytest.mark.filterwarnings("default"))


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=CARD)])
def device(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@dataclass(frozen=True)
class Amounts:
    """Images that train for seconds on a device."""

    train: int
    epochs: int


@pytest.fixture
def amounts(device: str) -> Amounts:
    """Return enough to be interrupted in the middle of an epoch."""
    return Amounts(20_000, 20) if device == "cuda" else Amounts(800, 12)


@pytest.fixture
def dataset(device: str) -> Dataset:
    """Return bars whose last batch of 32 has 16 images."""
    return small_dataset(train=20_016, test=500) if device == "cuda" else small_dataset()


@pytest.fixture
def archive(tmp_path: Path, amounts: Amounts) -> Path:
    """Return a file of digits for the command line, whose last batch of 16 has 7 images."""
    write_archive(tmp_path / "digits.zip", *draw_arrows(amounts.train + 7, 0), *draw_arrows(500, 1))
    return tmp_path / "digits.zip"


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    """Return the synthetic digits, or few bars where only a CPU would train them."""
    if not HAS_CARD:
        splits = bars(1_280, 0), bars(500, 1)
        yield Dataset("bars", *splits, fingerprint(*splits))
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMNIST_TUI_DATA", str(tmp_path_factory.mktemp("synthetic")))
        yield load_dataset("synthetic")


@pytest.fixture
def own_network(tmp_path: Path) -> Callable[[str], str]:
    """Return a function that writes a network's file, and names it as `--model` does."""

    def write(name: str) -> str:
        (tmp_path / "own.py").write_text(networks.FILE)
        return f"{tmp_path / 'own.py'}:{name}"

    return write
