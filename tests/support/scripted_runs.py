"""Runs and evaluations written by hand, for tests without torch and without a trainer."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from emnist_tui.analysis.neighbors import Neighbors
from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import (
    Batches,
    CheckpointSaved,
    EpochEnded,
    Evaluated,
    Event,
    RunEnded,
    RunStarted,
    UnitsChanged,
)
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.task import CLASSES, SIDE

STEPS_PER_EPOCH = 100
START = 1_700_000_000.0


def started(config: TrainConfig | None = None, resumed_at_step: int | None = None) -> RunStarted:
    return RunStarted(
        config=(config or TrainConfig()).to_json(),
        model="baseline",
        parameters=1138,
        data="synthetic digits",
        fingerprint="0123456789abcdef",
        train_images=3200,
        validation_images=0,
        test_images=500,
        steps_per_epoch=STEPS_PER_EPOCH,
        device="cpu",
        threads=1,
        seed=0,
        versions={},
        resumed_at_step=resumed_at_step,
        time=START,
    )


def started_on_gpu(config: TrainConfig | None = None) -> RunStarted:
    return replace(
        started(config),
        device="cuda (NVIDIA H100 80GB HBM3)",
        way="fused kernels",
        versions={"torch": "2.11.0+cu130", "cuda": "13.0", "triton": "3.6.0"},
        device_uuid="b1f0c0de-0000-4000-8000-0123456789ab",
    )


def batches(epoch: int, first: int, last: int) -> Batches:
    steps = range(first, last + 1)
    return Batches(
        epoch=epoch,
        step=last,
        loss=[2.3 * 0.99**step + 0.1 + 0.05 * (step % 3) for step in steps],
        accuracy=[min(1.0, 0.1 + 0.003 * step + 0.02 * (step % 3)) for step in steps],
        time=START + last * 0.002,
    )


def units_changed(
    step: int, died: list[int], revived: list[int] | None = None, *, of: int = 2, layer: str = "layers.1"
) -> UnitsChanged:
    """Rectified filters of a layer that died or revived."""
    return UnitsChanged(
        epoch=1 + (step - 1) // STEPS_PER_EPOCH,
        step=step,
        layer=layer,
        kind="ReLU",
        state="dead",
        unit="filter",
        of=of,
        died=died,
        revived=revived or [],
        confirmed=False,
        time=START + step * 0.002,
    )


def evaluation(images: int = 500, seed: int = 0, data: str = "synthetic digits") -> Evaluation:
    """Misclassify about one image in ten; the images are simple strokes that differ by class."""
    random = np.random.default_rng(seed)
    true = np.arange(images) % CLASSES
    logits = random.normal(size=(images, CLASSES)).astype(np.float32)
    logits[np.arange(images), true] += 3.2
    wrong = np.flatnonzero(logits.argmax(axis=1) != true)
    pictures = np.zeros((len(wrong), SIDE, SIDE), np.uint8)
    for row, index in enumerate(wrong):
        pictures[row, 4:24, 4 + true[index] : 7 + true[index]] = 255
        pictures[row, 4 + 2 * true[index], 4:24] = 180
    return Evaluation(data, "test", true, logits, pictures)


def answered(true: list[int], predicted: list[int], fingerprint: str = "") -> Evaluation:
    """Predict exactly these classes, on blank images."""
    logits = np.eye(CLASSES, dtype=np.float32)[predicted] * 4
    wrong = sum(t != p for t, p in zip(true, predicted, strict=True))
    return Evaluation("bars", "test", np.array(true), logits, np.zeros((wrong, SIDE, SIDE), np.uint8), fingerprint)


def epoch_events(folder: RunFolder, epoch: int) -> list[Event]:
    """Write one epoch's evaluation file and list its events: batches, end, evaluation, checkpoint."""
    last = epoch * STEPS_PER_EPOCH
    evaluated = evaluation(seed=epoch)
    file = f"evaluation-epoch-{epoch:03d}.npz"
    evaluated.save(folder.path / file)
    return [
        *(batches(epoch, first, first + 9) for first in range(last - STEPS_PER_EPOCH + 1, last, 10)),
        EpochEnded(
            epoch=epoch,
            step=last,
            train_loss=0.5 / epoch,
            train_accuracy=0.85 + 0.03 * epoch,
            seconds=12.0,
            images_per_second=16_000.0,
            time=START + epoch,
        ),
        Evaluated(
            split="test",
            epoch=epoch,
            step=last,
            loss=evaluated.loss,
            accuracy=evaluated.accuracy,
            images=evaluated.images,
            file=file,
            time=START + epoch,
        ),
        CheckpointSaved(file=f"epoch-{epoch:03d}.pt", step=last, time=START + epoch),
    ]


def with_checkpoint(folder: RunFolder) -> RunFolder:
    """Give a run a last checkpoint, which holds nothing."""
    folder.last_checkpoint.touch()
    return folder


def write_run(root: Path, name: str = "scripted", epochs: int = 3, ended: bool = True) -> RunFolder:
    """Write a run of `epochs` epochs as its trainer would have left it."""
    config = TrainConfig(data="synthetic")
    folder = RunFolder(root / name)
    folder.path.mkdir(parents=True)
    folder.begin(config, started(config))
    with EventLog(folder.events) as log:
        log.write(started(config))
        for epoch in range(1, epochs + 1):
            for event in epoch_events(folder, epoch):
                log.write(event)
        if ended:
            log.write(
                RunEnded(
                    reason="finished",
                    step=epochs * STEPS_PER_EPOCH,
                    seconds=36.0,
                    images_per_second=16_000.0,
                    time=START + epochs,
                )
            )
    return folder


def neighbors(of: Evaluation) -> Neighbors:
    """Take the first correctly classified image of each class for the nearest, drawn as a bar as wide as its class."""
    first = np.array([np.flatnonzero((of.true == digit) & (of.predicted == digit))[0] for digit in range(CLASSES)])
    digits = np.stack([of.true[of.wrong], of.predicted[of.wrong]], axis=1)
    distances = np.asarray(1000 + digits, np.float32)
    images = np.zeros((len(digits), 2, SIDE, SIDE), np.uint8)
    for digit in range(CLASSES):
        images[digits == digit, 8:20, 4 : 8 + 2 * digit] = 255
    return Neighbors(of, first[digits], distances, images)
