"""The small dataset, in place of what a sweep names."""

import pytest

from emnist_tui.learning.data import dataset
from tests.support.small_dataset import small_dataset


@pytest.fixture(autouse=True)
def bars(monkeypatch: pytest.MonkeyPatch) -> dataset.Dataset:
    """Load the small dataset whatever is asked for."""
    data = small_dataset(train=424, test=100)
    monkeypatch.setattr(dataset, "load_dataset", lambda source, on_phase=None: data)
    return data
