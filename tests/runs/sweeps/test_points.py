"""Points of users: numbering and hostile files."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.sweeps import points
from emnist_tui.runs.sweeps.points import add_point, read_points
from emnist_tui.runs.sweeps.space import Axis
from tests.support.sweep_folders import make_spec, make_sweep

POINT = {"learning_rate": 0.02, "batch_size": 32, "augmentation": 0.5}


def test_points_are_numbered_in_order(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "mine")
    spec = sweep.read_spec()
    assert read_points(sweep, spec) == {}
    assert [add_point(sweep, spec, {**POINT, "batch_size": size}) for size in (128, 32)] == [1, 2]
    assert [point["batch_size"] for point in read_points(sweep, spec).values()] == [128, 32]
    assert sorted(path.name for path in sweep.points.iterdir()) == ["0001.json", "0002.json"]


@pytest.mark.parametrize("has_links", [True, False])
def test_points_added_at_once_get_numbers_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    sweep = make_sweep(tmp_path / "mine")
    spec = sweep.read_spec()

    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    if not has_links:
        monkeypatch.setattr(os, "link", refuse)
    with ThreadPoolExecutor(8) as threads:
        numbers = list(threads.map(lambda _: add_point(sweep, spec, POINT), range(24)))
    assert sorted(numbers) == list(range(1, 25))
    assert list(read_points(sweep, spec)) == list(range(1, 25))
    assert len(list(sweep.points.iterdir())) == 24


def test_points_that_no_trial_can_have_are_refused(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "mine")
    spec = sweep.read_spec()
    for wrong in ({}, {**POINT, "seed": 1}, {**POINT, "batch_size": -1}):
        with pytest.raises(UsageError):
            add_point(sweep, spec, wrong)
    assert list(sweep.points.iterdir()) == []


def test_a_search_takes_values_outside_a_range_but_none_that_a_list_lacks(tmp_path: Path) -> None:
    search = make_sweep(tmp_path / "search")
    assert add_point(search, search.read_spec(), {**POINT, "learning_rate": 5.0}) == 1
    with pytest.raises(UsageError, match="batch-size 64 is none of 32,128"):
        add_point(search, search.read_spec(), {**POINT, "batch_size": 64})
    (search.points / "0002.json").write_text('{"values": {"learning_rate": 1, "batch_size": 64, "augmentation": 0}}')
    assert list(read_points(search, search.read_spec())) == [1]
    axes = (Axis.parse("batch-size=32,128"),)
    grid = make_sweep(tmp_path / "grid", make_spec(axes=axes, sampler="grid", pruner="none"))
    assert add_point(grid, grid.read_spec(), {"batch_size": 64}) == 1


def test_too_many_points_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points, "MOST_POINTS", 2)
    sweep = make_sweep(tmp_path / "mine")
    spec = sweep.read_spec()
    for _ in range(2):
        add_point(sweep, spec, POINT)
    with pytest.raises(UsageError, match="create another sweep"):
        add_point(sweep, spec, POINT)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"values"',
        b"[]",
        b"[" * 100_000,
        b'{"values": 3}',
        b'{"values": {"learning_rate": NaN}}',
        b"x" * (2 << 20),
    ],
)
def test_damaged_and_half_written_points_are_left_out(tmp_path: Path, content: bytes) -> None:
    sweep = make_sweep(tmp_path / "mine")
    spec = sweep.read_spec()
    (sweep.points / "0001.json").write_bytes(content)
    (sweep.points / "notes.json").write_text("{}")
    (sweep.points / "0000.json").write_text("{}")
    assert add_point(sweep, spec, POINT) == 2
    assert read_points(sweep, spec) == {2: POINT}


def test_a_sweep_without_the_folder_has_no_points(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "mine")
    sweep.points.rmdir()
    assert read_points(sweep, sweep.read_spec()) == {}
    assert add_point(sweep, sweep.read_spec(), POINT) == 1
