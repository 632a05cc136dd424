"""Sampled curves of runs."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from emnist_tui.runs.curve_sample import sample_curve
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import Batches
from tests.support.scripted_runs import started, write_run


def write_batches(path: Path, steps: range, per_line: int) -> None:
    with EventLog(path) as log:
        for last in steps[per_line - 1 :: per_line]:
            numbers = range(last - per_line + 1, last + 1)
            log.write(Batches(epoch=1, step=last, loss=[1 / n for n in numbers], accuracy=[n / 1e5 for n in numbers]))


def test_a_short_run_is_sampled_line_by_line(tmp_path: Path) -> None:
    curve = sample_curve(write_run(tmp_path).events)
    assert len(curve) >= 15
    assert curve[-1].step == 300
    assert [point.step for point in curve] == sorted({point.step for point in curve})
    assert curve[0].loss > curve[-1].loss


@pytest.mark.parametrize("per_line", [5, 5000])
def test_a_long_run_is_sampled_evenly_whatever_its_lines(tmp_path: Path, per_line: int) -> None:
    path = tmp_path / "events.jsonl"
    write_batches(path, range(1, 60_001), per_line)
    curve = sample_curve(path)
    assert len(curve) <= 64
    steps = [point.step for point in curve]
    assert steps == sorted(set(steps))
    assert max(later - earlier for earlier, later in pairwise(steps)) <= max(5000, 60_000 // 30)
    assert all(point.accuracy == pytest.approx(point.step / 1e5, abs=0.05) for point in curve)


def test_only_a_small_part_of_a_long_run_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "events.jsonl"
    write_batches(path, range(1, 200_001), 5)
    lines: list[bytes] = []
    monkeypatch.setattr("emnist_tui.runs.curve_sample.parse_event", lambda line: lines.append(line))
    sample_curve(path, points=4)
    assert sum(map(len, lines)) < 4 * (2048 + (1 << 18) + 500) < path.stat().st_size


def test_batches_trained_again_replace_the_earlier_ones(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    write_batches(path, range(1, 5001), 5)
    with EventLog(path) as log:
        log.write(started(resumed_at_step=1000))
    write_batches(path, range(1001, 3001), 5)
    steps = [point.step for point in sample_curve(path)]
    assert steps == sorted(set(steps))
    assert steps[-1] == 3000


@pytest.mark.parametrize("content", [b"", b"\n", b"{}\n[]\n", b"x" * 400_000, b"\xff\n" * 5000])
def test_a_file_without_batches_has_no_curve(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(content)
    assert sample_curve(path) == []
    assert sample_curve(tmp_path / "missing") == []


def test_lists_of_different_lengths_are_no_error(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    record = {"event": "batches", "time": 1.0, "epoch": 1, "step": 3, "loss": [1.0, 2.0], "accuracy": []}
    path.write_text(json.dumps(record) + "\n")
    assert sample_curve(path) == []
