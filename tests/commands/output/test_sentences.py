"""Events as sentences."""

from dataclasses import replace

import pytest

from emnist_tui.commands.output.sentences import describe, training_line
from emnist_tui.runs import events
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.record import RunRecord
from tests.support.scripted_runs import batches, started, started_on_gpu, units_changed


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (events.PhaseStarted(phase="loading torch"), "loading torch …"),
        (events.PhaseStarted(phase="The server is busy; next attempt in 2 s."), None),
        (
            started(),
            "training baseline (1,138 parameters) on synthetic digits, 3,200 train and 500 test images, cpu, "
            "1 thread, seed 0",
        ),
        (
            started_on_gpu(),
            "training baseline (1,138 parameters) on synthetic digits, 3,200 train and 500 test images, "
            "cuda (NVIDIA H100 80GB HBM3), fused kernels, CUDA 13.0, 1 thread, seed 0",
        ),
        (
            replace(started(), notice="CUDA is not available."),
            "training baseline (1,138 parameters) on synthetic digits, 3,200 train and 500 test images, cpu, "
            "1 thread, seed 0. CUDA is not available.",
        ),
        (
            events.Evaluated(split="test", epoch=2, step=9, loss=0.1234, accuracy=0.9746, images=40_000, file=""),
            "test after epoch 2: accuracy 97.46 %, loss 0.123, 40,000 images",
        ),
        (
            events.Evaluated(split="test", epoch=0, step=6166, loss=0.1, accuracy=0.5, images=10, file=""),
            "test at step 6,166: accuracy 50.00 %, loss 0.100, 10 images",
        ),
        (
            events.Evaluated(split="test", epoch=0, step=0, loss=0.1, accuracy=0.5, images=10, file=""),
            "test: accuracy 50.00 %, loss 0.100, 10 images",
        ),
        (
            events.EpochEnded(
                epoch=1, step=9, train_loss=0.5, train_accuracy=0.8, seconds=72, images_per_second=16_000
            ),
            "epoch 1: train loss 0.500, train accuracy 80.0 %, 1 m 12 s, 16,000 img/s",
        ),
        (events.CheckpointSaved(file="last.pt", step=1234), "saved last.pt at step 1,234"),
        (
            events.CheckpointFailed(error="No space left on device", step=5),
            "warning: no checkpoint could be saved at step 5: No space left on device",
        ),
        (
            events.LearningRateChanged(epoch=2, step=1500, learning_rate=0.003),
            "learning rate 0.003 from step 1,501 on",
        ),
        (
            events.StoppedEarly(epoch=9, step=900, best_epoch=6),
            "stopped early after epoch 9: no better validation accuracy since epoch 6, whose weights are in best.pt",
        ),
        (
            events.StuckAtChance(epoch=1, step=1500, loss=2.326, seed=6),
            "warning: after 1,500 steps the loss is no better than guessing (2.326; ln 10 = 2.303). "
            "This seed's filters have died. Stop, and train with --seed 7.",
        ),
        (
            units_changed(78, [1]),
            "warning: filter 1 of layers.1 (ReLU) died by step 78; a lower --learning-rate or another --seed helps",
        ),
        (units_changed(78, [1], of=64), "filter 1 of layers.1 (ReLU) died by step 78"),
        (units_changed(78, [], [0]), "filter 0 of layers.1 (ReLU) revived by step 78"),
        (events.Paused(step=1000), "paused at step 1,000"),
        (events.Resumed(step=1000), "resumed"),
        (
            events.RunEnded(reason="finished", step=2000, seconds=36, images_per_second=1.0),
            "finished at step 2,000, 36 s of training",
        ),
        (
            events.DownloadStarted(url="https://mirror/gzip.zip", root="/data"),
            "downloading the EMNIST digits from https://mirror/gzip.zip into /data",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_event_is_described(event: events.Event, sentence: str | None) -> None:
    assert describe(event) == (sentence or getattr(event, "phase", None))


def test_resumed_run_names_its_step_and_the_options_it_keeps() -> None:
    config = TrainConfig(batch_size=64, learning_rate=0.02, validation=100)
    sentence = describe(started(config, resumed_at_step=1500))
    assert sentence
    assert sentence.endswith(", resumed from step 1,500 with batch size 64, learning rate 0.02, validation 100")


@pytest.mark.parametrize(
    "event",
    [batches(1, 1, 3), events.EvaluationAdvanced(images=1, total=2), events.RunFailed(error="printed by main")],
    ids=lambda event: type(event).__name__,
)
def test_frequent_events_and_failures_have_no_sentence(event: events.Event) -> None:
    assert describe(event) is None


def test_training_line_has_the_time_left_once_the_throughput_is_known() -> None:
    record = RunRecord()
    record.apply(started(TrainConfig(epochs=3)))
    record.apply(batches(1, 1, 10))
    assert training_line(record).startswith("epoch 1/3  step 10/300  loss ")
    assert "left" not in training_line(record)
    record.apply(batches(1, 11, 20))
    assert training_line(record).endswith(" img/s  1 s left")


def test_the_keys_of_a_hostile_file_are_listed_shortly() -> None:
    loaded = events.CheckpointLoaded(
        file="mine.pt",
        model="baseline",
        parameters=1138,
        data="digits",
        device="cpu",
        weights="a\nb" + "k" * 1000,
        other_weights=[f"m{number}" for number in range(1000)],
        input_scaling="unit",
        orientation="upright",
    )
    sentence = str(describe(loaded))
    assert "weights a bkkk" in sentence
    assert "(not m0, m1, m2, m3, m4, m5, m6, m7, …)" in sentence
    assert len(sentence) < 250
