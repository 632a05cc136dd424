"""Events as lines of the log."""

from dataclasses import replace

import pytest

from emnist_tui.runs import events
from emnist_tui.tui.session.event_lines import describe, describe_batches
from emnist_tui.tui.session.log_line import Level
from tests.support.scripted_runs import batches, started, started_on_gpu, units_changed


@pytest.mark.parametrize(
    ("event", "text", "level"),
    [
        (events.PhaseStarted(phase="loading torch"), "loading torch …", Level.PLAIN),
        (started(), "started baseline on synthetic digits, cpu, 1 thread, seed 0", Level.PLAIN),
        (
            started_on_gpu(),
            "started baseline on synthetic digits, cuda (NVIDIA H100 80GB HBM3), fused kernels, CUDA 13.0, 1 thread, "
            "seed 0",
            Level.PLAIN,
        ),
        (
            replace(started(), notice="CUDA is not available."),
            "started baseline on synthetic digits, cpu, 1 thread, seed 0. CUDA is not available.",
            Level.WARNING,
        ),
        (
            started(resumed_at_step=1500),
            "resumed at step 1,500: baseline on synthetic digits, cpu, 1 thread, seed 0",
            Level.PLAIN,
        ),
        (
            events.Evaluated(split="test", epoch=2, step=9, loss=0.1234, accuracy=0.97461, images=40_000, file=""),
            "evaluated on test after epoch 2: accuracy 97.46 %, loss 0.123, 40,000 images",
            Level.PLAIN,
        ),
        (
            events.Evaluated(split="test", epoch=0, step=6166, loss=0.1, accuracy=0.97461, images=40_000, file=""),
            "evaluated on test at step 6,166: accuracy 97.46 %, loss 0.100, 40,000 images",
            Level.PLAIN,
        ),
        (
            events.EpochEnded(epoch=1, step=9, train_loss=0.5, train_accuracy=0.8, seconds=72, images_per_second=16e3),
            "epoch 1 ended: train loss 0.500, train accuracy 80.0 %, 1 m 12 s, 16,000 img/s",
            Level.PLAIN,
        ),
        (events.CheckpointSaved(file="last.pt", step=1234), "saved last.pt at step 1,234", Level.PLAIN),
        (
            events.CheckpointFailed(error="No space.", step=5),
            "checkpoint at step 5 not saved: No space.",
            Level.WARNING,
        ),
        (
            events.StuckAtChance(epoch=1, step=1500, loss=2.326, seed=6),
            "stuck: after 1,500 steps the loss is no better than guessing (2.326); the filters of seed 6 have died",
            Level.WARNING,
        ),
        (
            events.LearningRateChanged(epoch=2, step=1500, learning_rate=1e-5),
            "learning rate 1e-5 from step 1,501 on",
            Level.PLAIN,
        ),
        (
            events.StoppedEarly(epoch=9, step=900, best_epoch=6),
            "stopped early after epoch 9: the best on validation is epoch 6",
            Level.PLAIN,
        ),
        (
            units_changed(78, [1]),
            "filter 1 of layers.1 (ReLU) died by step 78, on a sample of the digits",
            Level.WARNING,
        ),
        (
            replace(units_changed(100, [1, 2], of=64), confirmed=True),
            "filters 1 and 2 of layers.1 (ReLU) died by step 100",
            Level.PLAIN,
        ),
        (
            units_changed(78, [], [1]),
            "filter 1 of layers.1 (ReLU) revived by step 78, on a sample of the digits",
            Level.PLAIN,
        ),
        (events.Paused(step=1000), "paused at step 1,000", Level.PLAIN),
        (events.Resumed(step=1000), "resumed after the pause at step 1,000", Level.PLAIN),
        (
            events.RunEnded(reason="finished", step=2000, seconds=36, images_per_second=1.0),
            "finished at step 2,000, 36 s of training",
            Level.PLAIN,
        ),
        (events.RunFailed(error="It diverged.", hint="Lower it."), "failed: It diverged. Lower it.", Level.ERROR),
        (
            events.CheckpointLoaded(
                file="a.pt", model="m", parameters=1, data="digits", device="cpu", weights="ema", warning="Is it?"
            ),
            "loaded a.pt, weights ema, to evaluate on digits. Is it?",
            Level.WARNING,
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_event_is_a_line(event: events.Event, text: str, level: Level) -> None:
    line = describe(event)
    assert line
    assert (line.text, line.level, line.time) == (text, level, event.time)


def test_progress_is_no_line() -> None:
    assert describe(events.EvaluationAdvanced(images=1, total=2)) is None


def test_batches_are_summarized_with_their_last_means() -> None:
    last = events.Batches(epoch=2, step=1500, loss=[0.2, 0.4], accuracy=[0.9, 1.0])
    line = describe_batches(batches(2, 11, 20), last)
    assert line.text == "trained steps 11–1,500 in epoch 2, then loss 0.300, accuracy 95.0 %"
    one = events.Batches(epoch=1, step=1, loss=[2.3], accuracy=[0.1])
    assert describe_batches(one, one).text == "trained step 1 in epoch 1, then loss 2.300, accuracy 10.0 %"
