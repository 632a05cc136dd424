"""Sweeps as rows of the list."""

import shutil
from pathlib import Path

from emnist_tui.tui.session.sweep_rows import SweepRows
from tests.support.sweep_folders import make_spec, make_sweep


def test_sweeps_come_and_go_newest_first(tmp_path: Path) -> None:
    rows = SweepRows(tmp_path)
    rows.read()
    assert rows.entries == []
    make_sweep(tmp_path / "old", make_spec(60, created=1e9), trials=40, workers=3)
    make_sweep(tmp_path / "new", make_spec(9))
    rows.read()
    assert [(row.name, row.state, row.ended) for row in rows.entries] == [
        ("new", "waiting", 0),
        ("old", "training", 37),
    ]
    shutil.rmtree(tmp_path / "new")
    rows.read()
    assert [row.name for row in rows.entries] == ["old"]


def test_a_damaged_sweep_has_a_problem(tmp_path: Path) -> None:
    make_sweep(tmp_path / "search").sweep_json.write_text("{")
    rows = SweepRows(tmp_path)
    rows.read()
    (row,) = rows.entries
    assert row.shown_state == "damaged"
    assert row.problem


def test_a_slow_reading_is_repeated_less_often(tmp_path: Path) -> None:
    times = iter([0.0, 2.0, 21.0, 22.5])
    rows = SweepRows(tmp_path, clock=lambda: next(times))
    rows.read()
    assert not rows.is_due
    assert rows.is_due
