"""Parts of the program measured alone: steps, an evaluation, a frame."""

import time

import numpy as np
import torch

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.inference.predictor import Predictor, scale
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.training.optimizer import FlatAdam, FlatParameters
from emnist_tui.learning.training.steps.cpu_batch_innermost.batch_pass import BatchInnermostPass
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.events import Batches, RunStarted
from emnist_tui.runs.record import RunRecord
from emnist_tui.tui.screens.train import chart_data
from emnist_tui.tui.widgets.charts.axes import LOSS
from emnist_tui.tui.widgets.charts.chart import Chart

_REPORT = 10_000  # batches per event of the synthetic run


def step(split: Split, batch_size: int, threads: int, images: int) -> float:
    """Return the seconds per optimizer step."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        model = Baseline()
        parameters = FlatParameters(model)
        batch_pass = BatchInnermostPass(model, parameters, split)
        optimizer = FlatAdam(parameters, TrainConfig())
        order = torch.randperm(len(split))[: max(batch_size, images // batch_size * batch_size)]
        steps = 0
        start = time.perf_counter()
        for batch in batch_pass.batches(order, batch_size):
            batch_pass.forward_backward(batch)
            optimizer.step(0.01)
            steps += 1
        return (time.perf_counter() - start) / steps
    finally:
        torch.set_num_threads(before)


def evaluation(split: Split) -> tuple[float, float]:
    """Return the seconds of an evaluation, and of its forward passes."""
    model = Baseline().eval()
    start = time.perf_counter()
    prediction = Predictor(model, split, torch.device("cpu"))
    for _ in prediction:
        pass
    prediction.evaluation("benchmark", "test")
    whole = time.perf_counter() - start
    batches = [scale(images) for images in torch.split(split.images, 1000)]
    start = time.perf_counter()
    with torch.inference_mode():
        for images in batches:
            model(images)
    return whole, time.perf_counter() - start


def frame(batches: int, frames: int) -> float:
    """Return the seconds per frame of a run's loss chart."""
    record = RunRecord()
    config = TrainConfig(epochs=1)
    record.apply(
        RunStarted(
            config=config.to_json(), model="baseline", parameters=1138, data="synthetic run", fingerprint="",
            train_images=batches * 32, validation_images=0, test_images=1, steps_per_epoch=batches,
            device="cpu", threads=1, seed=0, versions={}, resumed_at_step=None,
        )
    )  # fmt: skip
    losses = np.random.default_rng(0).gamma(2.0, 0.1, _REPORT).tolist()
    for last in range(_REPORT, batches + 1, _REPORT):
        record.apply(Batches(epoch=1, step=last, loss=losses, accuracy=losses))
    chart = Chart("Loss", LOSS)
    start = time.perf_counter()
    for _ in range(frames):
        chart._take(chart_data(record, "loss"))
        chart._move_axes()
        chart._add_to_cloud()
        assert chart.plotted(75, 17)
    return (time.perf_counter() - start) / frames
