"""Figure of loss and accuracy during training: lines, dots, epochs and axes."""

import itertools
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from emnist_tui.report.figures.curves import draw_curves
from emnist_tui.report.figures.svg import BLUE, PALE_BLUE
from emnist_tui.runs.events import Batches, Evaluated, LearningRateChanged
from emnist_tui.runs.history import SMOOTHING
from emnist_tui.runs.record import RunRecord
from emnist_tui.text import formats
from tests.support.scripted_runs import STEPS_PER_EPOCH, started
from tests.support.svg import elements, paths, texts


def test_the_curves_show_the_mean_and_every_evaluation(record: RunRecord) -> None:
    svg = draw_curves(record)
    assert svg is not None
    loss, accuracy = paths(svg, BLUE)[:2]
    steps = record.history.steps
    for line, values, name in ((loss, record.history.loss, "loss"), (accuracy, record.history.accuracy, "accuracy")):
        smoothed = record.history.smoothed(values)
        assert len(line) == len(steps)
        order = np.corrcoef([-y for _, y in line], np.log(smoothed) if name == "loss" else smoothed)[0, 1]
        assert order == pytest.approx(1, abs=1e-4)
        assert np.corrcoef([x for x, _ in line], steps)[0, 1] == pytest.approx(1, abs=1e-6)
    dots = list(elements(svg, "circle"))
    assert len(dots) == 2 * len(record.evaluations) + 1 == 7  # one is in the legend
    assert f"mean of the last {SMOOTHING} batches" in texts(svg)
    assert [text for text in texts(svg) if text.startswith("epoch")] == ["epoch 1", "epoch 2", "epoch 3"] * 2


def test_with_validation_the_dots_are_its_evaluations(record: RunRecord) -> None:
    assert record.config
    record.config = replace(record.config, validation=100)
    for epoch in (1, 2):
        record.apply(replace(record.evaluations[0], split="validation", epoch=epoch, step=epoch * STEPS_PER_EPOCH))
    svg = draw_curves(record)
    assert svg is not None
    assert len(list(elements(svg, "circle"))) == 2 * 2 + 1  # one is in the legend
    assert "evaluation on validation" in texts(svg)


def labeled_rows(svg: str, name: str) -> dict[float, float]:
    """Return the values that label one y axis, by their heights in pixels."""
    rows = {}
    for element in elements(svg, "text"):
        text, is_percent = element.text or "", (element.text or "").endswith(" %")
        if element.get("x") == "58" and is_percent == (name == "accuracy"):
            rows[float(element.get("y") or 0) - 4] = float(text.removesuffix(" %")) / (100 if is_percent else 1)
    return rows


@pytest.mark.parametrize("level", [0.1, 0.65, 0.85, 0.97])
def test_evaluations_agree_with_the_axis_labels(level: float) -> None:
    random = np.random.default_rng(0)
    accuracy = (level + (1 - level) * random.random(500)).tolist()
    record = RunRecord()
    record.apply(started())
    record.apply(Batches(epoch=1, step=500, loss=(0.01 + 3 * random.random(500)).tolist(), accuracy=accuracy))
    record.apply(Evaluated(split="test", epoch=1, step=250, loss=0.3, accuracy=0.98, images=9, file="x"))
    svg = draw_curves(record)
    assert svg is not None
    heights = [float(dot.get("cy") or 0) for dot in elements(svg, "circle")]
    for name, expected, height in (("loss", 0.3, heights[0]), ("accuracy", 0.98, heights[1])):
        labels = labeled_rows(svg, name)
        assert 3 <= len(labels) <= 12
        scale = np.log if name == "loss" else np.asarray
        slope, offset = np.polyfit(list(labels), scale(list(labels.values())), 1)
        assert slope * height + offset == pytest.approx(scale(expected), abs=0.01)
    bands = [element.get("d") or "" for element in elements(svg, "path") if element.get("fill") == PALE_BLUE]
    for band, top in zip(bands, (52, 352), strict=True):
        assert min(float(y) for y in re.findall(r" ([\d.]+)", band)) == pytest.approx(top, abs=1)


