"""Runs and groups of seeds whose curves are overlaid."""

from pathlib import Path

from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.tui.session.overlaid import MOST_SEEDS, Overlaid
from tests.support.scripted_runs import STEPS_PER_EPOCH, batches, write_run
from tests.support.seed_groups import write_events, write_group
from tests.support.terminal import live_run


def forever() -> bool:
    return False


def test_a_run_is_read_in_a_thread_and_then_polled(tmp_path: Path) -> None:
    with live_run(tmp_path, "live", epochs=1) as (folder, log):
        overlaid = Overlaid(folder)
        overlaid.poll()
        assert overlaid.is_unread
        assert overlaid.records == []
        overlaid.read(forever)
        assert overlaid.poll()
        assert not overlaid.poll()
        assert [record.step for record in overlaid.records] == [STEPS_PER_EPOCH]
        log.write(batches(2, 101, 180))
        assert overlaid.poll()
        assert [record.step for record in overlaid.records] == [180]


def test_a_group_has_all_its_seeds(tmp_path: Path) -> None:
    overlaid = Overlaid(write_events(write_group(tmp_path, "group", {0: 0.95, 1: 0.96})))
    overlaid.poll()
    overlaid.read(forever)
    assert (overlaid.is_group, overlaid.total, overlaid.begun) == (True, 2, 2)
    assert len(overlaid.finished) == 2
    assert overlaid.total_steps == 2 * STEPS_PER_EPOCH


def test_reading_stops_when_the_screen_is_closed(tmp_path: Path) -> None:
    overlaid = Overlaid(write_run(tmp_path))
    overlaid.read(lambda: True)
    assert overlaid.is_unread


def test_a_large_group_is_read_in_part(tmp_path: Path) -> None:
    overlaid = Overlaid(write_group(tmp_path, "group", dict.fromkeys(range(MOST_SEEDS + 5), 0.9)))
    overlaid.poll()
    assert (overlaid.begun, overlaid.total) == (MOST_SEEDS, MOST_SEEDS + 5)


def test_a_damaged_group_has_no_seeds(tmp_path: Path) -> None:
    overlaid = Overlaid(SweepFolder(tmp_path / "nothing"))
    assert not overlaid.poll()
    assert overlaid.total_steps == 0
