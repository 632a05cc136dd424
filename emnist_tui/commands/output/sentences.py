"""Events as sentences for people."""

from functools import singledispatch

from emnist_tui.learning.checkpoint.refusals import listed
from emnist_tui.runs import events
from emnist_tui.runs.device_facts import device_facts
from emnist_tui.runs.record import RunRecord
from emnist_tui.runs.unit_health import is_notable
from emnist_tui.text import formats
from emnist_tui.text.unit_names import describe_change


@singledispatch
def describe(event: events.Event) -> str | None:  # noqa: ARG001 - its type decides which function below is called
    """Describe an event; None for events that are too frequent to print."""
    return None


@describe.register
def _(event: events.PhaseStarted) -> str:
    return event.phase if event.phase.endswith(".") else f"{event.phase} …"


@describe.register
def _(event: events.RunStarted) -> str:
    threads = f"{event.threads} thread{'s' * (event.threads != 1)}"
    return (
        f"training {event.model} ({formats.count(event.parameters)} parameters) on {event.data}, "
        f"{formats.count(event.train_images)} train and {formats.count(event.test_images)} test images, "
        f"{device_facts(event)}, {threads}, seed {event.seed}{_describe_resumption(event)}"
        f"{_describe_doubt(event)}"
    )


def _describe_doubt(event: events.RunStarted) -> str:
    return f". {event.notice}" if event.notice else ""


def _describe_resumption(event: events.RunStarted) -> str:
    """Describe the step and the kept options of a resumed run.

    The text is empty for a new run.
    """
    if event.resumed_at_step is None:
        return ""
    kept = [
        f"{name.replace('_', ' ')} {event.config.get(name)}" for name in ("batch_size", "learning_rate", "validation")
    ]
    return f", resumed from step {formats.count(event.resumed_at_step)} with {', '.join(kept)}"


@describe.register
def _(event: events.CheckpointLoaded) -> str | None:
    if event.warning:
        return f"warning: {event.warning}"
    if event.input_scaling is None:
        return None
    others = f" (not {listed(event.other_weights)})" if event.other_weights else ""
    weights = f"weights {listed([event.weights])}{others}, " if event.weights else ""
    return f"{event.file}: {weights}expects {event.orientation} images, input scaling {event.input_scaling}"


@describe.register
def _(event: events.Evaluated) -> str:
    when = formats.when_evaluated(event.epoch, event.step)
    return (
        f"{event.split}{when}: accuracy {formats.percent(event.accuracy, 2)}, "
        f"loss {formats.loss(event.loss)}, {formats.count(event.images)} images"
    )


@describe.register
def _(event: events.EpochEnded) -> str:
    return (
        f"epoch {event.epoch}: train loss {formats.loss(event.train_loss)}, train accuracy "
        f"{formats.percent(event.train_accuracy)}, {formats.duration(event.seconds)}, "
        f"{formats.rate(event.images_per_second)}"
    )


@describe.register
def _(event: events.CheckpointSaved) -> str:
    return f"saved {event.file} at step {formats.count(event.step)}"


@describe.register
def _(event: events.CheckpointFailed) -> str:
    return f"warning: no checkpoint could be saved at step {formats.count(event.step)}: {event.error}"


@describe.register
def _(event: events.StuckAtChance) -> str:
    return (
        f"warning: after {formats.count(event.step)} steps the loss is no better than guessing "
        f"({event.loss:.3f}; ln 10 = 2.303). This seed's filters have died. "
        f"Stop, and train with --seed {event.seed + 1}."
    )


@describe.register
def _(event: events.LearningRateChanged) -> str:
    return f"learning rate {formats.number(event.learning_rate)} from step {formats.count(event.step + 1)} on"


@describe.register
def _(event: events.StoppedEarly) -> str:
    return (
        f"stopped early after epoch {event.epoch}: no better validation accuracy since epoch {event.best_epoch}, "
        "whose weights are in best.pt"
    )


@describe.register
def _(event: events.UnitsChanged) -> str:
    change = describe_change(event.died, event.revived, event.state, event.step, event.unit, event.layer, event.kind)
    if not is_notable(event.died, event.of):
        return change
    return f"warning: {change}; a lower --learning-rate or another --seed helps"


@describe.register
def _(event: events.Paused) -> str:
    return f"paused at step {formats.count(event.step)}"


@describe.register
def _(event: events.Resumed) -> str:  # noqa: ARG001
    return "resumed"


@describe.register
def _(event: events.RunEnded) -> str:
    return f"{event.reason} at step {formats.count(event.step)}, {formats.duration(event.seconds)} of training"


@describe.register
def _(event: events.DownloadStarted) -> str:
    return f"downloading the EMNIST digits from {event.url} into {event.root}"


def training_line(record: RunRecord) -> str:
    """Summarize a run's progress in a line.

    The line has the epoch, step, smoothed loss and accuracy, and if known the throughput and time left.
    """
    epochs = record.config.epochs if record.config else 0
    parts = [
        f"epoch {record.epoch}/{epochs}  step {formats.count(record.step)}/{formats.count(record.total_steps)}",
        f"loss {formats.loss(record.current_loss)}  accuracy {formats.percent(record.current_accuracy)}",
    ]
    if record.seconds_left is not None:
        parts.append(f"{formats.rate(record.images_per_second)}  {formats.duration(record.seconds_left)} left")
    return "  ".join(parts)
