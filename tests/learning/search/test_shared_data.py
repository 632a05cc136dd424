"""Data of a sweep: the same for all of its workers."""

from pathlib import Path

import pytest

from emnist_tui.learning.search.shared_data import check_same_data
from emnist_tui.runs.errors import EmnistTuiError
from tests.support.small_dataset import small_dataset
from tests.support.small_sweeps import new_sweep


def test_other_data_than_that_of_the_first_worker_is_refused(tmp_path: Path) -> None:
    sweep = new_sweep(tmp_path / "mine")
    for _ in range(2):
        check_same_data(sweep, small_dataset(20, 10))
    with pytest.raises(EmnistTuiError, match=r"Sweep mine trains on bars \(.*give it the same data\."):
        check_same_data(sweep, small_dataset(20, 10, seed=5))


def test_a_damaged_record_refuses_nothing(tmp_path: Path) -> None:
    sweep = new_sweep(tmp_path / "mine")
    (sweep.path / "data.json").write_text("{")
    check_same_data(sweep, small_dataset(20, 10))
