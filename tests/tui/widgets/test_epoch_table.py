"""Table of the finished epochs: columns, empty states and scrolling."""

from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.runs.record import RunRecord
from emnist_tui.text.formats import percent
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.epoch_table import EpochTable, epoch_rows
from tests.support.scripted_runs import write_run
from tests.support.terminal import opened_checkpoint
from tests.support.widget_app import WidgetApp


@pytest.fixture
def record(tmp_path: Path) -> RunRecord:
    return RunSession(write_run(tmp_path)).record


def test_a_narrow_table_has_accuracies_and_time(record: RunRecord) -> None:
    heading, *rows = epoch_rows(record.epochs, record.evaluations, wide=False)
    assert heading == ("", "train", "test", "time")
    tested = [percent(evaluation.accuracy, 2) for evaluation in record.evaluations]
    assert [row[2] for row in rows] == tested
    assert rows[0] == ("1", "88.0 %", tested[0], "12 s")


def test_a_wide_table_has_losses_and_throughput(record: RunRecord) -> None:
    heading, *rows = epoch_rows(record.epochs, record.evaluations, wide=True)
    assert heading == ("", "loss", "train", "test loss", "test", "time", "speed")
    assert rows[-1][:2] == ("3", "0.167")
    assert rows[-1][-1] == "16,000 img/s"


def test_an_epoch_without_evaluation_has_no_test_accuracy(record: RunRecord) -> None:
    assert epoch_rows(record.epochs, record.evaluations[:-1], wide=False)[-1] == ("3", "94.0 %", "–", "12 s")


@pytest.mark.parametrize("wide", [False, True])
def test_accuracies_on_held_out_images_are_not_called_test(record: RunRecord, wide: bool) -> None:
    tested = record.evaluations[-1]
    held_out = replace(tested, split="validation", accuracy=0.5)
    heading, *rows = epoch_rows(record.epochs, [tested, held_out], wide=wide, split="validation")
    assert not any("test" in name for name in heading)
    assert rows[-1][heading.index("val")] == "50.00 %"


async def test_the_newest_epoch_is_in_view(tmp_path: Path) -> None:
    table = EpochTable()
    app = WidgetApp(table)
    async with app.run_test(size=(32, 8)) as pilot:
        table.show(RunSession(write_run(tmp_path, epochs=12)))
        await pilot.pause()
        await pilot.pause()
        assert app.lines[-2].startswith("12 ")
        assert app.lines[1].split() == ["train", "test", "time"]
        assert table.max_scroll_y > 0


@pytest.mark.parametrize(("width", "epochs"), [(24, 3), (32, 3), (32, 12), (80, 3), (80, 12)])
async def test_the_header_stays_above_its_columns(tmp_path: Path, width: int, epochs: int) -> None:
    table = EpochTable()
    app = WidgetApp(table)
    async with app.run_test(size=(width, 5)) as pilot:
        table.show(RunSession(write_run(tmp_path, epochs=epochs)))
        await pilot.pause()
        await pilot.pause()
        _, names, *_, newest, _ = app.text.split("\n")
        assert newest.strip("│ ").split()[0] == str(epochs)
        seconds = newest.index(" s", newest.rindex("%")) + len(" s")
        assert names.index("time") + len("time") == seconds


async def test_a_checkpoint_fits_into_the_narrow_column(tmp_path: Path) -> None:
    table = EpochTable()
    app = WidgetApp(table)
    async with app.run_test(size=(32, 8)) as pilot:
        table.show(opened_checkpoint(tmp_path, tmp_path / "net.pt"))
        await pilot.pause()
        assert " ".join(app.lines[1:3]) == "Checkpoints have no epoch history"
        table.show(None)
        await pilot.pause()
        assert app.lines[1] == "No epoch finished yet"
