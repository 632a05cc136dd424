"""Run card: progress, metrics and configuration, and suggestions without a run."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.events import Evaluated, RunEnded, StoppedEarly
from emnist_tui.tui.session.nvml import GpuFigures
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.run_card import RunCard
from tests.support.scripted_runs import batches, started, started_on_gpu, units_changed, write_run
from tests.support.terminal import live_run, opened_checkpoint
from tests.support.widget_app import WidgetApp


async def lines_of(opened: RunSession | None, width: int = 40, height: int = 30) -> list[str]:
    card = RunCard()
    app = WidgetApp(card)
    async with app.run_test(size=(width, height)) as pilot:
        card.show(opened)
        await pilot.pause()
        return app.lines


def value(lines: list[str], name: str) -> str:
    return next(line.removeprefix(name).strip() for line in lines if line.startswith(name))


async def test_a_finished_run_has_metrics_and_configuration(tmp_path: Path) -> None:
    opened = RunSession(write_run(tmp_path))
    lines = await lines_of(opened)
    assert value(lines, "steps") == "300/300"
    assert value(lines, "trained for") == "36 s"
    assert value(lines, "speed") == "16,000 img/s"
    assert value(lines, "saved") == "step 300"
    assert value(lines, "learning rate") == "0.01"
    assert value(lines, "parameters") == "1,138"
    assert value(lines, "epoch 3 of 3").endswith("100 %")
    assert value(lines, "total").endswith("100 %")


async def test_a_live_run_has_its_progress(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, log):
        log.write(batches(2, 101, 150))
        lines = await lines_of(RunSession(folder))
    assert value(lines, "steps") == "150/300"
    assert value(lines, "epoch 2 of 3").endswith(" 50 %")
    assert value(lines, "epoch 2 of 3").count("━") == pytest.approx(value(lines, "epoch 2 of 3").count("─"), abs=1)
    assert value(lines, "saved") == "step 100"
    assert value(lines, "time left") != ""


async def test_a_low_window_shows_the_whole_recipe_of_compact(tmp_path: Path) -> None:
    opened = RunSession(write_run(tmp_path))
    opened.record.config = TrainConfig.of(model="compact")
    lines = await lines_of(opened, 32, 24)
    assert value(lines, "recipe") == "adamw, wd 0.0001,"
    assert any(line.strip() == "aug 0.5, ema 0.999" for line in lines)
    assert not any(line.startswith("seed") for line in lines)


async def test_figures_of_a_gpu_are_drawn_once_and_give_way_to_what_matters_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = GpuFigures(97, 1 << 30, 80 << 30, 54, 310.0)
    with live_run(tmp_path) as (folder, log):
        log.write(started_on_gpu())
        card, opened = RunCard(), RunSession(folder)
        app = WidgetApp(card)
        async with app.run_test(size=(32, 24)) as pilot:
            card.show(opened, figures)
            await pilot.pause()
            assert value(app.lines, "GPU") == "97 % · 1.0 of 80 GiB"
            assert not any(line.startswith(("steps by", "parameters")) for line in app.lines)
            drawn: list[object] = []
            monkeypatch.setattr(card, "refresh", lambda **options: drawn.append(options))
            monkeypatch.setattr(card, "_next_change", 0.0)
            card.show(opened, replace(figures))
            assert drawn == []
            card.show(opened, replace(figures, utilization=12))
            assert drawn == [{"layout": False}]  # in the same place
        for event in (units_changed(90, [1]), replace(units_changed(90, [0, 3], of=4, layer="layers.4"))):
            log.write(event)
        opened.poll()
        app = WidgetApp(card := RunCard())
        async with app.run_test(size=(32, 24)) as pilot:
            card.show(opened, figures)
            await pilot.pause()
            assert value(app.lines, "saved") == "step 100"
            assert value(app.lines, "dead") != ""


async def test_a_low_window_keeps_the_epochs_and_the_batch_size_beside_lost_units(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, log):
        log.write(units_changed(90, [1]))
        log.write(replace(units_changed(90, [0, 3], of=4, layer="layers.4"), state="saturated"))
        lines = await lines_of(RunSession(folder), 32, 24)
    assert value(lines, "dead") == "layers.1: filter 1"
    assert value(lines, "saturated") == "layers.4: 2 of 4"
    assert value(lines, "batch size") == "32"
    assert not any("found" in line for line in lines)
    assert len([line for line in lines if line.strip()]) == 13 + 2  # with the border


def evaluated(split: str, epoch: int, accuracy: float) -> Evaluated:
    return Evaluated(split=split, epoch=epoch, step=epoch * 100, loss=0.3, accuracy=accuracy, images=100, file="")


async def test_accuracies_of_a_run_with_validation_name_their_epoch(tmp_path: Path) -> None:
    config = TrainConfig(data="synthetic", validation=100, patience=1)
    with live_run(tmp_path, epochs=0) as (folder, log):
        log.write(started(config))
        opened = RunSession(folder)
        lines = await lines_of(opened, 32, 24)
        assert value(lines, "validation") == "–"
        assert not any(line.startswith("test") for line in lines)
        for event in (evaluated("validation", 1, 0.9464), evaluated("validation", 2, 0.195)):
            log.write(event)
        opened.poll()
        lines = await lines_of(opened, 32, 24)
        assert value(lines, "validation") == "94.64 % (epoch 1)"
        assert not any(line.startswith("test") for line in lines)
        log.write(StoppedEarly(epoch=2, step=200, best_epoch=1))
        log.write(evaluated("test", 1, 0.9425))
        log.write(RunEnded(reason="finished", step=200, seconds=1.0, images_per_second=1.0))
    opened.poll()
    for height in (20, 24, 40):
        lines = await lines_of(opened, 32, height)
        assert value(lines, "validation") == "94.64 % (epoch 1)"
        assert value(lines, "test") == "94.25 % (epoch 1)"
        assert lines.index(next(line for line in lines if line.startswith("test"))) <= 9 or height > 20
    assert value(await lines_of(opened, 20, 24), "test") == "94.25 %"


async def test_a_checkpoint_has_its_name_and_accuracy(tmp_path: Path) -> None:
    opened = opened_checkpoint(tmp_path, tmp_path / "net.pt")
    lines = await lines_of(opened)
    assert value(lines, "checkpoint") == "net.pt"
    assert value(lines, "epoch") == "2"
    assert opened.evaluation
    assert value(lines, "test") == f"{opened.evaluation.accuracy * 100:.2f} %"


async def test_the_total_is_omitted_where_the_card_is_narrow(tmp_path: Path) -> None:
    opened = RunSession(write_run(tmp_path))
    assert value(await lines_of(opened, 23), "steps") == "300/300"
    assert value(await lines_of(opened, 16), "steps") == "300"


async def test_the_speed_of_a_gpu_has_its_unit_in_a_narrow_card(tmp_path: Path) -> None:
    opened = RunSession(write_run(tmp_path))
    assert opened.record.ended
    opened.record.ended = replace(opened.record.ended, images_per_second=14_567_890.0)
    assert value(await lines_of(opened, 32, 24), "speed") == "14,567,890 img/s"


@pytest.mark.parametrize("name", ["a" * 60 + ".pt", "数字" * 20 + ".pt"])
@pytest.mark.parametrize("width", [24, 40])
async def test_a_long_value_ends_in_an_ellipsis_at_the_border(tmp_path: Path, name: str, width: int) -> None:
    opened = opened_checkpoint(tmp_path, tmp_path / name)
    card = RunCard()
    app = WidgetApp(card)
    async with app.run_test(size=(width, 30)) as pilot:
        card.show(opened)
        await pilot.pause()
        line = next(line for line in app.text.split("\n") if "checkpoint" in line)
        assert line.endswith("… │")
        assert cell_len(line) == width
        assert len(app.lines) == 6  # checkpoint, parameters, epoch, test and the border


async def test_suggestions_are_shown_without_a_run() -> None:
    card = RunCard()
    app = WidgetApp(card)
    async with app.run_test(size=(40, 10)) as pilot:
        card.show_first_steps((("new", "train a new network"), ("help", "every key")))
        await pilot.pause()
        assert app.lines[1:3] == ["n  train a new network", "?  every key"]


async def test_numbers_stay_long_enough_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("emnist_tui.tui.widgets.run_card.time.monotonic", lambda: now)
    with live_run(tmp_path) as (folder, log):
        opened = RunSession(folder)
        card = RunCard()
        app = WidgetApp(card)
        async with app.run_test(size=(40, 30)):
            card.show(opened)
            log.write(batches(2, 101, 150))
            opened.poll()
            now += 0.1
            card.show(opened)
            assert ("steps", ("100/300", "100")) in card._rows
            now += 0.2
            card.show(opened)
            assert ("steps", ("150/300", "150")) in card._rows


async def test_foreign_weights_have_their_key_and_input(tmp_path: Path) -> None:
    session = opened_checkpoint(
        tmp_path,
        tmp_path / "net.pt",
        step=None,
        weights="ema.\x1bmodel",
        input_scaling="inverted-mnist",
        orientation="transposed",
    )
    lines = await lines_of(session)
    assert value(lines, "weights") == r"ema.\x1bmodel"
    assert value(lines, "input scaling") == "inverted-mnist"
    assert value(lines, "orientation") == "transposed"
    own = await lines_of(opened_checkpoint(tmp_path / "own", tmp_path / "own.pt"))
    assert not any(line.startswith(("weights", "input scaling", "orientation")) for line in own)