@pytest.mark.parametrize(
    "losses", [[2.3], [2.3, 2.3], [0.0, 0.0, 0.0], [5.0] * 50 + [1e6], list(np.geomspace(3, 1e-7, 5000))]
)
def test_extreme_losses_stay_inside_the_figure(losses: list[float]) -> None:
    record = RunRecord()
    record.apply(started())
    record.apply(Batches(epoch=1, step=len(losses), loss=losses, accuracy=[0.0] * len(losses)))
    record.apply(Evaluated(split="test", epoch=1, step=len(losses), loss=0.0, accuracy=0.0, images=9, file="x"))
    svg = draw_curves(record)
    assert svg is not None
    height = float(ElementTree.fromstring(svg).get("height") or 0)
    points = [place for line in paths(svg, BLUE) for place in line]
    assert points
    assert all(0 <= x <= 920 and 0 <= y <= height for x, y in points)
    assert not re.search(r"nan|inf", svg)


def test_the_size_of_the_figure_is_bounded_in_a_long_run() -> None:
    record = RunRecord()
    record.apply(started())
    random = np.random.default_rng(0)
    for last in range(1000, 30_001, 1000):
        values = random.random(1000)
        record.apply(Batches(epoch=1, step=last, loss=values.tolist(), accuracy=values.tolist()))
    svg = draw_curves(record)
    assert svg is not None
    assert len(svg) < 200_000


def test_a_record_without_batches_has_no_figure() -> None:
    assert draw_curves(RunRecord()) is None


def test_epoch_lines_are_at_the_last_step_of_each_epoch(record: RunRecord) -> None:
    svg = draw_curves(record)
    assert svg is not None
    lines = paths(svg, "#9aa5b1")
    (mean, *_) = paths(svg, BLUE)
    assert [line[0][0] for line in lines] == [mean[STEPS_PER_EPOCH - 1][0], mean[2 * STEPS_PER_EPOCH - 1][0]] * 2


def labels_of_rates(record: RunRecord, steps: list[int]) -> list[tuple[float, float, str]]:
    """Return left and right end in pixels, and text, of the labels of changes at these steps."""
    for number, step in enumerate(steps):
        record.apply(LearningRateChanged(epoch=1, step=step, learning_rate=0.00011 * (number + 1)))
    svg = draw_curves(record)
    assert svg is not None
    found = []
    for element in elements(svg, "text"):
        if (text := element.text or "").startswith("rate "):
            x, width = float(element.get("x") or 0), len(text) * 5.5  # at least what the usual fonts take
            found.append((x - width, x, text) if element.get("text-anchor") == "end" else (x, x + width, text))
    half = len(found) // 2
    assert [text for _, _, text in found[:half]] == [text for _, _, text in found[half:]]  # of loss and accuracy
    return sorted(found[:half])


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        ([50, 200], [1, 2]),
        ([50, 52, 54, 56], [4]),
        ([50, 290, 300], [1, 3]),
        ([300], [1]),
        ([0, 1, 299], [2, 3]),
        (list(range(1, 301)), None),
    ],
)
def test_labels_of_rates_are_in_the_figure_and_apart(
    record: RunRecord, steps: list[int], shown: list[int] | None
) -> None:
    labels = labels_of_rates(record, steps)
    assert labels
    assert labels[0][0] >= 0
    assert labels[-1][1] <= 920
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(labels))
    assert labels[-1][2] == f"rate {formats.number(0.00011 * len(steps))}"
    if shown:
        assert [text for _, _, text in labels] == [f"rate {formats.number(0.00011 * each)}" for each in shown]


def test_a_changed_learning_rate_is_a_line_at_its_step(record: RunRecord) -> None:
    before = draw_curves(record)
    record.apply(LearningRateChanged(epoch=2, step=150, learning_rate=0.003))
    record.step = 300
    svg = draw_curves(record)
    assert before is not None
    assert svg is not None
    labels = [element for element in elements(svg, "text") if element.text == "rate 0.003"]
    assert len(labels) == 2
    epochs = [
        float(element.get("x") or 0) for element in elements(svg, "text") if element.text in ("epoch 1", "epoch 2")
    ]
    middle = (epochs[0] + epochs[1]) / 2 + 5
    assert all(float(label.get("x") or 0) == pytest.approx(middle + 4, abs=0.2) for label in labels)
