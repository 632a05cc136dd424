"""Changed learning rates and early ends on the Train screen."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import Evaluated, LearningRateChanged, RunEnded, StoppedEarly
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.record import RunRecord
from emnist_tui.tui.screens.train import chart_data
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.charts.chart import Chart
from tests.support.scripted_runs import batches, evaluation, started
from tests.support.terminal import Terminal, terminal

STEPS = 300


def changed(step: int, rate: float) -> LearningRateChanged:
    return LearningRateChanged(epoch=1, step=step, learning_rate=rate)


@contextmanager
def training(root: Path, config: TrainConfig | None = None) -> Iterator[tuple[RunFolder, EventLog]]:
    config = config or TrainConfig(data="synthetic")
    folder = RunFolder(root / "mine")
    folder.path.mkdir()
    folder.begin(config, started(config))
    with folder.held(), EventLog(folder.events) as log:
        log.write(started(config))
        log.write(batches(1, 1, 150))
        yield folder, log


def mark_columns(shown: Terminal, metric: str) -> list[int]:
    """Return the columns of the marks within the axes of a chart."""
    chart = shown.app.screen.query_one(f"#{metric}", Chart)
    rows = [chart.render_line(y).text for y in range(chart.size.height)]
    return sorted({column for row in rows for column, sign in enumerate(row) if sign == "┊"})


def column_of(shown: Terminal, metric: str, step: float) -> int:
    """Return the column of a step, by the ticks under the axis."""
    chart = shown.app.screen.query_one(f"#{metric}", Chart)
    canvas = chart.lay_out(*chart.size)
    assert canvas
    first, last = canvas.x_limits
    return canvas.width - canvas.columns + round((step - first) / (last - first) * (canvas.columns * 2 - 1)) // 2


async def test_a_change_is_marked_in_both_charts_at_its_step(tmp_path: Path) -> None:
    with training(tmp_path) as (folder, log):
        log.write(changed(120, 0.02))
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.shows("┊", "0.02")
            for metric in ("loss", "accuracy"):
                assert mark_columns(shown, metric) == [column_of(shown, metric, 120)]
            log.write(changed(150, 0.0005))
            await shown.shows("0.0005")
            for metric in ("loss", "accuracy"):
                assert mark_columns(shown, metric) == [column_of(shown, metric, step) for step in (120, 150)]


async def test_a_resumed_run_shows_the_mark_again_once_it_repeats_the_change(tmp_path: Path) -> None:
    with training(tmp_path) as (folder, log):
        log.write(changed(120, 0.02))
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.shows("┊")
            log.write(started(resumed_at_step=100))
            await shown.hides("┊")
            log.write(batches(1, 101, 119))
            await shown.until(lambda: "119/300" in shown.text, "the batches are read")
            assert mark_columns(shown, "loss") == []
            log.write(batches(1, 120, 140))
            await shown.shows("┊")
            assert mark_columns(shown, "loss") == [column_of(shown, "loss", 120)]


async def test_the_mark_stays_at_its_step_when_zoomed_and_on_a_logarithmic_scale(tmp_path: Path) -> None:
    with training(tmp_path) as (folder, log):
        log.write(changed(120, 0.02))
        log.write(changed(30, 0.1))  # replaces it
        log.write(batches(1, 31, 145))
        log.write(changed(120, 0.05))
        async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
            await shown.shows("0.05", "0.1")
            for keys in ("z", "y", "z"):
                await shown.press(keys)
                steps = [step for step in (30, 120) if first_step(shown) <= step]
                for metric in ("loss", "accuracy"):
                    assert mark_columns(shown, metric) == [column_of(shown, metric, step) for step in steps]
            assert first_step(shown) > 120


def first_step(shown: Terminal) -> float:
    chart = shown.app.screen.query_one("#loss", Chart)
    canvas = chart.lay_out(*chart.size)
    assert canvas
    return canvas.x_limits[0]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_card_shows_the_scheduled_rate_and_the_recipe(tmp_path: Path, size: tuple[int, int]) -> None:
    config = TrainConfig(
        data="synthetic", schedule="cosine", learning_rate=0.02, optimizer="adamw", weight_decay=0.02, ema=0.999
    )
    with training(tmp_path, config) as (folder, log):
        async with terminal(tmp_path, RunSession(folder), size) as shown:
            await shown.shows("0.01 of 0.02", "adamw, wd 0.02")
            log.write(changed(150, 0.04))
            await shown.shows("0.02 of 0.04")
            if size[0] == 120:
                await shown.shows("0.02 of 0.04, cosine", "adamw, wd 0.02, ema 0.999")


async def test_an_early_end_names_the_best_epoch(tmp_path: Path) -> None:
    config = TrainConfig(data="synthetic", validation=100, patience=1)
    with training(tmp_path, config) as (folder, log):
        for epoch, accuracy in ((1, 0.9), (2, 0.8)):
            evaluation().save(folder.path / f"evaluation-validation-epoch-00{epoch}.npz")
            held_out = Evaluated(
                split="validation",
                epoch=epoch,
                step=epoch * 100,
                loss=0.3,
                accuracy=accuracy,
                images=100,
                file=f"evaluation-validation-epoch-00{epoch}.npz",
            )
            log.write(held_out)
        log.write(replace(held_out, split="test", epoch=1, step=100, accuracy=0.92))
        log.write(StoppedEarly(epoch=2, step=200, best_epoch=1))
        log.write(RunEnded(reason="finished", step=200, seconds=1.0, images_per_second=1.0))
    async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
        await shown.shows("early, after epoch 2 (best 1)")
        await shown.says("Stopped early. Best epoch: 1 (val 90.00 %).")
        await shown.shows("90.00 % (epoch 1)", "92.00 % (epoch 1)", "◆ validation 80.00 %")
    async with terminal(tmp_path, RunSession(folder), (60, 20)) as shown:
        await shown.shows("90.00 % (epoch 1)", "92.00 % (epoch 1)", "◆ val 80.00 %", "t trains on.")


def test_the_diamonds_are_the_evaluations_of_the_epochs() -> None:
    record = RunRecord()
    record.apply(started(TrainConfig(validation=100)))
    for split, step, accuracy in (("validation", 100, 0.9), ("validation", 200, 0.8), ("test", 100, 0.92)):
        record.apply(
            Evaluated(split=split, epoch=step // 100, step=step, loss=0.3, accuracy=accuracy, images=9, file="")
        )
    data = chart_data(record, "accuracy")
    assert (data.marks.tolist(), data.marked) == ([[100, 0.9], [200, 0.8]], "validation")
